/**
 * One line of a ledger, and the seal that chains it to the line before.
 *
 * @module
 */
import { createHash } from "node:crypto";
import { formatInstant } from "../clock.ts";
import { formatMicros } from "../money.ts";

/** Why money moved. */
export type EntryKind = "top_up" | "charge" | "adjustment" | "refund" | "payment" | "write_off";
/** Every {@link EntryKind}. */
export const ENTRY_KINDS = [
  "top_up",
  "charge",
  "adjustment",
  "refund",
  "payment",
  "write_off",
] as const;

/** What caused an entry: a call, a message, a bill, an earlier entry, or a request made by hand. */
export interface EntrySource {
  /** Of what kind. */
  type: "call" | "message" | "bill" | "entry" | "request";
  /** Its id: `bland:…` for a call, the id of the arrival for a request. */
  id: string;
}

/** A ledger line, never changed once written. */
export interface Entry {
  /** From 1, without gaps. */
  seq: number;
  /** Why money moved. */
  kind: EntryKind;
  /** Money out is negative; never zero. */
  amountMicros: bigint;
  /** The sum of all entries up to this one. */
  balanceAfterMicros: bigint;
  /** What caused it. */
  source: EntrySource;
  /** For the statement, at most 200 characters. */
  description: string;
  /** When it was posted; never before the entry before it. */
  atMs: number;
  /** Who: an e-mail, or a program's name such as `sync`. */
  actor: string;
  /** By name: a `reference`, the number of the entry it `adjusts`, where a cost is from. */
  metadata: Record<string, string>;
  /** Of the entry before; `FIRST_HASH` in the first. */
  prevHash: string;
  /** See {@link hashEntry}. */
  hash: string;
}

/** Whose entry it is: these two are sealed too, though every line of a ledger shares them. */
export interface EntryOwner {
  /** Whose wallet. */
  accountId: string;
  /** ISO 4217. */
  currency: string;
}

/**
 * SHA-256 in hex over the JSON array
 * `[accountId, currency, seq, kind, amount, balanceAfter, source.type, source.id, description, at, actor, metadata, prevHash]`,
 * amounts with six decimals, `at` in RFC 3339 UTC, `metadata` as `[name, value]` pairs sorted by name.
 * Everything in it is in the API's entry, so a statement can be checked without us.
 */
export function hashEntry(owner: EntryOwner, entry: Omit<Entry, "hash">): string {
  const sealed = JSON.stringify([
    owner.accountId,
    owner.currency,
    entry.seq,
    entry.kind,
    formatMicros(entry.amountMicros),
    formatMicros(entry.balanceAfterMicros),
    entry.source.type,
    entry.source.id,
    entry.description,
    formatInstant(entry.atMs),
    entry.actor,
    Object.entries(entry.metadata).sort(([a], [b]) => (a < b ? -1 : 1)),
    entry.prevHash,
  ]);
  return createHash("sha256").update(sealed).digest("hex");
}
