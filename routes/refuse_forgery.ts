/**
 * Refuses forms that another site made a browser send.
 *
 * Hono's own check, with the origins named. It is not asked where no browser could have sent the
 * request on its own: with an `Authorization` header, from a carrier (whose signature decides), and
 * where there is neither a cookie nor any of the headers that browsers always add.
 *
 * Goes to: `routes/authorize.ts`.
 *
 * @module
 */
import type { Context, MiddlewareHandler } from "hono";
import { csrf } from "hono/csrf";
import { rowOf } from "./authorize.ts";
import type { AppEnv } from "./caller.ts";
import type { AppDeps } from "./deps.ts";

/** Lets forms through that come from `PUBLIC_URL`, or on this machine from the address they go to. */
export function refuseForgery(deps: Pick<AppDeps, "config">): MiddlewareHandler<AppEnv> {
  const publicOrigin = new URL(deps.config.publicUrl).origin;
  const check = csrf({
    origin: (origin, c) => origin === publicOrigin || origin === ownLoopbackOrigin(c),
  });
  return async (c, next) => {
    if (isBeyondForgery(c)) return await next();
    return await check(c, next);
  };
}

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
