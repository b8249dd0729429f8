/**
 * How often somebody may try to sign in: attempts counted in fixed windows, in the database.
 *
 * An attempt is counted before the password is looked at, so guesses side by side count too; a sign-in
 * that succeeds is taken off again. When the database is away nobody signs in.
 *
 * @module
 */
import { createHash } from "node:crypto";
import { type Clock, DAY_MS, MINUTE_MS } from "../clock.ts";
import type { Batch } from "../kv/batch.ts";
import type { Gates } from "../kv/gates.ts";
import { type Key, throttleKey } from "../kv/keys.ts";

/** Attempts are counted per window of this length. */
export const SIGN_IN_WINDOW_MS = 15 * MINUTE_MS;
/** Failures one address may have in a window, whoever it tries to be. */
export const FAILURES_PER_ADDRESS_MAX = 100;
/** Failures one address may have in a window with one e-mail. */
export const FAILURES_PER_PAIR_MAX = 10;
/**
 * Failures one e-mail may have in a window from addresses it never signed in from. Whoever it belongs
 * to still gets in from where they signed in before: strangers cannot lock them out.
 */
export const FAILURES_PER_EMAIL_MAX = 30;
/** How long an address a person signed in from is remembered. */
export const KNOWN_ADDRESS_MS = 30 * DAY_MS;

/** Who tries, and from where. */
export interface SignInAttempt {
  /** Normalised. */
  email: string;
  /** The peer's address. */
  address: string;
}

/** May try, or must wait. */
export type ThrottleOutcome =
  | { status: "may_try" }
  | { status: "too_many_attempts"; retryAfterMs: number };

/** The doors the counting needs. */
export type ThrottleDeps = { gates: Gates; clock: Clock };
interface Counter {
  count: number;
}

/** Counts an attempt and says whether it may go ahead. Throws when the database is away. */
export function countSignIn(deps: ThrottleDeps, attempt: SignInAttempt): Promise<ThrottleOutcome> {
  const nowMs = deps.clock.now();
  const keys = keysOf(attempt, nowMs);
  return deps.gates.change<ThrottleOutcome>({
    gate: keys.address,
    stage: async (batch) => {
      const limits = await limitsOf(batch, { keys, nowMs });
      for (const { key, max } of limits) {
        if (await countOf(batch, key) < max) continue;
        const retryAfterMs = SIGN_IN_WINDOW_MS - nowMs % SIGN_IN_WINDOW_MS;
        return { status: "too_many_attempts", retryAfterMs };
      }
      for (const { key } of limits) await add(batch, { key, by: 1 });
      return { status: "may_try" };
    },
  });
}

/** Takes a counted attempt off again, since it succeeded, and remembers the address. */
export function forgiveSignIn(deps: ThrottleDeps, attempt: SignInAttempt): Promise<void> {
  const nowMs = deps.clock.now();
  const keys = keysOf(attempt, nowMs);
  return deps.gates.change<void>({
    gate: keys.address,
    stage: async (batch) => {
      for (const { key } of await limitsOf(batch, { keys, nowMs })) {
        await add(batch, { key, by: -1 });
      }
      batch.set(keys.known, { atMs: nowMs }, { expireInMs: KNOWN_ADDRESS_MS });
    },
  });
}

interface Keys {
  address: Key;
  pair: Key;
  email: Key;
  known: Key;
}

function keysOf({ email, address }: SignInAttempt, nowMs: number): Keys {
  const window = String(Math.floor(nowMs / SIGN_IN_WINDOW_MS));
  const pair = nameOf(`${email}\n${address}`);
  return {
    address: throttleKey("sign_in_address", nameOf(address), window),
    pair: throttleKey("sign_in_pair", pair, window),
    email: throttleKey("sign_in_email", nameOf(email), window),
    known: throttleKey("sign_in_known", pair, ""),
  };
}

// A name of fixed length, whatever was typed into the form.
const nameOf = (text: string): string => createHash("sha256").update(text).digest("hex");

async function limitsOf(
  batch: Batch,
  { keys, nowMs }: { keys: Keys; nowMs: number },
): Promise<{ key: Key; max: number }[]> {
  const known = await batch.get<{ atMs: number }>(keys.known);
  const isKnown = known !== null && nowMs - known.atMs < KNOWN_ADDRESS_MS;
  return [
    { key: keys.address, max: FAILURES_PER_ADDRESS_MAX },
    { key: keys.pair, max: FAILURES_PER_PAIR_MAX },
    ...(isKnown ? [] : [{ key: keys.email, max: FAILURES_PER_EMAIL_MAX }]),
  ];
}

async function countOf(batch: Batch, key: Key): Promise<number> {
  return (await batch.getChecked<Counter>(key))?.count ?? 0;
}

async function add(batch: Batch, { key, by }: { key: Key; by: number }): Promise<void> {
  const count = Math.max(0, await countOf(batch, key) + by);
  batch.set(key, { count } satisfies Counter, { expireInMs: 2 * SIGN_IN_WINDOW_MS });
}
