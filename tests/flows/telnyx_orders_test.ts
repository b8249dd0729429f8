/**
 * A call's events in any order, again and again, in any portions: the same call and the same money as when
 * they come one after the other.
 *
 * @module
 */
import assert from "node:assert/strict";
import { parseTelnyxEvent } from "../../core/carriers/telnyx/events.ts";
import type { PlacedCall, PlacedLeg } from "../../core/carriers/telnyx/simulated/placed_call.ts";
import { replayEvent } from "../../core/jobs/inbox.ts";
import { receiveEvent } from "../../core/jobs/receive_event.ts";
import { drainInbox } from "../../cron/mod.ts";
import type { SyncDeps } from "../../cron/sync_calls.ts";
import { callOf, chargeOf, checkBooks, moneyOf } from "../support/ledger.ts";
import { simulateTelnyx } from "../support/telnyx_world.ts";
import {
  ACME_NUMBER,
  KIWI_NUMBER,
  openWorld,
  seeded,
  STRANGER,
  topUp,
  type World,
} from "../support/world.ts";

const ROUNDS = 14;
const CALLS_A_ROUND = 40;

type Random = () => number;
const below = (random: Random, n: number) => Math.floor(random() * n);
const pick = <T>(random: Random, list: readonly T[]): T => list[below(random, list.length)]!;

function shuffled<T>(random: Random, list: readonly T[]): T[] {
  return list.map((one) => [random(), one] as const).sort(([a], [b]) => a - b).map(([, one]) =>
    one
  );
}

/** One to three legs, answered or not, inbound or not; some between two customers. */
function drawCall(
  random: Random,
  { sessionId, nowMs }: { sessionId: string; nowMs: number },
): PlacedCall {
  const ours = pick(random, [ACME_NUMBER, KIWI_NUMBER]);
  const theirs = pick(random, [STRANGER, STRANGER, STRANGER, ACME_NUMBER, KIWI_NUMBER]);
  const isInbound = random() < 0.5;
  const isAnswered = random() < 0.8;
  const talkSeconds = isAnswered ? 1 + below(random, 200) + random() : 0;
  const first: PlacedLeg = {
    from: isInbound ? theirs : ours,
    to: isInbound ? ours : theirs,
    isInbound,
    ringSeconds: 1 + below(random, 20),
    talkSeconds,
    ...(isAnswered ? {} : { hangupCause: pick(random, ["no_answer", "user_busy", "timeout"]) }),
  };
  const others = Array.from({ length: isAnswered ? below(random, 3) : 0 }, (_, i): PlacedLeg => ({
    from: ours,
    to: `+1212555020${i}`,
    afterSeconds: 1 + below(random, 60),
    talkSeconds: random() < 0.7 ? 1 + below(random, 90) : 0,
    trunkRate: pick(random, ["0.0050", "0.0071", "0.00333"]),
  }));
  return { sessionId, legs: [first, ...others], startedAtMs: nowMs - 600_000, isSilent: true };
}

async function keep(deps: SyncDeps, body: string): Promise<string> {
  const parsed = parseTelnyxEvent(body);
  assert(parsed.status === "call_event");
  const { eventId: carrierEventId, kind } = parsed.event;
  const base = { carrier: "telnyx", carrierEventId, kind, payload: body, reason: null };
  return (await receiveEvent(deps, { ...base, state: "received" })).event.id;
}

async function openHistory(seed: number): Promise<World & { sync: SyncDeps }> {
  const world = await openWorld({ seed });
  for (const accountId of ["acme", "kiwi"]) {
    await topUp(world.deps, { accountId, micros: 5_000_000_000n });
  }
  const egress = () => Promise.reject(new Error("nobody is asked"));
  return { ...world, sync: { ...world.deps, egress, bland: null } };
}

/** What must not depend on the order of arrival. */
async function outcomeOf({ deps }: World, sessionId: string) {
  const call = await callOf(deps.store, `telnyx:${sessionId}`);
  const charge = await chargeOf(deps.store, `telnyx:${sessionId}`);
  assert(call, sessionId);
  const { revision: _revision, learnedAtMs: _learned, hadFault: _had, ...facts } = call;
  const money = charge && {
    accountId: charge.accountId,
    state: charge.state,
    reason: charge.reason,
    amountMicros: charge.amountMicros,
    costMicros: charge.costMicros,
    trace: charge.trace,
  };
  return { facts, money };
}

for (const seed of [20260201, 20260202]) {
  Deno.test(`560 calls whose events come in any order, twice, in portions: one charge, as in order (seed ${seed})`, () =>
    compareOrders(seed));
}

async function compareOrders(seed: number): Promise<void> {
  const random = seeded(seed);
  using inOrder = await openHistory(1);
  using mixed = await openHistory(2);
  const telnyx = simulateTelnyx({ clock: mixed.clock, random });
  let charged = 0;
  for (let round = 0; round < ROUNDS; round++) {
    const ids = Array.from({ length: CALLS_A_ROUND }, (_, i) => `s-${round}-${i}`);
    const bodies = ids.flatMap((sessionId, i) => {
      // Costs of every leg, of none, or not usable: what is missing stays an estimate.
      telnyx.faults.sendsCallCost = i % 4 !== 0;
      telnyx.faults.hasFailedCallCosts = i % 8 === 1;
      telnyx.placeCall(drawCall(random, { sessionId, nowMs: mixed.clock.now() }));
      const all = telnyx.renderWebhooks(sessionId).map(({ body }) => body);
      // A kind that never comes to either world, of every leg.
      const lost = i % 8 === 2
        ? pick(random, ["call.initiated", "call.answered", "call.bridged", "call.cost"])
        : "";
      return all.filter((body) => !body.includes(`"event_type":"${lost}"`));
    });
    for (const body of bodies) await keep(inOrder.sync, body);
    await drainInbox(inOrder.sync, Infinity);
    const arrivals = shuffled(random, [...bodies, ...bodies.filter(() => random() < 0.3)]);
    const known: string[] = [];
    while (arrivals.length > 0) {
      for (const body of arrivals.splice(0, 1 + below(random, 60))) {
        known.push(await keep(mixed.sync, body));
      }
      if (random() < 0.2) await replayEvent(mixed.deps, pick(random, known));
      await drainInbox(mixed.sync, Infinity);
    }
    for (const sessionId of ids) {
      const expected = await outcomeOf(inOrder, sessionId);
      assert.deepEqual(await outcomeOf(mixed, sessionId), expected, sessionId);
      const { accountId } = expected.facts;
      if (!accountId) continue;
      const entries = await moneyOf(mixed.deps.store, { accountId, callId: `telnyx:${sessionId}` });
      const charges = entries.filter((entry) => entry.startsWith("charge"));
      assert.equal(
        charges.length,
        expected.money && expected.money.amountMicros > 0n ? 1 : charges.length,
      );
      assert.ok(charges.length <= 1, sessionId);
      charged += charges.length;
    }
  }
  assert.ok(charged > ROUNDS * CALLS_A_ROUND / 2, String(charged));
  await checkBooks(mixed.deps.store);
  await checkBooks(inOrder.deps.store);
}
