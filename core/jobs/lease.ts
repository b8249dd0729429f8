/**
 * A lease: one worker at a time for a named piece of work, as long as it keeps renewing.
 *
 * Leases save work. Correctness never rests on them: a holder that was paused past its time finds its
 * writes refused by the gates like anybody else's.
 *
 * @module
 */
import type { Clock } from "../clock.ts";
import type { Ids } from "../ids.ts";
import { encodeRow } from "../kv/codec.ts";
import { leaseKey } from "../kv/keys.ts";
import type { Store } from "../kv/store.ts";

interface Lease {
  token: string;
  untilMs: number;
}

/** A dead holder holds up the next one for this long at most. */
export const LEASE_MS = 6_000;
const RENEW_EVERY_MS = 2_000;
const POLL_MS = 150;

/** The doors a lease needs. */
export type LeaseDeps = { store: Store; clock: Clock; ids: Ids };

/**
 * Runs the work while holding the lease, renewing it; waits up to `waitMs` for another holder.
 *
 * Answers `busy` when the other one still holds it then.
 */
export async function withLease<T>(
  deps: LeaseDeps,
  { name, waitMs, work }: { name: string; waitMs: number; work: () => Promise<T> },
): Promise<{ status: "worked"; result: T } | { status: "busy" }> {
  const token = deps.ids.id();
  const giveUpAtMs = deps.clock.now() + waitMs;
  while (!await takeLease(deps, { name, token })) {
    if (deps.clock.now() >= giveUpAtMs) return { status: "busy" };
    await deps.clock.sleep(POLL_MS * (0.5 + deps.ids.random()));
  }
  const stop = keepRenewing(deps, { name, token });
  try {
    return { status: "worked", result: await work() };
  } finally {
    await stop();
  }
}

async function takeLease(
  deps: LeaseDeps,
  { name, token }: { name: string; token: string },
): Promise<boolean> {
  const key = leaseKey(name);
  const held = await deps.store.get<Lease>(key);
  const isFree = !held || held.value.token === token || held.value.untilMs <= deps.clock.now();
  if (!isFree) return false;
  const lease: Lease = { token, untilMs: deps.clock.now() + LEASE_MS };
  const answer = await deps.store.commit({
    checks: [{ key, versionstamp: held?.versionstamp ?? null }],
    puts: [{ key, bytes: encodeRow(key, lease) }],
    deletes: [],
  });
  // Unknown may mean taken: then the next look finds our own token.
  return answer.status === "ok";
}

function keepRenewing(
  deps: LeaseDeps,
  lease: { name: string; token: string },
): () => Promise<void> {
  let renewing: Promise<unknown> = Promise.resolve();
  let cancel = deps.clock.after(RENEW_EVERY_MS, renew);
  function renew() {
    cancel = deps.clock.after(RENEW_EVERY_MS, renew);
    // One after the other: one that hung must not take the lease again after it was given back.
    renewing = renewing.then(() => takeLease(deps, lease)).catch(() => false);
  }
  return async () => {
    cancel();
    await renewing;
    cancel();
    await release(deps, lease);
  };
}

async function release(
  deps: LeaseDeps,
  { name, token }: { name: string; token: string },
): Promise<void> {
  const key = leaseKey(name);
  const held = await deps.store.get<Lease>(key).catch(() => null);
  if (held?.value.token !== token) return;
  await deps.store.commit({
    checks: [{ key, versionstamp: held.versionstamp }],
    puts: [],
    deletes: [key],
  });
}
