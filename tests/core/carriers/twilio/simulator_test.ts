import assert from "node:assert/strict";
import { DAY_MS, MINUTE_MS, SECOND_MS } from "../../../../core/clock.ts";
import { parseTwilioCallback } from "../../../../core/carriers/twilio/callbacks.ts";
import { callPriceState } from "../../../../core/carriers/twilio/fields/price.ts";
import type { SimulatedCallback } from "../../../../core/carriers/twilio/simulated/callbacks.ts";
import { createTwilioSimulator } from "../../../../core/carriers/twilio/simulator.ts";
import { verifyTwilioSignature } from "../../../../core/carriers/twilio/webhook.ts";
import { fakeClock } from "../../../support/fake_clock.ts";
import { ACCOUNT_SID, AUTH_TOKEN, NOW_MS, PARTIES, serveTwilio } from "./served_twilio.ts";

Deno.test("a placed call is queued, goes on, ends and gets its price, as the clock moves", async () => {
  await using twilio = serveTwilio();
  const { simulator, client, setNow } = twilio;
  const { sid } = simulator.placeCall({ ...PARTIES, waitSeconds: 10, talkSeconds: 49 });
  const stages: unknown[] = [];
  for (const seconds of [0, 5, 10, 58, 59, 118, 119]) {
    setNow(NOW_MS + seconds * SECOND_MS);
    const outcome = await client.getCall(sid);
    if (outcome.status !== "found") throw new Error(outcome.status);
    const { record, isFinal, startedAtMs, costMicros } = outcome.call;
    stages.push([record.status, isFinal, startedAtMs - NOW_MS, costMicros]);
  }
  assert.deepEqual(stages, [
    ["queued", false, 0, null],
    ["ringing", false, 0, null],
    ["in-progress", false, 10_000, null],
    ["in-progress", false, 10_000, null],
    ["completed", true, 10_000, null],
    ["completed", true, 10_000, null],
    ["completed", true, 10_000, 14_000n],
  ]);
});

Deno.test("calls that do not connect have no price for good, and some completed ones neither", async () => {
  await using twilio = serveTwilio();
  const { simulator, client } = twilio;
  const createdAtMs = NOW_MS - 9 * DAY_MS;
  for (const outcome of ["busy", "no-answer", "failed", "canceled", "completed"] as const) {
    const priceAfterMs = outcome === "completed" ? { priceAfterMs: null } : {};
    const { sid } = simulator.placeCall({ ...PARTIES, createdAtMs, outcome, ...priceAfterMs });
    const found = await client.getCall(sid);
    if (found.status !== "found") throw new Error(found.status);
    const { call } = found;
    assert.deepEqual([call.isFinal, call.durationSeconds, call.costMicros], [true, 0, null]);
    assert.equal(callPriceState(call, { overForMs: NOW_MS - (call.endedAtMs ?? 0) }), "never");
  }
});

Deno.test("only the account's own id and token open", async () => {
  await using twilio = serveTwilio();
  const get = async (path: string, key: string) => {
    const response = await fetch(twilio.baseUrl + path, { headers: { authorization: key } });
    return [response.status, (await response.json()).code];
  };
  const list = `/2010-04-01/Accounts/${ACCOUNT_SID}/Calls.json`;
  const good = `Basic ${btoa(`${ACCOUNT_SID}:${AUTH_TOKEN}`)}`;
  assert.deepEqual(await get(list, good), [200, undefined]);
  assert.deepEqual(await get(list, `Basic ${btoa(`${ACCOUNT_SID}:wrong`)}`), [401, 20003]);
  assert.deepEqual(await get(list, AUTH_TOKEN), [401, 20003]);
  assert.deepEqual(await get("/2010-04-01/Accounts/ACother/Calls.json", good), [404, 20404]);
  assert.deepEqual(await get(`${list}?PageSize=x`, good), [400, 20001]);
  assert.deepEqual(await get(`${list}?StartTime%3E=soon`, good), [400, 20001]);
  assert.deepEqual(await get(`/2010-04-01/Accounts/${ACCOUNT_SID}/Nothing.json`, good), [
    404,
    20404,
  ]);
  twilio.simulator.faults.refusesCredentials = true;
  assert.deepEqual(await get(list, good), [401, 20003]);
});

Deno.test("faults that count down end by themselves", async () => {
  await using twilio = serveTwilio();
  const { faults } = twilio.simulator;
  twilio.simulator.placeCall({ ...PARTIES, createdAtMs: NOW_MS - SECOND_MS });
  faults.failNext = { httpStatus: 429, count: 1 };
  faults.retryAfter = "3";
  faults.htmlNext = 1;
  faults.truncateNext = 1;
  const outcomes = [];
  for (let turn = 0; turn < 4; turn++) {
    outcomes.push(await twilio.client.listCalls({ startAtMs: 0 }));
  }
  assert.deepEqual(outcomes.map(({ status }) => status), [
    "carrier_unavailable",
    "answer_unreadable",
    "answer_unreadable",
    "listed",
  ]);
  const [first] = outcomes;
  assert.equal(first?.status === "carrier_unavailable" ? first.retryAfterMs : null, 3_000);
});

Deno.test("a slow Twilio answers after its time", async () => {
  const { clock, simulator } = createSimulator("https://x.test");
  simulator.faults.slowMs = 7 * SECOND_MS;
  const url = `http://127.0.0.1/2010-04-01/Accounts/${ACCOUNT_SID}/Calls.json`;
  assert.equal((await simulator.app.fetch(new Request(url))).status, 401);
  assert.equal(clock.now(), NOW_MS + 7 * SECOND_MS);
});

Deno.test("a hidden call appears late, a revised one tells its new figures, a removed one is gone", async () => {
  await using twilio = serveTwilio();
  const { simulator, client, setNow } = twilio;
  const { sid } = simulator.placeCall({
    ...PARTIES,
    createdAtMs: NOW_MS - DAY_MS,
    talkSeconds: 30,
    visibleAtMs: NOW_MS + 1,
  });
  assert.deepEqual(await client.getCall(sid), { status: "call_not_found" });
  setNow(NOW_MS + 1);
  simulator.reviseCall(sid, { talkSeconds: 61, priceText: "-0.02" });
  const found = await client.getCall(sid);
  if (found.status !== "found") throw new Error(found.status);
  assert.deepEqual([found.call.durationSeconds, found.call.costMicros], [61, 20_000n]);
  assert.ok(simulator.removeCall(sid));
  assert.ok(!simulator.removeCall(sid));
  assert.deepEqual(await client.getCall(sid), { status: "call_not_found" });
  assert.throws(() => simulator.callbacksOf(sid), /nothing has that id/);
  assert.throws(() => simulator.reviseCall(sid, {}), /nothing has that id/);
  simulator.placeCall({ ...PARTIES, sid: "CA1" });
  assert.throws(() => simulator.placeCall({ ...PARTIES, sid: "CA1" }), /its id is taken/);
});

function createSimulator(publicUrl: string) {
  const clock = fakeClock(NOW_MS);
  const delivered: SimulatedCallback[] = [];
  let id = 0;
  const simulator = createTwilioSimulator({
    clock,
    random: () => 0.5,
    id: () => String(id++),
    accountSid: ACCOUNT_SID,
    authToken: AUTH_TOKEN,
    publicUrl,
    deliver: (callback) => void delivered.push(callback),
  });
  const statuses = () => delivered.map(({ body }) => new URLSearchParams(body).get("CallStatus"));
  return { clock, simulator, delivered, statuses };
}

for (const publicUrl of ["https://x.test", "https://x.test:8443/base", "http://127.0.0.1:8000"]) {
  Deno.test(`callbacks to ${publicUrl} carry a signature that verifies, and say what happened`, () => {
    const { simulator } = createSimulator(publicUrl);
    const call = simulator.placeCall({ ...PARTIES, talkSeconds: 61 });
    const message = simulator.placeMessage({ ...PARTIES, outcome: "undelivered" });
    const inbound = simulator.placeMessage({ ...PARTIES, outcome: "received", segments: 2 });
    for (const { sid } of [call, message, inbound]) {
      const callbacks = simulator.callbacksOf(sid);
      for (const { path, body, headers } of callbacks) {
        const proof = {
          url: publicUrl + path,
          body: new TextEncoder().encode(body),
          contentType: headers["content-type"] ?? null,
          signature: headers["x-twilio-signature"] ?? null,
          authToken: AUTH_TOKEN,
        };
        assert.ok(verifyTwilioSignature(proof));
        assert.ok(!verifyTwilioSignature({ ...proof, body: proof.body.with(5, 65) }));
      }
    }
    const last = parseTwilioCallback(
      new TextEncoder().encode(simulator.callbacksOf(call.sid).at(-1)?.body),
    );
    if (last.status !== "call_status") throw new Error(last.status);
    assert.deepEqual([last.callback.status, last.callback.durationSeconds], ["completed", 61]);
  });
}

Deno.test("callbacks are delivered when they are due; an inbound call tells its end alone", () => {
  const { clock, simulator, delivered, statuses } = createSimulator("https://x.test");
  simulator.placeCall({ ...PARTIES, waitSeconds: 3, talkSeconds: 49 });
  simulator.placeCall({ ...PARTIES, direction: "inbound", talkSeconds: 10 });
  simulator.placeCall({ ...PARTIES, talkSeconds: 10, isSilent: true });
  assert.equal(delivered.length, 0);
  clock.advance(4 * SECOND_MS);
  assert.deepEqual(statuses(), ["initiated", "ringing", "in-progress"]);
  clock.advance(MINUTE_MS);
  assert.deepEqual(statuses().slice(3), ["completed", "completed"]);
  assert.deepEqual(delivered.map(({ path }) => path), Array(5).fill("/webhook/twilio/voice"));
  assert.equal(clock.waiting(), 0);
});

Deno.test("callbacks may be lost, repeated or late, and stop() forgets what is on its way", () => {
  const { clock, simulator, delivered, statuses } = createSimulator("https://x.test");
  const place = () => simulator.placeCall({ ...PARTIES, createdAtMs: NOW_MS - DAY_MS });
  simulator.faults.callbacks.lossChance = 1;
  place();
  clock.advance(MINUTE_MS);
  assert.equal(delivered.length, 0);
  simulator.faults.callbacks = { lossChance: 0, repeatChance: 1, delayMsMax: 0 };
  place();
  clock.advance(MINUTE_MS);
  assert.deepEqual(statuses().filter((status) => status === "completed").length, 2);
  simulator.faults.callbacks = { lossChance: 0, repeatChance: 0, delayMsMax: 10 * DAY_MS };
  place();
  clock.advance(MINUTE_MS);
  assert.equal(delivered.length, 8);
  simulator.stop();
  assert.equal(clock.waiting(), 0);
});

Deno.test("a callback without a connection is tried once more and then lost", async () => {
  const clock = fakeClock(NOW_MS);
  let attempts = 0;
  const simulator = createTwilioSimulator({
    clock,
    random: () => 0.5,
    id: () => "1",
    accountSid: ACCOUNT_SID,
    authToken: AUTH_TOKEN,
    publicUrl: "https://x.test",
    deliver: () => {
      attempts += 1;
      return Promise.reject(new Error("connection refused"));
    },
  });
  simulator.placeCall({ ...PARTIES, direction: "inbound" });
  clock.advance(SECOND_MS);
  for (let turn = 0; turn < 10; turn++) await Promise.resolve();
  assert.equal(attempts, 2);
});

Deno.test("messages are listed and read with late segments and late prices", async () => {
  await using twilio = serveTwilio();
  const { simulator, client, setNow } = twilio;
  const { sid } = simulator.placeMessage({ ...PARTIES, waitSeconds: 5, segments: 2 });
  const read = async () => {
    const found = await client.getMessage(sid);
    if (found.status !== "found") throw new Error(found.status);
    return [found.message.status, found.message.segments, found.message.costMicros];
  };
  assert.deepEqual(await read(), ["queued", null, null]);
  setNow(NOW_MS + 5 * SECOND_MS);
  assert.deepEqual(await read(), ["sent", 2, null]);
  setNow(NOW_MS + 7 * SECOND_MS);
  assert.deepEqual(await read(), ["delivered", 2, null]);
  setNow(NOW_MS + 67 * SECOND_MS);
  assert.deepEqual(await read(), ["delivered", 2, 15_000n]);
  const page = await client.listMessages({ startAtMs: NOW_MS });
  assert.equal(page.status === "listed" ? page.messages.length : page.status, 1);
  simulator.reviseMessage(sid, { priceText: "-0.02" });
  assert.deepEqual(await read(), ["delivered", 2, 20_000n]);
});
