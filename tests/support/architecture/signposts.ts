/**
 * What a file says of itself in its first comment, held against its imports.
 *
 * @module
 */
import { isProduct } from "./doors.ts";
import type { Source } from "../source_map.ts";

/** Every file of the program opens with what it is. */
export function checkModuleComments(sources: readonly Source[]): string[] {
  return sources.filter(isProduct).filter(({ text }) => !/@module\b/.test(firstComment(text)))
    .map(({ path }) => `${path}: does not open with a comment that ends in @module`);
}

/** `Comes from` really imports this file, `Goes to` is really imported, `Picked up by` exists. */
export function checkSignposts(sources: readonly Source[]): string[] {
  const byPath = new Map(sources.map((source) => [source.path, source]));
  const imports = (from: string, to: string) =>
    byPath.get(from)?.imports.some(({ path }) => path === to) ?? false;
  return sources.filter(isProduct).flatMap(({ path, text }) =>
    signpostsOf(text).flatMap(({ sign, target }) => {
      if (sign === "Comes from" && !imports(target, path)) {
        return [`${path}: comes from ${target}, which does not import it`];
      }
      if (sign === "Goes to" && !imports(path, target)) {
        return [`${path}: goes to ${target}, which it does not import`];
      }
      return byPath.has(target) ? [] : [`${path}: is picked up by ${target}, which is not there`];
    })
  );
}

function firstComment(text: string): string {
  return /^(?:#![^\n]*\n)?\/\*\*[^]*?\*\//.exec(text)?.[0] ?? "";
}

function signpostsOf(text: string): { sign: string; target: string }[] {
  const comment = firstComment(text).replace(/\n\s*\*/g, " ");
  const signs = comment.matchAll(
    /(Comes from|Goes to|Picked up by):?\s+((?:`[^`]+`(?:,|\s|and\b)*)+)/g,
  );
  return [...signs].flatMap(([, sign = "", list = ""]) =>
    [...list.matchAll(/`([^`]+)`/g)].map((match) => ({ sign, target: match[1] ?? "" }))
  );
}
