/**
 * Source text without its comments and the contents of its strings, so that rules about code are not
 * fooled by prose. It knows just enough grammar for that, and forgives JSX.
 *
 * @module
 */

const COMMENT = /\/\/[^\n]*|\/\*[^]*?(?:\*\/|$)/y;
const TEXT = /"(?:\\[^]|[^"\\\n])*"|'(?:\\[^]|[^'\\\n])*'/y;
const REGEX = /\/(?:\\[^\n]|\[(?:\\[^\n]|[^\]\\\n])*\]|[^/\\\n[])+\/[a-z]*/y;
const WORD = /[\w$]+/y;
const TEMPLATE = /[`}](?:\\[^]|\$(?!\{)|[^\\`$])*(?:`|\$\{|$)/y;

/** Words after which a slash starts a regular expression and is no division. */
const BEFORE_REGEX = /^(return|typeof|case|do|else|in|of|void|delete|throw|await|yield)$/;

/**
 * The code alone, in the same places: every other character is a space, line breaks stay.
 *
 * The delimiters of strings and templates stay too, so that an import can still be found.
 */
export function blankSource(text: string): string {
  return scan(text).map(({ piece, kind }) => kind === "code" ? piece : blankPiece(piece, kind))
    .join("");
}

/** Every regular expression that is written out in a source, delimiters and flags included. */
export function findRegexes(text: string): string[] {
  return scan(text).filter(({ kind }) => kind === "regex").map(({ piece }) => piece);
}

function scan(text: string): { piece: string; kind: Kind }[] {
  const pieces: { piece: string; kind: Kind }[] = [];
  const braces: string[] = [];
  let last = "";
  for (let at = 0; at < text.length;) {
    const { piece, kind } = nextPiece({ text, at, last, isTemplate: braces.at(-1) === "${" });
    at += piece.length;
    pieces.push({ piece, kind });
    if (kind === "template") noteTemplate(braces, piece);
    else if (piece === "{") braces.push(piece);
    else if (piece === "}") braces.pop();
    if (kind !== "comment" && piece.trim() !== "") {
      last = kind === "code" ? joinArrow(last, piece) : "x";
    }
  }
  return pieces;
}

type Kind = "code" | "comment" | "text" | "regex" | "template";
type Position = { text: string; at: number; last: string; isTemplate: boolean };

function nextPiece(position: Position): { piece: string; kind: Kind } {
  const { text, at, last, isTemplate } = position;
  const char = text[at] ?? "";
  const rows: [boolean, RegExp, Kind][] = [
    [char === "/", COMMENT, "comment"],
    [char === '"' || char === "'", TEXT, "text"],
    [char === "`" || (char === "}" && isTemplate), TEMPLATE, "template"],
    [char === "/" && mayStartRegex(last), REGEX, "regex"],
    [true, WORD, "code"],
  ];
  for (const [isPossible, pattern, kind] of rows) {
    if (!isPossible) continue;
    pattern.lastIndex = at;
    const piece = pattern.exec(text)?.[0];
    if (piece) return { piece, kind };
  }
  return { piece: char, kind: "code" };
}

// `</b>` closes an element, `a > /b/` is a comparison nobody writes; `=> /b/` is common.
function mayStartRegex(last: string): boolean {
  return last === "" || BEFORE_REGEX.test(last) || last === "=>" ||
    /^[(,=:[!&|?{;+*%~^-]$/.test(last);
}

const joinArrow = (last: string, piece: string) => last === "=" && piece === ">" ? "=>" : piece;

function blankPiece(piece: string, kind: Kind): string {
  const blank = piece.replace(/[^\n]/g, " ");
  if (kind === "comment" || kind === "regex") return blank;
  const tail = /(?:`|\$\{|["'])$/.exec(piece)?.[0] ?? "";
  if (piece.length === 1) return piece;
  return `${piece[0]}${blank.slice(1, piece.length - tail.length)}${tail}`;
}

function noteTemplate(braces: string[], piece: string): void {
  if (piece.startsWith("}")) braces.pop();
  if (piece.endsWith("${")) braces.push("${");
}

/** One import of a file, or an export that passes another file's names on. */
export interface Import {
  /** As written: `./money.ts`, `zod`. */
  specifier: string;
  /** Whether nothing but types comes in. */
  isTypesOnly: boolean;
}

const IMPORT = new RegExp(
  [
    String
      .raw`(?:^|[;}\n])\s*(?:import|export)\s+(?<clause>(?:type\s+)?[\w$*{},\s]*?)\s*\bfrom\s*(?<from>["'] *["'])`,
    String.raw`(?:^|[;}\n])\s*import\s*(?<alone>["'] *["'])`,
    String.raw`\bimport\s*\(\s*(?<later>["'] *["'])`,
  ].join("|"),
  "dg",
);

/** Every import of a file; `code` is its {@link blankSource}. */
export function findImports(text: string, code: string): Import[] {
  return [...code.matchAll(IMPORT)].flatMap((match) => {
    const groups = match.indices?.groups ?? {};
    const place = groups["from"] ?? groups["alone"] ?? groups["later"];
    if (!place) return [];
    const specifier = text.slice(place[0] + 1, place[1] - 1);
    return [{ specifier, isTypesOnly: isTypes(match.groups?.["clause"] ?? "") }];
  });
}

function isTypes(clause: string): boolean {
  if (/^type\s/.test(clause)) return true;
  const names = /^\{([^}]*)\}$/.exec(clause.trim())?.[1]?.split(",").map((name) => name.trim());
  return names !== undefined && names.filter(Boolean).every((name) => name.startsWith("type "));
}

/** A function with a body, from its first to its last line. */
export interface FunctionSpan {
  /** Its name, or `line 12` for one without. */
  name: string;
  /** How many lines it has. */
  lineCount: number;
}

/** Every function with a body in a file's code. */
export function findFunctions(code: string): FunctionSpan[] {
  const declared = [...code.matchAll(/\bfunction\b\s*\*?\s*([\w$]*)[^(]*/g)].map((match) => ({
    name: match[1] ?? "",
    from: match.index,
    open: bodyAfter(code, closing(code, match.index + match[0].length) + 1),
  }));
  const arrows = [...code.matchAll(/(?:\b(?:const|let)\s+([\w$]+)[^\n;]*?)?=>\s*\{/g)].map((
    match,
  ) => ({
    name: match[1] ?? "",
    from: match.index,
    open: match.index + match[0].length - 1,
  }));
  return [...declared, ...arrows].filter(({ open }) => open >= 0).map(({ name, from, open }) => ({
    name: name || `line ${lineAt(code, from)}`,
    lineCount: lineAt(code, closing(code, open)) - lineAt(code, from) + 1,
  }));
}

/** Where a function's body opens: past its return type, which may hold braces of its own. */
function bodyAfter(code: string, from: number): number {
  for (let at = from; at < code.length; at++) {
    if (code[at] === ";") return -1;
    if (code[at] !== "{") continue;
    const end = closing(code, at);
    if (!/^\s*[{|&>[,]/.test(code.slice(end + 1, end + 200))) return at;
    at = end;
  }
  return -1;
}

/** Where the bracket that opens at `open` closes; the end of the text if it never does. */
function closing(code: string, open: number): number {
  let depth = 0;
  for (let at = open; at < code.length; at++) {
    const char = code[at] ?? "";
    if ("([{".includes(char)) depth++;
    if (")]}".includes(char) && --depth === 0) return at;
  }
  return code.length;
}

const lineAt = (code: string, at: number) => code.slice(0, at).split("\n").length;
