/**
 * Proves at the start that the database keeps what it is given.
 *
 * @module
 */
import type { Ids } from "../ids.ts";
import { encodeRow } from "./codec.ts";
import { bootKey } from "./keys.ts";
import type { Store } from "./store.ts";

/**
 * Writes a record and reads it back over another connection.
 *
 * A database that lives in memory shows itself by that: there, each connection has one of its own. What
 * is read may be the record of another process that starts at the same time, but not the one before.
 */
export async function proveStore(
  { store, witness, ids }: { store: Store; witness: Store; ids: Ids },
): Promise<{ status: "kept" } | { status: "not_kept"; reason: string }> {
  const mark = ids.id();
  const before = await witness.get(bootKey);
  const wrote = await store.commit({
    checks: [],
    puts: [{ key: bootKey, bytes: encodeRow(bootKey, { mark }) }],
    deletes: [],
  });
  if (wrote.status !== "ok") return { status: "not_kept", reason: wrote.reason };
  const after = await witness.get(bootKey);
  return after && after.versionstamp !== before?.versionstamp
    ? { status: "kept" }
    : { status: "not_kept", reason: "a second connection does not see it" };
}
