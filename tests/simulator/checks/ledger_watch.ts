/**
 * I1 and I4 at every commit: the balance is the sum of the entries, entries follow one another without a
 * gap and each is sealed over the one before, none is ever written twice or taken away, none is without
 * a cause.
 *
 * Recomputed from the documented form of the seal, with nothing of the program's own arithmetic.
 *
 * @module
 */
import { createHash } from "node:crypto";
import type { Committed, Fields, RowChange } from "../commits.ts";
import { rowAt } from "../commits.ts";
import { require } from "../violation.ts";

/** What the entries add up to so far. */
export interface LedgerBooks {
  /** By account. */
  wallets: Map<string, { seq: number; balance: bigint; hash: string; atMs: number }>;
  /** Entries by call, in order. */
  ofCall: Map<string, Fields[]>;
  /** Numbers of entries by the request that caused them. */
  ofRequest: Map<string, { accountId: string; entry: Fields }>;
  /** `day account` → sums by kind, and how many. */
  days: Map<string, { byKind: Map<string, bigint>; count: number }>;
}

const NEVER_DELETED = new Set(["entry", "wallet", "charge", "call", "account", "money_request"]);

/** Watches over the ledgers. */
export function watchLedgers(): { books: LedgerBooks; watch: (committed: Committed) => void } {
  const books: LedgerBooks = {
    wallets: new Map(),
    ofCall: new Map(),
    ofRequest: new Map(),
    days: new Map(),
  };
  return { books, watch: (committed) => look(books, committed) };
}

function look(books: LedgerBooks, committed: Committed): void {
  const touched = new Set<string>();
  const entries = committed.changes.filter(({ key }) => key[0] === "entry")
    .toSorted((a, b) => a.key.join() < b.key.join() ? -1 : 1);
  for (const change of committed.changes) {
    const isGone = change.after === null && change.before !== null;
    require(!(isGone && NEVER_DELETED.has(change.key[0]!)), "I1", () => `${change.key} is deleted`);
    if (change.key[0] === "wallet" || change.key[0] === "day_total") {
      touched.add(change.key.at(-1)!);
    }
  }
  for (const entry of entries) {
    touched.add(entry.key[1]!);
    addEntry(books, { entry, committed });
  }
  for (const accountId of touched) compare(books, { accountId, committed });
  for (const { key } of committed.changes) {
    if (key[0] === "day_total") compareDay(books, { day: key[1]!, accountId: key[2]!, committed });
  }
}

function addEntry(
  books: LedgerBooks,
  { entry: { key, before, after }, committed }: { entry: RowChange; committed: Committed },
): void {
  const accountId = key[1]!;
  require(before === null, "I1", () => `entry ${key.join("/")} is written twice`);
  const entry = after!;
  const last = books.wallets.get(accountId) ??
    { seq: 0, balance: 0n, hash: "0".repeat(64), atMs: 0 };
  const amount = BigInt(entry.amountMicros);
  const balance = last.balance + amount;
  const wallet = rowAt(committed.kv, ["wallet", accountId]);
  require(wallet !== null, "I1", () => `entry ${key.join("/")} has no wallet`);
  require(entry.seq === last.seq + 1, "I1", () => `entry ${key.join("/")} comes after ${last.seq}`);
  require(Number(key[2]) === entry.seq, "I1", () => `entry ${key.join("/")} says ${entry.seq}`);
  require(amount !== 0n, "I1", () => `entry ${key.join("/")} moves nothing`);
  require(entry.prevHash === last.hash, "I1", () => `entry ${key.join("/")} breaks the chain`);
  require(
    BigInt(entry.balanceAfterMicros) === balance,
    "I1",
    () => `entry ${key.join("/")} leaves ${entry.balanceAfterMicros}, not ${balance}`,
  );
  require(entry.atMs >= last.atMs, "I1", () => `entry ${key.join("/")} goes back in time`);
  const sealed = seal(accountId, { entry, currency: wallet.currency });
  require(entry.hash === sealed, "I1", () => `entry ${key.join("/")} is not sealed`);
  books.wallets.set(accountId, { seq: entry.seq, balance, hash: entry.hash, atMs: entry.atMs });
  addCause(books, { accountId, entry });
  addToDay(books, { accountId, entry });
}

function addCause(
  books: LedgerBooks,
  { accountId, entry }: { accountId: string; entry: Fields },
): void {
  const { type, id } = entry.source;
  if (type === "call") {
    const mine = books.ofCall.get(id) ?? [];
    books.ofCall.set(id, [...mine, { ...entry, accountId }]);
  } else if (type === "request") {
    require(!books.ofRequest.has(id), "I4", () => `request ${id} made two entries`);
    books.ofRequest.set(id, { accountId, entry });
  }
}

function addToDay(
  books: LedgerBooks,
  { accountId, entry }: { accountId: string; entry: Fields },
): void {
  const name = `${new Date(entry.atMs).toISOString().slice(0, 10)} ${accountId}`;
  const day = books.days.get(name) ?? { byKind: new Map<string, bigint>(), count: 0 };
  const earlier = day.byKind.get(entry.kind) ?? 0n;
  day.byKind.set(entry.kind, earlier + BigInt(entry.amountMicros));
  day.count++;
  books.days.set(name, day);
}

function compare(
  { wallets }: LedgerBooks,
  { accountId, committed }: { accountId: string; committed: Committed },
): void {
  const wallet = rowAt(committed.kv, ["wallet", accountId]);
  if (!wallet) return;
  const said = wallets.get(accountId) ?? { seq: 0, balance: 0n, hash: "0".repeat(64) };
  require(
    BigInt(wallet.balanceMicros) === said.balance && wallet.entryCount === said.seq &&
      wallet.lastHash === said.hash,
    "I1",
    () =>
      `wallet ${accountId} says ${wallet.balanceMicros} after ${wallet.entryCount}, ` +
      `its entries ${said.balance} after ${said.seq}`,
  );
}

function compareDay(
  { days }: LedgerBooks,
  { day, accountId, committed }: { day: string; accountId: string; committed: Committed },
): void {
  const total = rowAt(committed.kv, ["day_total", day, accountId])!;
  const said = days.get(`${day} ${accountId}`) ?? { byKind: new Map<string, bigint>(), count: 0 };
  const kinds = new Set([...said.byKind.keys(), ...Object.keys(total.byKindMicros)]);
  const differs = [...kinds].find((kind) =>
    BigInt(total.byKindMicros[kind] ?? 0) !== (said.byKind.get(kind) ?? 0n)
  );
  require(
    differs === undefined && total.entryCount === said.count,
    "I11",
    () => `the total of ${day} of ${accountId} differs in ${differs ?? "its count"}`,
  );
}

/** As the product's contract documents it. */
function seal(
  accountId: string,
  { entry, currency }: { entry: Fields; currency: string },
): string {
  const { seq, kind, source, description, atMs, actor, metadata, prevHash } = entry;
  const pairs = Object.keys(metadata).sort().map((name) => [name, metadata[name]]);
  const sealed = [
    ...[accountId, currency, seq, kind],
    ...[decimal(entry.amountMicros), decimal(entry.balanceAfterMicros)],
    ...[source.type, source.id, description, new Date(atMs).toISOString(), actor, pairs, prevHash],
  ];
  return createHash("sha256").update(JSON.stringify(sealed)).digest("hex");
}

/** Micros as text with six decimals. */
export function decimal(micros: string): string {
  const digits = micros.replace("-", "").padStart(7, "0");
  return `${micros.startsWith("-") ? "-" : ""}${digits.slice(0, -6)}.${digits.slice(-6)}`;
}
