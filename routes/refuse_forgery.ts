/**
 * Refuses what another site made a browser send.
 *
 * As Hono's own check, but for every content type: signing in and out is open to everybody, and there
 * no lock would ask for a form. It is not asked where no browser could have sent the request on its
 * own: with an `Authorization` header, from a carrier (whose signature decides), and where there is
 * neither a cookie nor any of the headers that browsers always add.
 *
 * Goes to: `routes/authorize.ts`.
 *
 * @module
 */
import type { Context, MiddlewareHandler } from "hono";
import { HTTPException } from "hono/http-exception";
import { rowOf } from "./authorize.ts";
import type { AppEnv } from "./caller.ts";
import type { AppDeps } from "./deps.ts";

/** Lets through what comes from `PUBLIC_URL`, or on this machine from the address it goes to. */
export function refuseForgery(deps: Pick<AppDeps, "config">): MiddlewareHandler<AppEnv> {
  const publicOrigin = new URL(deps.config.publicUrl).origin;
  return async (c, next) => {
    const { origin, "sec-fetch-site": site } = c.req.header();
    const isOurs = site === "same-origin" ||
      (origin !== undefined && (origin === publicOrigin || origin === ownLoopbackOrigin(c)));
    // Of old browsers, which do not say where a request comes from, another site can send forms alone.
    const isProgram = origin === undefined && site === undefined && !isFormLike(c);
    if (isOurs || isProgram || isSafe(c.req.method) || isBeyondForgery(c)) return await next();
    throw new HTTPException(403, { message: "a form of another site" });
  };
}

/** What a form can be sent as; without a type it may have been one. */
function isFormLike(c: Context<AppEnv>): boolean {
  const type = c.req.header("content-type") ?? "";
  return type.trim() === "" ||
    /^\s*(application\/x-www-form-urlencoded|multipart\/form-data|text\/plain)\b/i.test(type);
}

const isSafe = (method: string): boolean => method === "GET" || method === "HEAD";

function isBeyondForgery(c: Context<AppEnv>): boolean {
  const { authorization, origin, cookie, "sec-fetch-site": site } = c.req.header();
  if (authorization !== undefined) return true;
  if (rowOf(c)?.callers.includes("carrier")) return true;
  return origin === undefined && site === undefined && cookie === undefined;
}

function ownLoopbackOrigin(c: Context): string | null {
  const { hostname, origin } = new URL(c.req.url);
  return hostname === "127.0.0.1" || hostname === "localhost" || hostname === "[::1]"
    ? origin
    : null;
}
