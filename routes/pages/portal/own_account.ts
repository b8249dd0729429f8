/**
 * Whose portal a request is about: never what the address says, always who is signed in.
 *
 * @module
 */
import type { Context } from "hono";
import { type AppEnv, ownAccountId } from "../../caller.ts";
import type { AppDeps } from "../../deps.ts";
import { showMissing } from "../frame.tsx";
import { PORTAL_PATH } from "./portal_words.tsx";

/** The account of the session. Throws where the lock let somebody else in. */
export function ownAccount(c: Context<AppEnv>): string {
  const accountId = c.var.caller && ownAccountId(c.var.caller);
  if (!accountId) throw new Error("Cannot show a portal: the caller has no account");
  return accountId;
}

/** 404 for an account whose rows are not there, and for what belongs to somebody else. */
export function showGone(c: Context<AppEnv>, deps: AppDeps): Response {
  return showMissing(c, {
    deps,
    title: "Not found",
    text: "Nothing of yours has this address.",
    action: { href: PORTAL_PATH, label: "To the first page" },
  });
}
