/**
 * The cookie that carries a portal link's ticket from the link to the button.
 *
 * @module
 */
import type { Context } from "hono";
import { deleteCookie, getCookie, setCookie } from "hono/cookie";
import { MINUTE_MS, SECOND_MS } from "../core/clock.ts";
import type { AppEnv } from "./caller.ts";

/** What a browser holds between the link and the button. */
export interface Ticket {
  /** The link's. */
  token: string;
  /** Drawn for this browser alone, so that only its second press is forgiven. */
  browser: string;
}

/** The button may be pressed for this long after the link was followed. */
const TICKET_LIFE_MS = 30 * MINUTE_MS;

/** Gives the browser a ticket, out of reach of scripts. */
export function setTicket(c: Context<AppEnv>, { token, browser }: Ticket): void {
  setCookie(c, nameOf(c), `${token}.${browser}`, {
    ...optionsOf(c),
    maxAge: TICKET_LIFE_MS / SECOND_MS,
  });
}

/** The ticket the browser sent; null without one. */
export function readTicket(c: Context<AppEnv>): Ticket | null {
  const kept = getCookie(c, nameOf(c)) ?? "";
  const [, token, browser] = /^([\w-]{43})\.([\w-]{43})$/.exec(kept) ?? [];
  return token && browser ? { token, browser } : null;
}

/** Takes the ticket back: nobody else at this browser shall use it. */
export function dropTicket(c: Context<AppEnv>): void {
  deleteCookie(c, nameOf(c), optionsOf(c));
}

const isSecure = (c: Context<AppEnv>): boolean =>
  c.var.publicUrl.startsWith("https:") || c.req.url.startsWith("https:");
const nameOf = (c: Context<AppEnv>): string =>
  isSecure(c) ? "__Host-tollkeeper-ticket" : "tollkeeper-ticket";

// The link is followed from a mail: a strict cookie would not come along with the redirect.
const optionsOf = (c: Context<AppEnv>) =>
  ({ path: "/", httpOnly: true, sameSite: "Lax", secure: isSecure(c) }) as const;
