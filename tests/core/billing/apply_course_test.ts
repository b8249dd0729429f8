/**
 * Unowned calls and what their carrier's records tell of them.
 *
 * @module
 */
import assert from "node:assert/strict";
import { stageCourse } from "../../../core/billing/apply_course.ts";
import { intakeKey } from "../../../core/kv/keys.ts";
import { reportOf } from "../../support/call_report.ts";
import { callOf, checkBooks, takeIn } from "../../support/ledger.ts";
import { ACME_NUMBER, openWorld, STRANGER } from "../../support/world.ts";

Deno.test("a transferred call of which only the second leg was told is owned by its first leg", async () => {
  using world = await openWorld();
  const { deps, clock } = world;
  const other = "+14155550126";
  // Acme was called and the call passed on: the second leg shows acme's number as the caller.
  await takeIn(deps, [
    reportOf("t", { carrier: "telnyx", direction: null, from: "+14155550199", to: other }),
  ]);
  assert.equal((await callOf(deps.store, "telnyx:t"))?.accountId, null);
  const course = { direction: "inbound", from: STRANGER, to: ACME_NUMBER } as const;
  const owner = await deps.gates.change({
    gate: intakeKey("telnyx"),
    stage: (batch) => stageCourse(batch, { callId: "telnyx:t", course, atMs: clock.now() }),
  });
  assert.equal(owner, "acme");
  const call = (await callOf(deps.store, "telnyx:t"))!;
  assert.deepEqual([call.from, call.to, call.direction, call.accountId], [
    STRANGER,
    ACME_NUMBER,
    "inbound",
    "acme",
  ]);
  const listed = await deps.store.list<object>({ prefix: ["unassigned_call_by_party"] });
  assert.deepEqual(listed, []);
  await checkBooks(deps.store);
});
