/**
 * The cookie that carries a session's token.
 *
 * @module
 */
import type { Context } from "hono";
import { deleteCookie, getCookie, setCookie } from "hono/cookie";
import { PORTAL_SESSION_LIFE_MS, SESSION_LIFE_MS } from "../core/accounts/sessions.ts";
import { SECOND_MS } from "../core/clock.ts";
import type { AppEnv } from "./caller.ts";

/**
 * Over https the browser itself sees to it that only this host, over https, set the cookie; plain http
 * happens on this machine only.
 */
function cookieOf(c: Context<AppEnv>): { name: string; secure: boolean } {
  const secure = c.var.publicUrl.startsWith("https:") || c.req.url.startsWith("https:");
  return { name: secure ? "__Host-tollkeeper" : "tollkeeper", secure };
}

/** The session token the browser sent; null without one. */
export function readSessionCookie(c: Context<AppEnv>): string | null {
  return getCookie(c, cookieOf(c).name) ?? null;
}

/** Gives the browser a token, out of reach of scripts and of other sites' requests. */
export function setSessionCookie(c: Context<AppEnv>, token: string): void {
  giveCookie(c, { token, lifeMs: SESSION_LIFE_MS });
}

/** The same for a session that a portal link opened, which lasts longer. */
export function setPortalSessionCookie(c: Context<AppEnv>, token: string): void {
  giveCookie(c, { token, lifeMs: PORTAL_SESSION_LIFE_MS });
}

function giveCookie(
  c: Context<AppEnv>,
  { token, lifeMs }: { token: string; lifeMs: number },
): void {
  const { name, secure } = cookieOf(c);
  setCookie(c, name, token, {
    path: "/",
    httpOnly: true,
    sameSite: "Lax",
    secure,
    maxAge: lifeMs / SECOND_MS,
  });
}

/** Takes the token back. */
export function dropSessionCookie(c: Context<AppEnv>): void {
  const { name, secure } = cookieOf(c);
  deleteCookie(c, name, { path: "/", httpOnly: true, sameSite: "Lax", secure });
}
