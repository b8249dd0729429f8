/**
 * A call that ended before anybody said who spoke: what comes late still finds its owner.
 *
 * @module
 */
import assert from "node:assert/strict";
import type { CallReport } from "../../../core/usage/call_usage.ts";
import { recordCalls } from "../../../core/billing/record_calls.ts";
import { billDue } from "../../../core/billing/bill_due.ts";
import { callOf, chargeOf, checkBooks } from "../../support/ledger.ts";
import { ringing } from "../../support/call_report.ts";
import { ACME_NUMBER, openWorld, START_MS, STRANGER, type World } from "../../support/world.ts";

const told = (report: Partial<CallReport>): CallReport => ({
  ...ringing("s1"),
  carrier: "telnyx",
  isWhole: true,
  ...report,
});

/** As its records end a call of which only the price was told. */
const ended = told({
  direction: null,
  from: "",
  to: "",
  status: "completed",
  isFinal: true,
  startedAtMs: START_MS + 90_000,
  endedAtMs: START_MS + 80_000,
  durationSeconds: 70,
  costMicros: 13_600n,
  costCurrency: "USD",
  record: { call_session_id: "s1" },
});

/** Its beginning, told late, and no word of the answer. */
const late = told({
  direction: "inbound",
  from: STRANGER,
  to: ACME_NUMBER,
  startedAtMs: START_MS,
  record: { call_session_id: "s1", from: STRANGER, to: ACME_NUMBER },
});

async function takeIn({ deps }: World, report: CallReport): Promise<void> {
  const atMs = deps.clock.now();
  await recordCalls(deps, {
    carrier: "telnyx",
    sourceId: "telnyx:main",
    keyAccountId: null,
    reports: [report],
    atMs,
  });
  await billDue(deps, { actor: "test" });
}

Deno.test("a call ended by its records is charged once its parties are told", async () => {
  using world = await openWorld();
  await takeIn(world, ended);
  assert.equal((await callOf(world.deps.store, "telnyx:s1"))?.accountId, null);
  await takeIn(world, late);
  const call = await callOf(world.deps.store, "telnyx:s1");
  assert.deepEqual(
    [call?.accountId, call?.isFinal, call?.durationSeconds, call?.startedAtMs, call?.to],
    ["acme", true, 70, START_MS, ACME_NUMBER],
  );
  assert.equal((await chargeOf(world.deps.store, "telnyx:s1"))?.amountMicros, 13_600n);
  await checkBooks(world.deps.store);
});

Deno.test("told again, it changes nothing", async () => {
  using world = await openWorld();
  for (const report of [ended, late, late]) await takeIn(world, report);
  assert.equal((await callOf(world.deps.store, "telnyx:s1"))?.revision, 2);
});
