/**
 * I2, I3 and I4 at every commit: what a call was charged is what its entries say, its trace alone
 * reproduces it, only calls that a carrier really had are charged, each to the account it belongs to, and
 * free minutes are what the month's calls used, go before money, and never exceed the month's.
 *
 * @module
 */
import { type Committed, type Fields, rowAt } from "../commits.ts";
import { require } from "../violation.ts";
import { amountByTrace } from "./amount_by_trace.ts";
import type { LedgerBooks } from "./ledger_watch.ts";

/** Free seconds of a month that the shipped plan for Twilio gives. */
const FREE_SECONDS = 6_000;

/** Watches over charges and free minutes. */
export function watchCharges(
  { books, knownCalls }: { books: LedgerBooks; knownCalls: ReadonlySet<string> },
): (committed: Committed) => void {
  const used = new Map<string, number>();
  return (committed) => {
    const pools = new Set<string>();
    for (const { key, before, after } of committed.changes) {
      if (key[0] === "free_minutes") pools.add(key.slice(1).join("/"));
      if (key[0] !== "charge" || !after) continue;
      checkCharge(after, { before, books, knownCalls, committed });
      for (const [charge, sign] of [[before, -1], [after, 1]] as const) {
        const name = charge && poolOf(charge);
        if (!name) continue;
        pools.add(name);
        used.set(name, (used.get(name) ?? 0) + sign * charge.trace.freeSecondsUsed);
      }
    }
    for (const name of pools) comparePool(name, { said: used.get(name) ?? 0, committed });
    for (const { key, before, after } of committed.changes) {
      if (key[0] === "charge" && after) requireFreeFirst(after, { before, used });
      if (key[0] === "entry" && after?.source.type === "call") {
        const charge = rowAt(committed.kv, ["charge", after.source.id]);
        require(
          charge?.entries.includes(after.seq) ?? false,
          "I3",
          () => `the charge of ${after.source.id} does not name entry ${after.seq}`,
        );
      }
    }
  };
}

function poolOf({ accountId, service, trace }: Fields): string | null {
  return trace?.freeMonth ? [accountId, service, trace.freeMonth].join("/") : null;
}

function checkCharge(
  charge: Fields,
  { before, books, knownCalls, committed }: {
    before: Fields | null;
    books: LedgerBooks;
    knownCalls: ReadonlySet<string>;
    committed: Committed;
  },
): void {
  const { callId, accountId } = charge;
  const entries = books.ofCall.get(callId) ?? [];
  const sum = entries.reduce((total, entry) => total + BigInt(entry.amountMicros), 0n);
  const what = () =>
    `${callId} is charged ${charge.amountMicros} by ${charge.entries}, its entries are ` +
    JSON.stringify(entries.map(({ seq, kind, amountMicros }) => [seq, kind, amountMicros]));
  require(knownCalls.has(callId), "I4", () => `${callId} is charged, and no carrier had it`);
  const call = rowAt(committed.kv, ["call", callId]);
  require(call?.accountId === accountId, "I4", () => `${callId} is charged to ${accountId}`);
  require(!before || before.accountId === accountId, "I3", () => `${callId} changes its account`);
  require(entries.every((one) => one.accountId === accountId), "I3", what);
  require(BigInt(charge.amountMicros) === -sum, "I3", what);
  require(charge.entries.join() === entries.map(({ seq }) => seq).join(), "I3", what);
  require(entries.every((one, i) => one.kind === (i ? "adjustment" : "charge")), "I3", what);
  require(
    entries.every((one, i) => i === 0 || one.metadata.adjusts === String(charge.entries[0])),
    "I3",
    what,
  );
  require(!before || before.revision <= charge.revision, "I6", () => `${callId} goes back`);
  const amount = charge.trace ? amountByTrace(charge.trace) : 0n;
  require(
    BigInt(charge.amountMicros) === amount,
    "I3",
    () => `${what()}; its trace says ${amount}`,
  );
  const isWaiting = charge.state === "waiting_funds";
  require(
    isWaiting || charge.amountMicros === charge.wantedMicros,
    "I3",
    () => `${callId} is ${charge.state} and wants ${charge.wantedMicros}`,
  );
}

function comparePool(
  name: string,
  { said, committed }: { said: number; committed: Committed },
): void {
  const kept = rowAt(committed.kv, ["free_minutes", ...name.split("/")])?.usedSeconds ?? 0;
  require(kept === said, "I2", () => `${name} says ${kept} s, its calls used ${said} s`);
  require(
    kept >= 0 && kept <= FREE_SECONDS,
    "I2",
    () => `${name} has used ${kept} of ${FREE_SECONDS} s`,
  );
}

/** Charged for the first time, a call costs money only when the month's minutes are gone. */
function requireFreeFirst(
  charge: Fields,
  { before, used }: { before: Fields | null; used: ReadonlyMap<string, number> },
): void {
  const name = poolOf(charge);
  if (!name || before?.trace || BigInt(charge.amountMicros) === 0n) return;
  const kept = used.get(name) ?? 0;
  // Several calls of one commit draw one after the other; the last of them leaves nothing.
  require(
    kept === FREE_SECONDS,
    "I2",
    () => `${charge.callId} costs money, and ${FREE_SECONDS - kept} s of ${name} are left`,
  );
}
