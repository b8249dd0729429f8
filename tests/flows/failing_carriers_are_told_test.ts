/**
 * What carriers keep us from knowing is told to people, once: a sync that fails, a cost that never comes, a
 * day that does not come out even.
 *
 * @module
 */
import assert from "node:assert/strict";
import { utcDay } from "../../core/clock.ts";
import { listNotices } from "../../core/notices/read_notices.ts";
import type { NoticeKind } from "../../core/notices/notice.ts";
import type { Store } from "../../core/kv/store.ts";
import { ADMIN } from "../support/app.ts";
import { openSyncWorld } from "../support/sync_world.ts";
import { reconcileNow } from "../../cron/reconcile_carriers.ts";
import { ASKED_RUN, syncCalls } from "../../cron/sync_calls.ts";
import { openRecordsWorld } from "../support/telnyx_records.ts";
import { only, openTelnyxWorld, OURS, THEIRS } from "../support/telnyx_world.ts";
import { ACME_NUMBER, START_MS, STRANGER } from "../support/world.ts";

async function heard(store: Store, kind: NoticeKind) {
  return (await listNotices(store, { kinds: [kind], limit: 90 }))!.notices;
}

Deno.test("a carrier that cannot be read five times in a row is told of once, until it works again", async () => {
  await using world = await openSyncWorld();
  await world.syncWell();
  const away = world.openProcess({ baseUrl: "http://127.0.0.1:1" });
  const fail = async (times: number) => {
    for (let at = 0; at < times; at++) {
      world.clock.advance(60_000);
      await syncCalls(away, { actor: "test", ...ASKED_RUN });
    }
  };
  const { store } = world.deps;
  await fail(4);
  assert.deepEqual(await heard(store, "sync_failing"), []);
  await fail(6);
  const notice = only(await heard(store, "sync_failing"));
  assert.equal(notice.title, "The sync of bland:main keeps failing");
  assert.match(notice.detail, /5 runs in a row/);
  await world.syncWell();
  await fail(5);
  assert.equal((await heard(store, "sync_failing")).length, 2);
});

Deno.test("a cost that the last try did not find is told of once, also when it is looked for again", async () => {
  await using world = await openTelnyxWorld();
  world.telnyx.faults.sendsCallCost = false;
  const { sessionId } = world.telnyx.placeCall({
    legs: [{ from: OURS, to: THEIRS, talkSeconds: 61 }],
    recordsAfterMs: 90 * 86_400_000,
  });
  const { store } = world.program.deps;
  await world.pass(30 * 60_000, 30_000);
  assert.deepEqual(await heard(store, "cost_not_found"), []);
  await world.pass(40 * 60_000, 60_000);
  const job = (await world.jobOf(sessionId))!;
  assert.equal(job.state, "failed");
  const notice = only(await heard(store, "cost_not_found"));
  assert.equal(notice.accountId, "acme");
  assert.equal(notice.link, `/admin/calls/telnyx%3A${sessionId}`);
  await world.ask(`/api/v1/jobs/${job.id}/retries`, { method: "POST", headers: ADMIN });
  for (let minute = 0; minute < 40; minute++) {
    await world.program.minute();
    await world.pass(60_000, 60_000);
  }
  assert.equal((await world.jobOf(sessionId))?.state, "failed");
  assert.equal((await heard(store, "cost_not_found")).length, 1);
});

Deno.test("a day that does not come out even is told of once, however often it is compared", async () => {
  await using telnyx = await openRecordsWorld();
  const legs: [{ from: string; to: string; talkSeconds: number }] = [
    { from: ACME_NUMBER, to: STRANGER, talkSeconds: 61 },
  ];
  const placed = { sessionId: "no-record", legs, isSilent: true, recordsAfterMs: Infinity };
  await telnyx.hear(telnyx.simulator.placeCall(placed).sessionId);
  const day = utcDay(START_MS);
  telnyx.world.clock.advance(86_400_000);
  const deps = { ...telnyx.sync, kinds: telnyx.kinds };
  for (let at = 0; at < 2; at++) {
    const found = await reconcileNow(deps, { carrier: "telnyx", day, actor: "test" });
    assert.equal(found?.openCount, 1);
  }
  const notice = only(await heard(telnyx.sync.store, "reconciliation_difference"));
  assert.equal(notice.title, `1 call differs from the records of telnyx on ${day}`);
  assert.equal(notice.link, `/admin/reconciliation?carrier=telnyx&day=${day}`);
});
