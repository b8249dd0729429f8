/**
 * Names that say nothing, and words that belong to no product.
 *
 * @module
 */
import { isProduct } from "./doors.ts";
import type { Source } from "../source_map.ts";

/** Words that stay out of paths and exports. */
const EMPTY_WORDS = new Set([
  ...["util", "utils", "helper", "helpers", "common", "shared", "misc", "manager", "service"],
  ...["handler", "processor", "data", "info", "new", "legacy", "v2", "transaction"],
]);

/** No word that says nothing in a path, no index files, snake_case throughout. */
export function checkPaths(sources: readonly Source[]): string[] {
  return sources.map(({ path }) => path).filter((path) =>
    /^(core|cron|routes|static|tests)\//.test(path)
  )
    .flatMap((path) => {
      const words = path.toLowerCase().split(/[/_.-]/).filter((word) => EMPTY_WORDS.has(word));
      const complaints = words.map((word) => `${path}: "${word}" says nothing`);
      if (/(^|\/)index\.[jt]sx?$/.test(path)) complaints.push(`${path}: is an index file`);
      if (/\.tsx?$/.test(path) && !/^[a-z0-9_/]+\.tsx?$/.test(path)) {
        complaints.push(`${path}: is not snake_case`);
      }
      return complaints;
    });
}

/**
 * No word that says nothing in an exported name either; `credit` only as `creditLimit`.
 *
 * `service` is left alone here: a rate plan has one, and it says voice or SMS.
 */
export function checkExports(sources: readonly Source[]): string[] {
  const declared =
    /\bexport\s+(?:default\s+)?(?:async\s+)?(?:function\s*\*?|const|interface|type|class)\s+([\w$]+)/g;
  return sources.filter(isProduct).flatMap(({ path, code }) =>
    [...code.matchAll(declared)].map((match) => match[1] ?? "").flatMap((name) => {
      const words = wordsOf(name);
      const empty = words.filter((word) => word !== "service" && EMPTY_WORDS.has(word));
      const isBareCredit = words.some((word, at) => word === "credit" && words[at + 1] !== "limit");
      return [...empty, ...(isBareCredit ? ["credit"] : [])]
        .map((word) => `${path}: exports ${name}, where "${word}" says nothing`);
    })
  );
}

/** `post`, `entry` for `postEntry` and `POST_ENTRY`. */
function wordsOf(name: string): string[] {
  return name.replace(/([a-z0-9])([A-Z])/g, "$1_$2").toLowerCase().split("_");
}

// In pieces, so that this file does not hold what it looks for.
const FOREIGN_WORDS = [
  ["/wo", "rk/"],
  ["registry.", "npmjs"],
  ["clau", "de"],
  ["anth", "ropic"],
  ["sub", "agent"],
  ["sess", "ion transcript"],
  ["bash", "_jobs"],
  ["generated", " with ai"],
].map((pieces) => pieces.join(""));

/** Nothing tells of the place where the files were written. */
export function checkForeignWords(sources: readonly Source[]): string[] {
  return sources.filter(({ path }) => path !== "deno.lock").flatMap(({ path, text }) => {
    const lower = `${path}\n${text}`.toLowerCase();
    return FOREIGN_WORDS.filter((word) => lower.includes(word))
      .map((word) => `${path}: mentions ${word}`);
  });
}
