/**
 * No regular expression of the program takes longer than its text is long, whatever the text.
 *
 * @module
 */
import assert from "node:assert/strict";
import { checkSync } from "recheck";
import { openApp } from "../support/app.ts";
import { readSources } from "../support/source_map.ts";
import { findRegexes } from "../support/source_scan.ts";

/** Generous: where many tests run at once, one check may take long and find nothing all the same. */
const CHECK_MS_MAX = 60_000;
// In this thread: the checker would start another and leave it running.
Deno.env.set("RECHECK_SYNC_BACKEND", "pure");

interface Found {
  place: string;
  source: string;
  flags: string;
}

async function findInSources(): Promise<Found[]> {
  const sources = await readSources(new URL("../../", import.meta.url));
  return sources.filter(({ path }) => /^(core|routes|cron)\/.*\.tsx?$|^main\.ts$/.test(path))
    .flatMap(({ path, text }) =>
      findRegexes(text).map((literal) => {
        const [, source = "", flags = ""] = /^\/([^]*)\/([a-z]*)$/.exec(literal) ?? [];
        return { place: path, source, flags };
      })
    );
}

/** Patterns of the schemas, those that zod brings along too. */
async function findInDocument(): Promise<Found[]> {
  using world = await openApp();
  const text = await (await world.app.request("/openapi.json")).text();
  const found: Found[] = [];
  JSON.parse(text, (name, value) => {
    if (name === "pattern" && typeof value === "string") {
      found.push({ place: "/openapi.json", source: value, flags: "" });
    }
    return value;
  });
  return found;
}

/** Nothing in it repeats without end, nothing that repeats is repeated: there is no slow text for it. */
function isShort(source: string): boolean {
  const bare = source.replace(/\\./g, "x").replace(/\[[^\]]*\]/g, "x");
  return !/[*+]|,\}|\)\{/.test(bare) && bare.split("{").length <= 3;
}

/** What is wrong with it; null for one that is safe. */
function faultOf({ place, source, flags }: Found): string | null {
  if (isShort(source)) return null;
  // A sticky one begins at one place only, which the checker calls ^; indices cost no time.
  const whole = flags.includes("y") ? `^(?:${source})` : source;
  const verdict = checkSync(whole, flags.replace(/[dy]/g, ""), {
    timeout: CHECK_MS_MAX,
    randomSeed: 0,
    maxIteration: 3,
  });
  if (verdict.status === "safe") return null;
  const how = verdict.status === "vulnerable" ? verdict.complexity.summary : verdict.error.kind;
  return `${place}: /${source}/${flags} is ${verdict.status} (${how})`;
}

Deno.test("no regular expression of the program can be made slow by what it reads", async () => {
  const written = await findInSources();
  assert(written.length > 100, `${written.length} were found`);
  assert(new Set(written.map(({ place }) => place)).size > 40);
  const all = [...written, ...await findInDocument()];
  const once = new Map(all.map((one) => [`/${one.source}/${one.flags}`, one]));
  assert.deepEqual([...once.values()].map(faultOf).filter(Boolean), []);
});

Deno.test("a planted bad one is found in a source, and caught", () => {
  const text = "const a = 4 / 2; /* /(x+)+$/ */ const bad = /^(\\w+\\s?)*$/i; // /y/\n";
  assert.deepEqual(findRegexes(text), ["/^(\\w+\\s?)*$/i"]);
  const place = "planted.ts";
  assert.match(
    faultOf({ place, source: "^(\\w+\\s?)*$", flags: "i" })!,
    /vulnerable \(exponential\)/,
  );
  assert.match(faultOf({ place, source: "\\s+$", flags: "" })!, /vulnerable \(2nd/);
  assert.match(faultOf({ place, source: "(?<!x)0+(?=1)$", flags: "" })!, /vulnerable/);
  assert.match(faultOf({ place, source: "^(a{1,30}){1,30}$", flags: "" })!, /vulnerable/);
  assert.equal(faultOf({ place, source: "^[a-z]+$", flags: "" }), null);
});

/** Those that a module makes while it loads, as it makes them. */
async function findMade(): Promise<Found[]> {
  const sources = await readSources(new URL("../../", import.meta.url));
  const makers = sources.filter(({ path, code }) =>
    /^(core|routes|cron)\/|^main\.ts$/.test(path) && /\bRegExp\s*\(/.test(code)
  );
  const found: Found[] = [];
  for (const { path, code } of makers) {
    for (const [line] of code.matchAll(/^.*\bRegExp\s*\(/gm)) {
      assert.match(line, /^(export )?const \w+ = new RegExp\($/, `${path}: made while it runs`);
    }
    found.push(...await recordMade(path));
  }
  return found;
}

/** Loads a module once more, with a constructor in place that takes notes. */
async function recordMade(path: string): Promise<Found[]> {
  const { RegExp: original } = globalThis;
  const found: Found[] = [];
  globalThis.RegExp = new Proxy(original, {
    construct(target, given: [string, string?]) {
      const made = new target(...given);
      found.push({ place: path, source: made.source, flags: made.flags });
      return made;
    },
  });
  try {
    await import(new URL(`../../${path}?made`, import.meta.url).href);
  } finally {
    globalThis.RegExp = original;
  }
  assert(found.length > 0, `${path} made none`);
  return found;
}

Deno.test("those that are put together are so while a module loads, and are safe, too", async () => {
  assert.deepEqual((await findMade()).map(faultOf).filter(Boolean), []);
});
