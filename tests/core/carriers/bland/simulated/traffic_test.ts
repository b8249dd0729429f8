import assert from "node:assert/strict";
import { type Clock, SECOND_MS, testClock } from "../../../../../core/clock.ts";
import { createBlandSimulator } from "../../../../../core/carriers/bland/simulator.ts";
import { endedAtMs } from "../../../../../core/carriers/bland/simulated/call_row.ts";

/** The fractional parts of multiples of the golden ratio: even, and the same each time. */
function evenDraws(): () => number {
  let count = 0;
  return () => (count++ * 0.6180339887498949) % 1;
}

function createSimulator(clock: Clock) {
  let count = 0;
  return createBlandSimulator({
    clock,
    random: evenDraws(),
    id: () => `call-${count++}`,
    apiKey: "key",
    webhookSecret: "secret",
  });
}

const NUMBERS = [
  { number: "+12025550001", accountId: "acct_1" },
  { number: "+37251234567", accountId: "acct_2", apiKey: "key-2" },
  { number: "+12025550003" },
];

Deno.test("traffic places a call at once and one more per step, until it is stopped", () => {
  const clock = testClock();
  const simulator = createSimulator(clock);
  const stop = simulator.startTraffic({ everyMs: 20 * SECOND_MS, numbers: NUMBERS });
  assert.equal(simulator.calls().length, 1);
  for (let step = 0; step < 300; step++) clock.advance(20 * SECOND_MS);
  assert.equal(simulator.calls().length, 301);
  stop();
  clock.advance(60 * SECOND_MS);
  assert.equal(simulator.calls().length, 301);
});

Deno.test("traffic belongs to the numbers it was given, and is short", () => {
  const clock = testClock();
  const simulator = createSimulator(clock);
  const stop = simulator.startTraffic({ everyMs: SECOND_MS, numbers: NUMBERS });
  for (let step = 0; step < 300; step++) clock.advance(SECOND_MS);
  stop();
  const calls = simulator.calls();
  for (const call of calls) {
    const number = call.isInbound ? call.to : call.from;
    const ours = NUMBERS.find((each) => each.number === number);
    assert.ok(ours, number);
    const metadata = ours.accountId === undefined ? null : { account_id: ours.accountId };
    assert.deepEqual(call.metadata, metadata);
    assert.equal(call.apiKey, ours.apiKey ?? "key");
    const [min, max] = call.outcome === "completed" ? [5, 150] : [0, 0];
    assert.ok(call.talkSeconds >= min && call.talkSeconds <= max, String(call.talkSeconds));
  }
  assert.equal(new Set(calls.map((call) => call.isInbound)).size, 2);
  assert.equal(new Set(calls.map((call) => call.outcome === "completed")).size, 2);
  const sum = calls.reduce((seconds, call) => seconds + call.talkSeconds, 0);
  assert.ok(sum / calls.length > 30, "most calls are talk");
});

Deno.test("some traffic has ended when it appears, and some goes on", () => {
  const clock = testClock();
  const simulator = createSimulator(clock);
  let ended = 0;
  for (let start = 0; start < 60; start++) {
    simulator.startTraffic({ everyMs: SECOND_MS, numbers: NUMBERS })();
    const latest = simulator.calls().find((call) => call.callId === `call-${start}`);
    if (latest && endedAtMs(latest) <= clock.now()) ended += 1;
  }
  assert.ok(ended > 20 && ended < 60, String(ended));
});

Deno.test("traffic tells of each call once, after it has ended", () => {
  const clock = testClock();
  const simulator = createSimulator(clock);
  const told: string[] = [];
  const stop = simulator.startTraffic({
    everyMs: 20 * SECOND_MS,
    numbers: NUMBERS,
    talkSecondsMin: 10,
    talkSecondsMax: 10,
    onEnded: (callId) => {
      const call = simulator.calls().find((each) => each.callId === callId);
      assert.ok(call && endedAtMs(call) <= clock.now());
      told.push(callId);
    },
  });
  for (let step = 0; step < 50; step++) clock.advance(20 * SECOND_MS);
  stop();
  clock.advance(60 * SECOND_MS);
  assert.equal(new Set(told).size, told.length);
  assert.ok(told.length >= 49, String(told.length));
});

Deno.test("traffic without numbers places nothing", () => {
  const clock = testClock();
  const simulator = createSimulator(clock);
  simulator.startTraffic({ everyMs: SECOND_MS, numbers: [] })();
  assert.equal(simulator.calls().length, 0);
});
