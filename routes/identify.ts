/**
 * Who sends a request: a bearer token or a session cookie, and nothing else.
 *
 * Comes from: `routes/authorize.ts`. Goes to: `core/accounts/api_keys.ts`, `core/accounts/sessions.ts`,
 * `routes/session_cookie.ts`.
 *
 * @module
 */
import { createHash, timingSafeEqual } from "node:crypto";
import type { Context } from "hono";
import { findApiKey } from "../core/accounts/api_keys.ts";
import { findSession, type SessionDeps } from "../core/accounts/sessions.ts";
import type { Secret } from "../core/secret.ts";
import type { AppEnv, Caller } from "./caller.ts";
import type { AppDeps } from "./deps.ts";
import { readSessionCookie } from "./session_cookie.ts";

/** What a request shows of its sender. */
export type Identity =
  /** `by` tells how: a cookie is sent by the browser on its own, a token never. */
  | { status: "known"; caller: Caller; by: "token" | "cookie" }
  /** No token, and no session that lasts. */
  | { status: "nobody" }
  /** A token nobody gave out, or one taken back. */
  | { status: "wrong_token" };

/** The sender of a request. With an `Authorization` header the cookie is not looked at. */
export async function identify(deps: AppDeps, c: Context<AppEnv>): Promise<Identity> {
  const header = c.req.header("authorization");
  if (header !== undefined) return await identifyToken(deps, header);
  const token = readSessionCookie(c);
  const signedIn = token === null ? null : await findSession(sessionDeps(deps), token);
  if (!signedIn) return { status: "nobody" };
  const caller: Caller = signedIn.kind === "account"
    ? { kind: "account_person", actor: "portal", accountId: signedIn.accountId }
    : {
      kind: "admin_person",
      actor: signedIn.person.email,
      email: signedIn.person.email,
      role: signedIn.person.role,
    };
  return { status: "known", caller, by: "cookie" };
}

/** The doors of sessions, out of the app's. */
export function sessionDeps(deps: AppDeps): SessionDeps {
  const { store, gates, clock, ids, config } = deps;
  return { store, gates, clock, ids, sessionSecret: config.sessionSecret?.reveal() ?? null };
}

async function identifyToken(deps: AppDeps, header: string): Promise<Identity> {
  const token = readBearer(header);
  if (token === null) return { status: "wrong_token" };
  const { adminApiKey, cronSecret } = deps.config;
  const shown = digest(token);
  if (hasDigest(adminApiKey, shown)) {
    return { status: "known", by: "token", caller: { kind: "admin_program", actor: "admin" } };
  }
  if (hasDigest(cronSecret, shown)) {
    return { status: "known", by: "token", caller: { kind: "scheduler", actor: "scheduler" } };
  }
  const key = await findApiKey(deps.store, token);
  if (!key) return { status: "wrong_token" };
  const caller: Caller = {
    kind: "account_program",
    actor: `key:${key.prefix}`,
    accountId: key.accountId,
  };
  return { status: "known", by: "token", caller };
}

/** The token of an `Authorization: Bearer` header; null for anything else. */
export function readBearer(header: string): string | null {
  return /^Bearer +([\w.~+/=-]+)$/i.exec(header)?.[1] ?? null;
}

/** Whether a token is this secret, in the same time whatever it holds; never when none is set. */
export function isSecret(secret: Secret | null, token: string): boolean {
  return hasDigest(secret, digest(token));
}

function hasDigest(secret: Secret | null, shown: Uint8Array): boolean {
  return secret !== null && timingSafeEqual(digestOf(secret), shown);
}

/** Of configured secrets, which stay the same while the program runs. */
const digests = new WeakMap<Secret, Uint8Array>();

function digestOf(secret: Secret): Uint8Array {
  const known = digests.get(secret) ?? digest(secret.reveal());
  digests.set(secret, known);
  return known;
}

// Digests have one length, which the comparison needs, and so no length leaks either.
const digest = (text: string): Uint8Array => createHash("sha256").update(text).digest();
