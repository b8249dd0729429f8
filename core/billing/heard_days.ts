/**
 * How we first heard that a carrier's calls had ended: by its webhook, or by looking ourselves.
 *
 * Goes to: `core/billing/record_calls.ts`, which counts them.
 *
 * @module
 */
import { DAY_MS, utcDay } from "../clock.ts";
import { heardDayKey } from "../kv/keys.ts";
import type { Store } from "../kv/store.ts";
import type { Carrier } from "../usage/call_usage.ts";
import type { HeardDay } from "./record_calls.ts";

/** Calls that started on the last `days` UTC days, today among them, by how we heard of their end. */
export async function readHeard(
  store: Store,
  { carrier, days, nowMs }: { carrier: Carrier; days: number; nowMs: number },
): Promise<HeardDay> {
  const keys = Array.from(
    { length: days },
    (_, i) => heardDayKey(carrier, utcDay(nowMs - i * DAY_MS)),
  );
  const heard: HeardDay = { webhook: 0, listing: 0 };
  for (const row of await store.getMany<HeardDay>(keys)) {
    heard.webhook += row?.value.webhook ?? 0;
    heard.listing += row?.value.listing ?? 0;
  }
  return heard;
}
