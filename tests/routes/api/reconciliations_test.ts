import assert from "node:assert/strict";
import { compareCalls, keepReconciliation } from "../../../core/billing/reconciliation.ts";
import { DAY_MS, formatInstant, utcDay } from "../../../core/clock.ts";
import { START_MS } from "../../support/world.ts";
import {
  expectJson,
  expectProblem,
  expectRefusals,
  serveApi,
  type ServedApi,
} from "./served_api.ts";

const DAY = utcDay(START_MS - DAY_MS);

async function keep({ deps }: ServedApi, state: "done" | "pending" = "done"): Promise<void> {
  const ours = { costCurrency: "USD", isFinal: true, isUnanswered: false };
  const found = compareCalls({
    ours: [{ ...ours, callId: "telnyx:a", costMicros: 100n }],
    theirs: [{ callId: "telnyx:b", costMicros: 250n, costCurrency: "USD" }],
  });
  await keepReconciliation(deps.store, {
    ...found,
    carrier: "telnyx",
    day: DAY,
    state,
    failure: null,
    itemCount: 2,
    openCount: 2,
    movement: {
      fromMicros: 5_000_000n,
      fromAtMs: START_MS - DAY_MS,
      toMicros: 4_000_000n,
      toAtMs: START_MS,
      currency: "USD",
      callCostMicros: 250n,
      messageCostMicros: 0n,
      unexplainedMicros: -999_750n,
    },
    actor: "test",
    startedAtMs: START_MS,
    finishedAtMs: START_MS,
  });
}

Deno.test("a day is listed with its four counts, totals, items and the balance's movement", async () => {
  using api = await serveApi();
  await keep(api);
  const { data, nextCursor } = expectJson(await api.ask("GET /reconciliations"), 200);
  assert.equal(nextCursor, null);
  const [day] = data;
  const usd = (amount: string) => ({ amount, currency: "USD" });
  assert.deepEqual(day.totals, {
    ours: usd("0.000100"),
    theirs: usd("0.000250"),
    difference: usd("0.000150"),
  });
  assert.deepEqual(day.oursOnly, { count: 1, ours: usd("0.000100"), theirs: usd("0.000000") });
  assert.deepEqual(day.items[1], {
    callId: "telnyx:b",
    closed: null,
    kind: "theirs_only",
    ours: null,
    theirs: usd("0.000250"),
    state: "open",
    suggestion: "not_decided",
    usage: "call",
  });
  assert.deepEqual([day.closes, day.state, day.openCount], [false, "done", 2]);
  assert.deepEqual(day.balanceMovement.movement, usd("-1.000000"));
  assert.equal(day.balanceMovement.toAt, formatInstant(START_MS));
  for (const query of ["carrier=bland", `day=${utcDay(START_MS)}`]) {
    assert.deepEqual(expectJson(await api.ask(`GET /reconciliations?${query}`), 200).data, []);
  }
});

Deno.test("a run answers what was found, and what goes on is woken", async () => {
  using api = await serveApi();
  await keep(api);
  const body = { carrier: "telnyx", day: DAY };
  const done = expectJson(await api.ask("POST /reconciliations", { body }), 201);
  assert.deepEqual([done.carrier, done.day, done.state], ["telnyx", DAY, "done"]);
  assert.deepEqual(api.world.done, [`reconcile telnyx ${DAY} admin`]);
  await keep(api, "pending");
  const pending = expectJson(await api.ask("POST /reconciliations", { body }), 201);
  assert.deepEqual([pending.state, pending.closes, api.nudges()], ["pending", false, 1]);
});

Deno.test("a carrier that is off, a day to come and nonsense are refused", async () => {
  using api = await serveApi();
  const line = "POST /reconciliations";
  const answer = await api.ask(line, { body: { carrier: "twilio", day: DAY } });
  expectProblem(answer, { status: 503, code: "not_configured" });
  const bad = { line, status: 422, code: "validation" };
  await expectRefusals(api, [
    { ...bad, body: { carrier: "telnyx", day: "2026-02-30" }, pointer: "/day" },
    { ...bad, body: { carrier: "telnyx", day: "2026-02-02" }, pointer: "/day" },
    { ...bad, body: { carrier: "sippy", day: DAY }, pointer: "/carrier" },
    { ...bad, body: { carrier: "telnyx" }, pointer: "/day" },
    { line: "GET /reconciliations?cursor=%25", status: 400, code: "malformed_cursor" },
    { line: "GET /reconciliations?day=yesterday", status: 422, code: "validation" },
  ]);
});
