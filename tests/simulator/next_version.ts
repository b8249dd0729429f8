/**
 * Rows as the next version of the program writes them: with members that this one does not know.
 *
 * @module
 */
import { readRow } from "./commits.ts";
import type { Atomic } from "./memory_kv.ts";

const TABLES = new Set(["call", "charge", "account", "wallet", "job", "entry", "free_minutes"]);
const encoder = new TextEncoder();

/** The same commit by the next version. */
export function addNextMembers(atomic: Atomic): Atomic {
  return {
    ...atomic,
    mutations: atomic.mutations.map((one) => {
      if (one.type === "delete" || !TABLES.has(one.key[0]!)) return one;
      const { row } = readRow(one.value);
      const next = { ...row, nextMember: { since: "next", amountMicros: "1" }, nextFlag: true };
      return { ...one, value: encoder.encode(JSON.stringify(next)) };
    }),
  };
}
