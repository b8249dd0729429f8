/**
 * Pages inside their frame: who is signed in, where they may go, the sandbox's clock, the message that
 * a redirect left behind.
 *
 * A page route reads, then ends in {@link showPage}; a form's route changes, then ends in
 * {@link redirectWith}, or in {@link showPage} with the form and its faults.
 *
 * Goes to: `routes/pages/layout.tsx`, `routes/access.ts`.
 *
 * @module
 */
import type { Context } from "hono";
import { deleteCookie, getCookie, setCookie } from "hono/cookie";
import type { Child } from "hono/jsx";
import type { ContentfulStatusCode } from "hono/utils/http-status";
import { findAccess, kindOf } from "../access.ts";
import { type AppEnv, type Caller, ownAccountId } from "../caller.ts";
import type { AppDeps } from "../deps.ts";
import { assetPath } from "../static_files.ts";
import { EmptyState, PageHead } from "./components.tsx";
import { type Flash, type PageFrame, renderPage } from "./layout.tsx";
import { ownPath } from "./links.ts";
import { ADMIN_NAV, markCurrent, type NavItem, PORTAL_NAV } from "./nav.ts";
import type { SandboxState } from "./sandbox_banner.tsx";
import type { Viewer } from "./site_header.tsx";

/** The zone of pages that belong to no account. */
export const ADMIN_TIME_ZONE = "UTC";

/** A page to show. */
export interface ShownPage {
  /** For the frame: clock, files, sandbox. */
  deps: AppDeps;
  /** The document's title; the product's name is added. */
  title: string;
  /** What stands in `main`: begin with a `PageHead`. */
  body: Child;
  /** Default what `c.status` was given, else 200; 422 for a form with faults, 409 for a conflict. */
  status?: ContentfulStatusCode | undefined;
  /** Loads the page again every so many seconds where JavaScript is off. */
  refreshSeconds?: number | undefined;
  /** Shown on top; without one, what the last {@link redirectWith} left behind. */
  flash?: Flash | undefined;
}

/** Answers with the page in its frame. */
export function showPage(c: Context<AppEnv>, page: ShownPage): Response {
  const { deps, title, body, status, refreshSeconds } = page;
  const flash = page.flash ?? takeFlash(c);
  return c.html(
    renderPage({ ...frameOf(c, deps), title, refreshSeconds, flash }, body),
    status,
  );
}

/** Answers 404 inside the frame: what was asked for is not there, and where to go instead. */
export function showMissing(
  c: Context<AppEnv>,
  { deps, title, text, action }: {
    deps: AppDeps;
    title: string;
    text: string;
    action: { href: string; label: string };
  },
): Response {
  const body = (
    <>
      <PageHead title={title} />
      <EmptyState kind="nothing_found" title="There is nothing here" text={text} action={action} />
    </>
  );
  return showPage(c, { deps, title, body, status: 404 });
}

/** What a request knows before it knows its page. */
export function frameOf(c: Context<AppEnv>, deps: AppDeps): PageFrame {
  const { caller } = c.var;
  return {
    viewer: caller && viewerOf(caller),
    nav: caller ? navOf(caller, c.req.path) : [],
    assets: assetPath(deps.files),
    sandbox: sandboxOf(c, deps),
    requestId: c.var.requestId,
  };
}

/** Whether whoever looks may change something: viewers get the same pages without any form. */
export function mayChange(c: Context<AppEnv>): boolean {
  const { caller } = c.var;
  return caller?.kind === "admin_person" && caller.role === "admin";
}

/** The e-mail or name that is kept with a change. */
export function actorOf(c: Context<AppEnv>): string {
  const { caller } = c.var;
  if (!caller) throw new Error("Cannot name the actor: nobody is signed in");
  return caller.actor;
}

/** Sends the browser to an own path by GET, where the next page shows the message once. */
export function redirectWith(
  c: Context<AppEnv>,
  { to, flash }: { to: string; flash: Flash },
): Response {
  const text = flash.text.slice(0, FLASH_CHARS_MAX);
  setCookie(c, flashCookie(c), `${flash.tone} ${text}`, { ...COOKIE, secure: isSecure(c) });
  // The path may hold a part of the address that was asked for, with whatever somebody wrote there.
  return c.redirect(ownPath(to), 303);
}

const FLASH_CHARS_MAX = 300;
const COOKIE = { path: "/", httpOnly: true, sameSite: "Lax", maxAge: 60 } as const;

function takeFlash(c: Context<AppEnv>): Flash | undefined {
  const kept = getCookie(c, flashCookie(c));
  if (kept === undefined) return undefined;
  deleteCookie(c, flashCookie(c), { path: "/", secure: isSecure(c) });
  const [, tone, text] = /^(positive|negative) ([^]{1,300})$/.exec(kept) ?? [];
  return text ? { tone: tone === "negative" ? "negative" : "positive", text } : undefined;
}

// Over https the prefix keeps other hosts from writing messages into our pages.
const flashCookie = (c: Context<AppEnv>): string =>
  isSecure(c) ? "__Host-tollkeeper-flash" : "tollkeeper-flash";

const isSecure = (c: Context<AppEnv>): boolean =>
  c.var.publicUrl.startsWith("https:") || c.req.url.startsWith("https:");

function viewerOf(caller: Caller): Viewer {
  const isPerson = caller.kind === "admin_person";
  return {
    name: isPerson ? caller.email : ownAccountId(caller) ?? caller.actor,
    role: isPerson ? caller.role : "",
    homePath: caller.kind === "account_person" ? "/portal" : "/admin",
    signOutPath: "/logout",
  };
}

/** Only what this caller may open; a page that is not there yet has no row and is not offered. */
function navOf(caller: Caller, path: string): NavItem[] {
  const kind = kindOf(caller);
  const mine = [...ADMIN_NAV, ...PORTAL_NAV].filter(({ href }) =>
    findAccess({ method: "GET", path: href })?.callers.includes(kind)
  );
  return markCurrent(mine, path);
}

function sandboxOf(c: Context<AppEnv>, deps: AppDeps): SandboxState | null {
  if (!deps.sandbox) return null;
  const { pathname, search } = new URL(c.req.url);
  // A page that answers a POST may not exist for a GET.
  const returnPath = c.req.method === "GET" ? pathname + search : "/admin";
  return { nowMs: deps.clock.now(), timeZone: ADMIN_TIME_ZONE, returnPath };
}
