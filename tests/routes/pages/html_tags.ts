/**
 * Reads the tags of rendered HTML: enough to ask questions about what we wrote ourselves.
 *
 * @module
 */

/** An opening tag. */
export interface Tag {
  name: string;
  attributes: Record<string, string>;
}

/** The elements that have no end. */
const VOID = ["input", "meta", "link", "br", "hr", "img"];

/** Every opening tag, in order. */
export function tagsOf(html: string): Tag[] {
  return [...html.matchAll(/<([a-z][\w-]*)([^>]*)>/gi)].map(([, name = "", rest = ""]) => ({
    name: name.toLowerCase(),
    attributes: Object.fromEntries(
      [...rest.matchAll(/([^\s="/]+)(?:="([^"]*)")?/g)].map((
        [, key = "", value = ""],
      ) => [key, value]),
    ),
  }));
}

/** Every value of an attribute, split at blanks. */
export function wordsOf(tags: readonly Tag[], attribute: string): string[] {
  return tags.flatMap(({ attributes }) => (attributes[attribute] ?? "").split(" ").filter(Boolean));
}

/** The first element that is closed by another or not at all; null when all is well nested. */
export function findUnclosed(html: string): string | null {
  const open: string[] = [];
  for (const [, slash, name = "", end] of html.matchAll(/<(\/?)([a-z][\w-]*)[^>]*?(\/?)>/gi)) {
    if (!slash && !end && !VOID.includes(name)) open.push(name);
    if (slash && open.pop() !== name) return name;
  }
  return open.at(-1) ?? null;
}
