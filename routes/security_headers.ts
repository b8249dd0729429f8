/**
 * Headers every answer carries, errors too: the request's id, the content policy, no caching.
 *
 * @module
 */
import type { MiddlewareHandler } from "hono";
import type { AppEnv } from "./caller.ts";
import type { AppDeps } from "./deps.ts";

/** What a page may load: our own files and nothing inline. */
export const CONTENT_POLICY = "default-src 'none'; script-src 'self'; style-src 'self'; " +
  "img-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

/** The same on every answer. */
export const SECURITY_HEADERS: Readonly<Record<string, string>> = {
  "content-security-policy": CONTENT_POLICY,
  "strict-transport-security": "max-age=31536000; includeSubDomains",
  "x-content-type-options": "nosniff",
  "referrer-policy": "same-origin",
  // Says what frame-ancestors says, to browsers that do not know it.
  "x-frame-options": "DENY",
  "cross-origin-opener-policy": "same-origin",
  "cross-origin-resource-policy": "same-origin",
};

const ON_EVERY_ANSWER = Object.entries(SECURITY_HEADERS);

/** Gives the request its id and the answer its headers; the first thing in the app. */
export function stampAnswers(deps: Pick<AppDeps, "ids" | "config">): MiddlewareHandler<AppEnv> {
  return async (c, next) => {
    const requestId = deps.ids.id();
    c.set("requestId", requestId);
    c.set("publicUrl", deps.config.publicUrl);
    c.set("caller", null);
    await next();
    // Set by `c.header`, each of them would make the answer anew.
    const { headers } = c.res;
    headers.set("Request-Id", requestId);
    for (const [name, value] of ON_EVERY_ANSWER) headers.set(name, value);
    if (!mayBeKept(c.req.path, c.res.status)) headers.set("cache-control", "no-store");
  };
}

/** Only what is the same for everybody may stay in a cache, and only while there is no error. */
function mayBeKept(path: string, status: number): boolean {
  return status < 400 && (path.startsWith("/static/") || path === "/openapi.json");
}
