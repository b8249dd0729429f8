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

/** Watches over charges and free minutes. */
export function watchCharges(
  { books, knownCalls }: { books: LedgerBooks; knownCalls: ReadonlySet<string> },
): (committed: Committed) => void {
  const used = new Map<string, number>();
  return (committed) => {
    const pools = new Map<string, number>();
    for (const { key, before, after } of committed.changes) {
      if (key[0] !== "charge" || !after) continue;
      checkCharge(after, { before, books, knownCalls, committed });
      for (const [charge, sign] of [[before, -1], [after, 1]] as const) {
        const name = charge && poolOf(charge);
        if (!name) continue;
        pools.set(name, allowanceOf(charge, committed));
        used.set(name, (used.get(name) ?? 0) + sign * charge.trace.freeSecondsUsed);
      }
    }
    for (const [name, allowance] of pools) {
      comparePool(name, { said: used.get(name) ?? 0, allowance, committed });
    }
    const charges = committed.changes.filter(({ key }) => key[0] === "charge");
    const givesBack = charges.some(({ before, after }) => freeOf(after) < freeOf(before));
    for (const { before, after } of givesBack ? [] : charges) {
      requireFreeFirst(after!, { before, used, committed });
    }
    for (const { key, after } of committed.changes) {
      if (key[0] === "free_minutes") {
        const name = key.slice(1).join("/");
        const said = used.get(name) ?? 0;
        require(
          after?.usedSeconds === said,
          "I2",
          () => `${name} is not the ${said} s of its calls`,
        );
      }
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

const freeOf = (charge: Fields | null): number => charge?.trace?.freeSecondsUsed ?? 0;

/** What the plan that priced it gives in a month. */
function allowanceOf({ trace }: Fields, { kv }: Committed): number {
  const plan = rowAt(kv, ["rate_plan", trace.plan]);
  return plan?.versions[trace.version - 1].terms.freeMinutesPerMonth * 60;
}

function comparePool(
  name: string,
  { said, allowance, committed }: { said: number; allowance: number; committed: Committed },
): void {
  const kept = rowAt(committed.kv, ["free_minutes", ...name.split("/")])?.usedSeconds ?? 0;
  require(kept === said, "I2", () => `${name} says ${kept} s, its calls used ${said} s`);
  require(kept >= 0 && kept <= allowance, "I2", () => `${name} has used ${kept} of ${allowance} s`);
}

/** What costs more money than before costs it because the month's minutes are gone. */
function requireFreeFirst(
  charge: Fields,
  { before, used, committed }: {
    before: Fields | null;
    used: ReadonlyMap<string, number>;
    committed: Committed;
  },
): void {
  const name = poolOf(charge);
  if (!name || paidSeconds(charge) <= paidSeconds(before)) return;
  const left = allowanceOf(charge, committed) - (used.get(name) ?? 0);
  require(
    left === 0,
    "I2",
    () => `${charge.callId} costs money, and ${left} s of ${name} are left`,
  );
}

function paidSeconds(charge: Fields | null): number {
  return charge?.trace ? charge.trace.billedSeconds - charge.trace.freeSecondsUsed : 0;
}
