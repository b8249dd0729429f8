import assert from "node:assert/strict";
import { SECOND_MS } from "../../../../../core/clock.ts";
import { fakeClock } from "../../../../support/fake_clock.ts";
import { NOW_MS, simulate } from "../served_telnyx.ts";

const NUMBERS = ["+12025550001", "+37251234567"];

Deno.test("traffic places one call or message per step on its numbers, until it is stopped", async () => {
  const clock = fakeClock(NOW_MS);
  const { simulator, arrived } = simulate(clock);
  const stop = simulator.startTraffic({ everyMs: 10 * SECOND_MS, numbers: NUMBERS });
  const count = () => simulator.calls().length + simulator.messages().length;
  assert.equal(count(), 1);
  for (let step = 0; step < 300; step++) clock.advance(10 * SECOND_MS);
  assert.equal(count(), 301);
  stop();
  clock.advance(600 * SECOND_MS);
  assert.equal(count(), 301);
  await simulator.idle();
  assert.equal(clock.waiting(), 0);
  assert.ok(arrived.length > 301);
  const firsts = simulator.calls().map(({ legs: [first] }) => first);
  for (const { isInbound, from, to, talkSeconds } of firsts) {
    assert.ok(NUMBERS.includes(isInbound ? to : from));
    assert.ok(talkSeconds === 0 || (talkSeconds >= 5 && talkSeconds <= 150));
  }
  assert.equal(new Set(firsts.map(({ isInbound }) => isInbound)).size, 2);
  assert.equal(new Set(simulator.calls().map(({ legs }) => legs.length)).size, 2);
  assert.ok(simulator.messages().length > 50 && simulator.calls().length > 150);
  assert.ok(firsts.some(({ answeredAtMs }) => answeredAtMs === null));
});

Deno.test("some calls have ended when they appear, and some go on", () => {
  const clock = fakeClock(NOW_MS);
  const { simulator } = simulate(clock);
  for (let i = 0; i < 60; i++) {
    simulator.startTraffic({ everyMs: SECOND_MS, numbers: NUMBERS, messageShare: 0 })();
  }
  const ended = simulator.calls().filter(({ endedAtMs }) => endedAtMs <= NOW_MS).length;
  assert.ok(ended > 20 && ended < 55, String(ended));
  simulator.stop();
});

Deno.test("traffic without numbers places nothing", () => {
  const clock = fakeClock(NOW_MS);
  const { simulator } = simulate(clock);
  simulator.startTraffic({ everyMs: SECOND_MS, numbers: [] })();
  assert.equal(simulator.calls().length + simulator.messages().length, 0);
});
