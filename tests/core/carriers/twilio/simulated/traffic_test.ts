import assert from "node:assert/strict";
import { DAY_MS, SECOND_MS } from "../../../../../core/clock.ts";
import { createTwilioSimulator } from "../../../../../core/carriers/twilio/simulator.ts";
import { endedAtMs } from "../../../../../core/carriers/twilio/simulated/call.ts";
import { fakeClock } from "../../../../support/fake_clock.ts";
import { NOW_MS } from "../served_twilio.ts";

const NUMBERS = [{ number: "+12025550001" }, { number: "+37251234567" }];

/** The same numbers each time (mulberry32). */
function seededDraws(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

function createSimulator() {
  const clock = fakeClock(NOW_MS);
  const counts = { id: 0, ended: 0 };
  const simulator = createTwilioSimulator({
    clock,
    random: seededDraws(7),
    id: () => String(counts.id++),
    accountSid: "AC1",
    authToken: "token",
    publicUrl: "https://x.test",
    deliver: ({ body }) => void (counts.ended += body.includes("CallStatus=completed") ? 1 : 0),
  });
  return { clock, simulator, counts };
}

Deno.test("traffic places one at once and one more per step, until it is stopped", () => {
  const { clock, simulator } = createSimulator();
  const count = () => simulator.calls().length + simulator.messages().length;
  const stop = simulator.startTraffic({ everyMs: 20 * SECOND_MS, numbers: NUMBERS });
  assert.equal(count(), 1);
  clock.advance(100 * 20 * SECOND_MS);
  assert.equal(count(), 101);
  stop();
  clock.advance(DAY_MS);
  assert.equal(count(), 101);
  assert.equal(clock.waiting(), 0);
});

Deno.test("traffic belongs to the numbers it was given, is short, and tells of its ends", () => {
  const { clock, simulator, counts } = createSimulator();
  const stop = simulator.startTraffic({ everyMs: SECOND_MS, numbers: NUMBERS });
  clock.advance(400 * SECOND_MS);
  stop();
  clock.advance(DAY_MS);
  for (const call of simulator.calls()) {
    const number = call.direction === "inbound" ? call.to : call.from;
    assert.ok(NUMBERS.some((ours) => ours.number === number));
    const [min, max] = call.outcome === "completed" ? [5, 150] : [0, 0];
    assert.ok(call.talkSeconds >= min && call.talkSeconds <= max, String(call.talkSeconds));
    assert.ok(endedAtMs(call) <= clock.now());
  }
  const completed = simulator.calls().filter(({ outcome }) => outcome === "completed");
  assert.equal(counts.ended, completed.length);
  assert.ok(completed.length > 100 && completed.length < simulator.calls().length);
  assert.equal(new Set(simulator.calls().map(({ direction }) => direction)).size, 2);
  assert.ok(simulator.messages().length > 40);
  assert.ok(simulator.messages().some(({ outcome }) => outcome === "received"));
});

Deno.test("traffic without numbers places nothing", () => {
  const { simulator } = createSimulator();
  simulator.startTraffic({ everyMs: SECOND_MS, numbers: [] })();
  assert.equal(simulator.calls().length + simulator.messages().length, 0);
});
