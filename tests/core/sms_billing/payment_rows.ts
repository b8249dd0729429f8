/**
 * Rows that tests of payments look at by themselves.
 *
 * @module
 */
import { everyRow } from "../../../core/kv/page.ts";
import type { Store } from "../../../core/kv/store.ts";

/** Every notice. */
export const noticePrefix = ["notice"];

/** The rows under a prefix. */
export async function rowsUnder(
  store: Store,
  prefix: string[],
): Promise<Record<string, unknown>[]> {
  return (await Array.fromAsync(everyRow<Record<string, unknown>>(store, { prefix })))
    .map(({ value }) => value);
}
