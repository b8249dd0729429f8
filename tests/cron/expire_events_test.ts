import assert from "node:assert/strict";
import { DAY_MS } from "../../core/clock.ts";
import type { InboxEvent } from "../../core/jobs/inbox.ts";
import { encodeRow } from "../../core/kv/codec.ts";
import { eventByTimeKey, eventKey } from "../../core/kv/keys.ts";
import { expireEvents } from "../../cron/expire_events.ts";
import { openWorld, START_MS } from "../support/world.ts";

function eventOf(n: number, state: InboxEvent["state"]): InboxEvent {
  return {
    id: `bland:${n}`,
    carrier: "bland",
    kind: "call.finished",
    carrierEventId: String(n),
    receivedAtMs: START_MS + n,
    state,
    reason: null,
    attempts: 1,
    payload: "",
  };
}

Deno.test("old parked events stay, and do not keep the processed ones behind them from going", async () => {
  using world = await openWorld({ isEmpty: true });
  const { store } = world.deps;
  for (let n = 0; n < 610; n++) {
    const event = eventOf(n, n < 600 ? "parked" : "processed");
    const rows = [[eventKey(event.id), event], [eventByTimeKey(event.receivedAtMs, event.id), {}]];
    const puts = rows.map(([key, row]) => ({
      key: key as string[],
      bytes: encodeRow(key as string[], row as object),
    }));
    assert.equal((await store.commit({ checks: [], puts, deletes: [] })).status, "ok");
  }
  const at = { nowMs: START_MS + 31 * DAY_MS, retentionDays: 30 };
  assert.equal(await expireEvents(store, at), 10);
  assert.equal(await expireEvents(store, at), 0);
  assert.equal((await store.list({ prefix: ["event"] })).length, 600);
});
