/**
 * The log: one line per fact, with secrets left out and telephone numbers masked.
 *
 * Written here rather than taken from @logtape/logtape: that one is configured in a global, which a
 * test cannot hold in its hand, and the redaction below, which is most of this file, would be ours all
 * the same.
 *
 * @module
 */
import { type Clock, formatInstant } from "./clock.ts";
import { SECRET_SHOWN } from "./secret.ts";

/** From chatty to alarming. */
export const LOG_LEVELS = ["debug", "info", "warn", "error"] as const;

/** One of {@link LOG_LEVELS}. */
export type LogLevel = typeof LOG_LEVELS[number];

/** Shapes of a line: for machines, for people. */
export const LOG_FORMATS = ["json", "text"] as const;

/** One of {@link LOG_FORMATS}. */
export type LogFormat = typeof LOG_FORMATS[number];

/** A text in a line is cut after this many characters: a log holds facts, not bodies. */
export const LOG_TEXT_CHARS_MAX = 1_000;

/** Deeper members of a fact are left out. */
export const LOG_DEPTH_MAX = 4;

/** Longer lists and objects are cut after this many members. */
export const LOG_MEMBERS_MAX = 50;

/** Writes one line. Never throws. */
export interface Log {
  (level: LogLevel, message: string, facts?: Record<string, unknown>): void;
}

/** What {@link createLog} needs. */
export interface LogOptions {
  /** Lines below this level are dropped; `debug` also prints stacks. */
  level: LogLevel;
  /** The shape of a line. */
  format: LogFormat;
  /** Tells the time of each line. */
  clock: Pick<Clock, "now">;
  /** Where lines go, without line break; the console without one. */
  write?: (line: string, level: LogLevel) => void;
}

/**
 * A log at a level, in a format.
 *
 * A fact whose name speaks of a secret prints `[secret]`; one that names a telephone number prints its
 * last four digits, and so does every +E.164 number inside a text. A bigint prints as its digits, an
 * error as name and message. Control characters are escaped, so nothing a stranger sent can start a
 * line or paint the terminal.
 */
export function createLog(options: LogOptions): Log {
  const lowest = LOG_LEVELS.indexOf(options.level);
  const write = options.write ?? writeToConsole;
  const withStack = options.level === "debug";
  return (level, message, facts = {}) => {
    if (LOG_LEVELS.indexOf(level) < lowest) return;
    const line = { ts: formatInstant(options.clock.now()), level, msg: cleanText(message) };
    const shown = showFacts(withStack, facts);
    write(options.format === "json" ? formatJson(line, shown) : formatText(line, shown), level);
  };
}

/**
 * A telephone number as logs and pages of others show it: `***0123`.
 *
 * A text with four digits or fewer is returned as it is.
 */
export function maskNumber(text: string): string {
  const digits = text.replace(/\D/g, "");
  return digits.length <= 4 ? text : `***${digits.slice(-4)}`;
}

type Line = { ts: string; level: LogLevel; msg: string };
type Shown = readonly (readonly [string, unknown])[];

function formatJson(line: Line, facts: Shown): string {
  // A fact called `msg` must not replace the message.
  const named = facts.map(([name, fact]) => [name in line ? `${name}_` : name, fact]);
  return escapeControls(JSON.stringify(Object.fromEntries([...Object.entries(line), ...named])));
}

function formatText(line: Line, facts: Shown): string {
  const written = facts.map(([name, fact]) => ` ${formatBare(name)}=${formatBare(fact)}`).join("");
  const text = `${line.ts} ${line.level.toUpperCase().padEnd(5)} ${line.msg}${written}`;
  return escapeControls(text);
}

/** A plain word as it is; anything else in JSON's quotes, so that no value can pose as two. */
function formatBare(fact: unknown): string {
  if (typeof fact === "string" && /^[\w.:/@+*()[\]-]+$/.test(fact)) return fact;
  return JSON.stringify(fact);
}

// Line breaks (also U+0085, U+2028, U+2029), terminal commands, marks that turn the reading direction.
// deno-lint-ignore no-control-regex
const CONTROLS = /[\u0000-\u001f\u007f-\u009f\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]/g;

function escapeControls(text: string): string {
  return text.replace(CONTROLS, (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, "0")}`);
}

const SECRET_NAME = /secret|token|password|authorization|api[_-]?key|cookie|signature/i;
const NUMBER_NAME = /^(from|to)$|number$|phone/i;

type Place = { name: string; depth: number; withStack: boolean };

function showFacts(withStack: boolean, facts: Record<string, unknown>): Shown {
  try {
    return Object.entries(facts)
      .map(([name, fact]) => [name, show({ name, depth: 0, withStack }, fact)] as const)
      .filter(([, fact]) => fact !== undefined);
  } catch {
    return [["facts", "[unprintable]"]];
  }
}

/** A fact as the line may show it; undefined is left out. */
function show(place: Place, fact: unknown): unknown {
  try {
    if (fact === undefined) return undefined;
    if (SECRET_NAME.test(place.name) && fact !== null) return SECRET_SHOWN;
    return typeof fact === "object" && fact !== null
      ? showObject(place, fact)
      : showScalar(place, fact);
  } catch {
    return "[unprintable]";
  }
}

function showScalar(place: Place, fact: unknown): unknown {
  if (fact === null || typeof fact === "boolean") return fact;
  if (typeof fact === "function") return "[function]";
  const text = String(fact);
  const masked = cleanText(NUMBER_NAME.test(place.name) ? maskNumber(text) : text);
  // A number stays a number in JSON unless it had something to hide or JSON has no word for it.
  return typeof fact === "number" && masked === text && Number.isFinite(fact) ? fact : masked;
}

function showObject(place: Place, fact: object): unknown {
  if (fact instanceof Error) return showError(place, fact);
  if (ArrayBuffer.isView(fact)) return `[${fact.byteLength} bytes]`;
  if ("toJSON" in fact && typeof fact.toJSON === "function") {
    const inner: unknown = fact.toJSON();
    return typeof inner === "object" && inner !== null
      ? showMembers(place, inner)
      : show(place, inner);
  }
  return showMembers(place, fact);
}

function showMembers(place: Place, fact: object): unknown {
  if (place.depth >= LOG_DEPTH_MAX) return "[deeper]";
  const depth = place.depth + 1;
  if (Array.isArray(fact)) {
    return fact.slice(0, LOG_MEMBERS_MAX).map((member) =>
      show({ ...place, depth }, member) ?? null
    );
  }
  return Object.fromEntries(
    Object.entries(fact).slice(0, LOG_MEMBERS_MAX)
      .map(([name, member]) => [cleanText(name), show({ ...place, name, depth }, member)]),
  );
}

function showError(place: Place, error: Error): unknown {
  const text = cleanText(`${error.name}: ${error.message}`);
  if (!place.withStack || !error.stack) return text;
  return { error: text, stack: error.stack.split("\n").slice(0, LOG_MEMBERS_MAX).map(cleanText) };
}

/** A text without the secrets and numbers that may stand anywhere in it, and not too long. */
function cleanText(text: string): string {
  const clean = text
    .replace(/\b(Bearer|Basic)\s+[\w.~+/=-]+/gi, `$1 ${SECRET_SHOWN}`)
    .replace(/:\/\/[^\s/@]+@/g, `://${SECRET_SHOWN}@`)
    .replace(/(?:\+|%2B)[1-9]\d{7,14}(?!\d)/gi, (number) => maskNumber(number));
  // Cut last: a number cut in half would no longer look like one.
  return clean.length <= LOG_TEXT_CHARS_MAX ? clean : `${clean.slice(0, LOG_TEXT_CHARS_MAX)}…`;
}

// deno-lint-ignore no-console
const writeToConsole = (line: string, level: LogLevel): void => console[level](line);

/** Says something to the person at the terminal, as it is: a welcome, a result. */
// deno-lint-ignore no-console
export const say = (text: string): void => console.log(text);

/** Tells the person at the terminal why it goes no further, as it is. */
// deno-lint-ignore no-console
export const complain = (text: string): void => console.error(text);
