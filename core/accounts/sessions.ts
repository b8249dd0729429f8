/**
 * Signed-in browsers: a row per session, found by the hash of the token in the cookie.
 *
 * A session ends after 30 minutes without a request, after 12 hours in any case (a customer's after 24), at
 * sign-out, and when its person's epoch moves on or its portal link is taken back. The clock decides that
 * here; the database's own expiry only tidies up.
 *
 * Goes to: `core/accounts/people.ts`, `core/accounts/portal_links.ts`.
 *
 * @module
 */
import { createHash, createHmac } from "node:crypto";
import { type Clock, HOUR_MS, MINUTE_MS } from "../clock.ts";
import type { Ids } from "../ids.ts";
import { encodeRow } from "../kv/codec.ts";
import type { Gates } from "../kv/gates.ts";
import { sessionKey } from "../kv/keys.ts";
import type { Row, Store } from "../kv/store.ts";
import { getPerson, type Person } from "./people.ts";
import { getPortalLink } from "./portal_links.ts";

/** A session without a request for this long is over. */
export const SESSION_IDLE_MS = 30 * MINUTE_MS;
/** A session is over after this long, however busy. */
export const SESSION_LIFE_MS = 12 * HOUR_MS;
/** The same for a session that a portal link opened. */
export const PORTAL_SESSION_LIFE_MS: number = 24 * HOUR_MS;
/** A session in use is written at most this often. */
export const SESSION_TOUCH_MS: number = MINUTE_MS;
const TOKEN_BYTES = 32;

/** Whose session it is. */
export type SessionSubject =
  | { kind: "person"; email: string; epoch: number }
  | {
    kind: "account";
    accountId: string;
    /** The portal link that opened it. */
    linkId?: string | undefined;
  };

/** How long a session of somebody lasts at most. */
export function sessionLifeMs({ kind }: Pick<SessionSubject, "kind">): number {
  return kind === "account" ? PORTAL_SESSION_LIFE_MS : SESSION_LIFE_MS;
}

/** A session as it is kept. */
export interface Session {
  /** Whose it is. */
  subject: SessionSubject;
  /** When they signed in. */
  createdAtMs: number;
  /** When it was last seen, to {@link SESSION_TOUCH_MS}. */
  lastSeenAtMs: number;
}

/** The doors sessions need. `sessionSecret` keys the hash; without one the hash is plain. */
export type SessionDeps = {
  store: Store;
  gates: Gates;
  clock: Clock;
  ids: Ids;
  sessionSecret: string | null;
};

/** Opens a session; answers the token for the cookie, which is kept nowhere. */
export async function openSession(deps: SessionDeps, subject: SessionSubject): Promise<string> {
  const token = deps.ids.secret(TOKEN_BYTES);
  const key = sessionKey(hashToken(deps, token));
  const atMs = deps.clock.now();
  const session: Session = { subject, createdAtMs: atMs, lastSeenAtMs: atMs };
  await deps.gates.change({
    gate: key,
    stage: async (batch) => {
      await batch.get(key);
      batch.set(key, session, { expireInMs: sessionLifeMs(subject) });
    },
  });
  return token;
}

/** Whose browser this is. */
export type SignedIn =
  | { kind: "person"; person: Person }
  | Extract<SessionSubject, { kind: "account" }>;

/** Whose token this is, as long as the session lasts; null otherwise. */
export async function findSession(deps: SessionDeps, token: string): Promise<SignedIn | null> {
  if (!/^[A-Za-z0-9_-]{43}$/.test(token)) return null;
  const row = await deps.store.get<Session>(sessionKey(hashToken(deps, token)));
  if (!row || isOver(row.value, deps.clock.now())) return null;
  const signedIn = await whoseIs(deps.store, row.value.subject);
  if (signedIn) await touch(deps, row);
  return signedIn;
}

function isOver({ subject, createdAtMs, lastSeenAtMs }: Session, nowMs: number): boolean {
  return nowMs - lastSeenAtMs >= SESSION_IDLE_MS ||
    nowMs - createdAtMs >= sessionLifeMs(subject);
}

async function whoseIs(store: Store, subject: SessionSubject): Promise<SignedIn | null> {
  if (subject.kind === "account") return await isTakenBack(store, subject) ? null : subject;
  const person = await getPerson(store, subject.email);
  return person?.epoch === subject.epoch ? { kind: "person", person } : null;
}

async function isTakenBack(
  store: Store,
  { accountId, linkId }: Extract<SessionSubject, { kind: "account" }>,
): Promise<boolean> {
  if (linkId === undefined) return false;
  return (await getPortalLink(store, { accountId, linkId }))?.revokedAtMs !== null;
}

// A touch that loses against a sign-out, or against another touch, is not repeated: the check on the
// row sees to it that a session which was ended stays ended.
async function touch(deps: SessionDeps, { key, value, versionstamp }: Row<Session>): Promise<void> {
  const nowMs = deps.clock.now();
  if (nowMs - value.lastSeenAtMs < SESSION_TOUCH_MS) return;
  const seen: Session = { ...value, lastSeenAtMs: nowMs };
  const expireInMs = sessionLifeMs(value.subject) - (nowMs - value.createdAtMs);
  await deps.store.commit({
    checks: [{ key, versionstamp }],
    puts: [{ key, bytes: encodeRow(key, seen), expireInMs }],
    deletes: [],
  });
}

/** Ends a session; one that is over already stays over. */
export async function closeSession(deps: SessionDeps, token: string): Promise<void> {
  const key = sessionKey(hashToken(deps, token));
  await deps.gates.change({
    gate: key,
    stage: async (batch) => {
      if (await batch.get(key)) batch.delete(key);
    },
  });
}

function hashToken({ sessionSecret }: Pick<SessionDeps, "sessionSecret">, token: string): string {
  const hash = sessionSecret === null ? createHash("sha256") : createHmac("sha256", sessionSecret);
  return hash.update(token).digest("hex");
}
