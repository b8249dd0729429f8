/**
 * Tells people of usage that nobody holds, in the commit that takes it in: once a number and day.
 *
 * Comes from: `core/billing/record_calls.ts`, `core/billing/record_messages.ts`.
 * Goes to: `core/notices/causes.ts`.
 *
 * @module
 */
import type { Batch } from "../kv/batch.ts";
import { unassignedUsageNotice } from "../notices/causes.ts";
import { stageNotice } from "../notices/notice.ts";

/** Numbers told of one by one in one commit, which must hold the usage too; one notice is for the rest. */
const PARTIES_MAX = 5;

/** Stages a notice for every party seen for the first time that day; for nobody it reads nothing. */
export async function tellOfUnassigned(
  batch: Batch,
  { parties, atMs }: { parties: Iterable<string>; atMs: number },
): Promise<void> {
  const named = [...new Set(parties)].filter((party) => party !== "");
  for (const party of named.slice(0, PARTIES_MAX)) {
    await stageNotice(batch, unassignedUsageNotice({ party, atMs }));
  }
  if (named.length > PARTIES_MAX) {
    await stageNotice(batch, unassignedUsageNotice({ party: null, atMs }));
  }
}
