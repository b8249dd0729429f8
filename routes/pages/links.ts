/**
 * Links: which ones may stand on a page, and how a list keeps its filter from page to page.
 *
 * @module
 */

/**
 * The link if it is `https:` without credentials, an own path (`/…`), an own query (`?…`) or a place
 * on the page (`#…`); undefined for anything else, so that the attribute is left out.
 *
 * Control characters, blanks and backslashes are refused: browsers strip or turn them, and
 * `/\t/evil.example` would leave the house.
 */
export function safeUrl(url: string): string | undefined {
  // deno-lint-ignore no-control-regex
  if (/[\u0000-\u0020\u007f\\]/.test(url)) return undefined;
  if (/^[/?#]/.test(url)) return url.startsWith("//") ? undefined : url;
  if (!/^https:\/\//i.test(url) || !URL.canParse(url)) return undefined;
  const { username, password } = new URL(url);
  return username || password ? undefined : url;
}

/** The path if it is one of our own, for a redirect; the start page for anything else. */
export function ownPath(path: string | undefined): string {
  return path?.startsWith("/") ? safeUrl(path) ?? "/" : "/";
}

/** Parameters of a link: null takes one away. */
export type QueryChange = Record<string, string | null>;

/** The path and query of a page with some parameters changed; the cursor always starts afresh. */
export function linkWith(place: Place, change: QueryChange = {}): string {
  const query = new URLSearchParams(place.query);
  query.delete("cursor");
  for (const [name, value] of Object.entries(change)) {
    if (value === null) query.delete(name);
    else query.set(name, value);
  }
  return query.size === 0 ? place.path : `${place.path}?${query}`;
}

/** Where a list is shown: its path and the query it was asked with. */
export interface Place {
  /** Starts with `/`. */
  path: string;
  /** As it came; never changed here. */
  query: URLSearchParams;
}
