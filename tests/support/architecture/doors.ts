/**
 * The doors to the outside world, and words of the language this house does without.
 *
 * @module
 */
import type { Source } from "../source_map.ts";

/** Something that may be written in few places only. */
interface Door {
  /** What it is called in a complaint. */
  what: string;
  /** How it looks in code. */
  code?: RegExp;
  /** How it looks as the name of an imported package. */
  specifier?: RegExp;
  /** Files, and folders with a slash at the end, where it may stand. */
  only: readonly string[];
}

const DOORS: readonly Door[] = [
  {
    what: "the program's start (Deno.env, openKv, serve, cron)",
    code: /\bDeno\s*\.\s*(env|openKv|serve|cron|exit|args)\b/,
    only: ["main.ts"],
  },
  {
    what: "fetch and other ways out",
    code:
      /(?<![\w$.])fetch\b(?!\s*\??:|\s*\(\s*\w+\??\s*:)|\bglobalThis\s*\.\s*fetch\b|\bnew\s+(WebSocket|EventSource)\b|\bDeno\s*\.\s*(connect|connectTls|createHttpClient)\b/,
    specifier: /^(node:)?(https?|http2|net|tls|dgram|dns|dns\/promises)$/,
    only: ["core/egress.ts", "core/endpoint_egress.ts"],
  },
  { what: "mail", specifier: /^nodemailer\b/, only: ["core/mailer.ts"] },
  {
    what: "the machine's time and timers",
    code:
      /\bDate\s*\.\s*now\b|\bnew\s+Date\b|\bperformance\s*\.\s*now\b|\bTemporal\s*\.\s*Now\b|\bset(Timeout|Interval|Immediate)\b|\bAbortSignal\s*\.\s*timeout\b|\bhrtime\b/,
    specifier: /^(node:)?(timers|timers\/promises|perf_hooks)$/,
    only: ["core/clock.ts"],
  },
  {
    what: "chance",
    code: /\bMath\s*\.\s*random\b|\b(getRandomValues|randomUUID|randomBytes|randomInt)\b/,
    specifier: /^uuid$/,
    only: ["core/ids.ts"],
  },
  { what: "the console", code: /\bconsole\s*[.[]/, only: ["core/log.ts", "main.ts"] },
  {
    what: "writing to the database past the batch",
    code:
      /\.\s*atomic\s*\(|\b(kv|store|atomic|operation)\s*\.\s*(sum|min|max|set|delete|enqueue|listenQueue)\s*\(/,
    only: ["core/kv/"],
  },
  {
    what: "sums in the database: they count twice when a reply is lost",
    code: /\b(kv|store|atomic|operation|batch)\s*\.\s*(sum|min|max)\s*\(/,
    only: [],
  },
];

/** One file that may use a door that is not its own, with the reason. */
export interface ExtraDoor {
  /** A file, or a folder with a slash at the end. */
  path: string;
  /** The beginning of the door's name in {@link DOORS}. */
  door: string;
  /** Why. */
  reason: string;
}

/** The outside world is reached through its doors alone. */
export function checkDoors(sources: readonly Source[], extra: readonly ExtraDoor[]): string[] {
  return sources.filter(isProduct).flatMap(({ path, code, imports }) =>
    DOORS.filter((door) =>
      door.code?.test(code) || imports.some(({ specifier }) => door.specifier?.test(specifier))
    )
      .filter((door) =>
        ![...door.only, ...openedFor(extra, door)].some((place) => lies(path, place))
      )
      .map((door) => `${path}: uses ${door.what}`)
  );
}

const openedFor = (extra: readonly ExtraDoor[], door: Door) =>
  extra.filter((row) => door.what.startsWith(row.door)).map((row) => row.path);

const lies = (path: string, place: string) =>
  place.endsWith("/") ? path.startsWith(place) : path === place;

/** Whether a file is part of the program: not a test, not a page's script, not a document. */
export function isProduct({ path }: { path: string }): boolean {
  return path === "main.ts" || /^(core|routes|cron)\/.*\.tsx?$/.test(path);
}

const LANGUAGE: readonly [RegExp, string][] = [
  [/(?:[:<|&=,]|\bas|\bextends|\bsatisfies)\s*any\b(?!\s*[\w(.:'])/, "the type any"],
  [/\b(?:const\s+)?enum\s+[\w$]+\s*\{/, "an enum"],
  [
    /(?:^|[;}=(\n]|\bexport|\bdefault|\babstract)\s*class(?:\s+[A-Z_$][\w$]*)?(?!\s+extends\s+\w*Error\b)\s*[{<]/,
    "a class that is no error",
  ],
  [
    /(?:^|[;}=(\n]|\bexport|\bdefault|\babstract)\s*class(?:\s+[A-Z_$][\w$]*)?\s+extends\s+(?!\w*Error\b)/,
    "a class that is no error",
  ],
  [/\bexport\s*\*/, "export *"],
  [/^\s*@[A-Za-z]\w*(\(.*\))?\s*$/m, "a decorator"],
];

/** No any, no enum, no classes but errors, no star exports, no decorators. */
export function checkLanguage(sources: readonly Source[]): string[] {
  return sources.filter(({ path }) => /\.tsx?$/.test(path)).flatMap(({ path, code }) =>
    LANGUAGE.filter(([pattern]) => pattern.test(code)).map(([, what]) => `${path}: has ${what}`)
  );
}
