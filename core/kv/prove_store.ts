/**
 * Proves at the start that the database keeps what it is given.
 *
 * @module
 */
import type { Ids } from "../ids.ts";
import { encodeRow } from "./codec.ts";
import { bootKey } from "./keys.ts";
import type { Store } from "./store.ts";

/** Writes a record and reads it back. */
export async function proveStore(
  { store, ids }: { store: Store; ids: Ids },
): Promise<{ status: "kept" } | { status: "not_kept"; reason: string }> {
  const mark = ids.id();
  const wrote = await store.commit({
    checks: [],
    puts: [{ key: bootKey, bytes: encodeRow(bootKey, { mark }) }],
    deletes: [],
  });
  if (wrote.status !== "ok") return { status: "not_kept", reason: wrote.reason };
  const row = await store.get<{ mark: string }>(bootKey);
  return row?.value.mark === mark
    ? { status: "kept" }
    : { status: "not_kept", reason: "read back something else" };
}
