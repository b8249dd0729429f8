/**
 * What a page of an account says when there is no such account.
 *
 * @module
 */
import type { Context } from "hono";
import type { AppEnv } from "../../caller.ts";
import type { AppDeps } from "../../deps.ts";
import { showMissing } from "../frame.tsx";

/** 404 with the way back to the accounts. */
export function showMissingAccount(c: Context<AppEnv>, deps: AppDeps): Response {
  return showMissing(c, {
    deps,
    title: "No such account",
    text: "No account has this id.",
    action: { href: "/admin/accounts", label: "All accounts" },
  });
}
