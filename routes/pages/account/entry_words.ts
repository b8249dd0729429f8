/**
 * The kinds of entries as people read them.
 *
 * @module
 */
import type { EntryKind } from "../../../core/wallet/entry.ts";

/** Each kind in a word. */
export const ENTRY_WORDS: Readonly<Record<EntryKind, string>> = {
  top_up: "top-up",
  charge: "charge",
  adjustment: "adjustment",
  refund: "refund",
  payment: "payment",
  write_off: "write-off",
};
