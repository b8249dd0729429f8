import assert from "node:assert/strict";
import fc from "fast-check";
import {
  CALLBACK_NAME_LENGTH_MAX,
  CALLBACK_PARAMETERS_MAX,
  CALLBACK_VALUE_LENGTH_MAX,
  parseTwilioCallback,
} from "../../../../core/carriers/twilio/callbacks.ts";
import vectors from "../../../fixtures/twilio_signature_vectors.json" with { type: "json" };

const parse = (text: string) => parseTwilioCallback(new TextEncoder().encode(text));

Deno.test("parseTwilioCallback() reads the documented final callback", () => {
  assert.deepEqual(parse(vectors.vectors[0]?.raw_body ?? ""), {
    status: "call_status",
    callback: {
      callSid: "CAaa11bb22cc33dd44ee55ff6600778899",
      accountSid: "AC1b2c3d4e5f60718293a4b5c6d7e8f901",
      parentCallSid: null,
      status: "completed",
      from: "+14155550123",
      to: "+16505550199",
      direction: "outbound-api",
      durationSeconds: 49,
      durationFault: null,
      durationText: "49",
      timestampMs: Date.UTC(2026, 10, 3, 10, 15, 30),
      sequenceNumber: 3,
      sipResponseCode: "200",
    },
  });
});

function call(text: string) {
  const parsed = parse(text);
  if (parsed.status !== "call_status") throw new Error(JSON.stringify(parsed));
  return parsed.callback;
}

Deno.test("parseTwilioCallback() reads what a person sends by hand", () => {
  const { callSid, status, durationSeconds, from, to, timestampMs } = call(
    "CallSid=TEST123&CallDuration=60&CallStatus=completed",
  );
  assert.deepEqual([callSid, status, durationSeconds], ["TEST123", "completed", 60]);
  assert.deepEqual([from, to, timestampMs], ["", "", null]);
  const withPlus = call("CallSid=CAxxxx&To=+18886103810&From=+12025550100&CallStatus=completed");
  // A bare + is a space: curl -d sends one.
  assert.deepEqual([withPlus.to, withPlus.from], ["+18886103810", "+12025550100"]);
});

Deno.test("parseTwilioCallback() never takes Duration, which is in minutes, for seconds", () => {
  const { durationSeconds, durationFault } = call("CallSid=C1&CallStatus=completed&Duration=3");
  assert.deepEqual([durationSeconds, durationFault], [null, null]);
});

const DURATIONS: [string, number | null, string | null][] = [
  ["0", 0, null],
  ["604800", 604_800, null],
  ["604801", null, "absurd_duration"],
  ["99999999999999999999", null, "absurd_duration"],
  ["-1", null, "negative_duration"],
  ["1.5", null, "bad_duration"],
  ["1e3", null, "bad_duration"],
  ["NaN", null, "bad_duration"],
  ["", null, null],
];

for (const [text, seconds, fault] of DURATIONS) {
  Deno.test(`parseTwilioCallback(): CallDuration=${text} is ${seconds ?? fault}`, () => {
    const read = call(`CallSid=C1&CallStatus=completed&CallDuration=${text}`);
    assert.deepEqual([read.durationSeconds, read.durationFault], [seconds, fault]);
  });
}

const UNREADABLE: [why: string, text: string, reason: RegExp][] = [
  ["nothing", "", /neither/],
  ["no status", "CallSid=C1", /neither/],
  ["an empty status", "CallSid=C1&CallStatus=", /neither/],
  ["no id", "CallStatus=completed", /CallSid/],
  ["an id that climbs", "CallSid=../x&CallStatus=completed", /CallSid/],
  ["an id of 65", `CallSid=${"a".repeat(65)}&CallStatus=completed`, /CallSid/],
  ["an id beyond ASCII", "CallSid=CA%C3%A9&CallStatus=completed", /CallSid/],
  ["a status that is none", "CallSid=C1&CallStatus=Completed", /CallStatus/],
  ["two ids", "CallSid=C1&CallSid=C2&CallStatus=completed", /CallSid comes with several/],
  [
    "two durations",
    "CallSid=C1&CallStatus=completed&CallDuration=1&CallDuration=9",
    /CallDuration/,
  ],
  ["broken UTF-8", "CallSid=C1&CallStatus=completed&FromCity=%FF", /UTF-8/],
  ["a message status that is none", "MessageSid=SM1&MessageStatus=gone", /MessageStatus/],
  ["a message without a status", "MessageSid=SM1", /MessageStatus/],
  ["a message id that is none", "MessageSid=a%20b&MessageStatus=sent", /MessageSid/],
  ["JSON", '{"CallSid":"C1","CallStatus":"completed"}', /neither/],
];

for (const [why, text, reason] of UNREADABLE) {
  Deno.test(`parseTwilioCallback() cannot read ${why}`, () => {
    const parsed = parse(text);
    assert.equal(parsed.status, "unreadable");
    assert.match(parsed.status === "unreadable" ? parsed.reason : "", reason);
  });
}

Deno.test("parseTwilioCallback() takes 200 parameters and not 201, names of 128, values of 8192", () => {
  const base = "CallSid=C1&CallStatus=completed";
  const more = (count: number) => base + "&x=1".repeat(count - 2);
  const rows: [string, string][] = [
    [more(CALLBACK_PARAMETERS_MAX), "call_status"],
    [more(CALLBACK_PARAMETERS_MAX + 1), "unreadable"],
    [`${base}&${"n".repeat(CALLBACK_NAME_LENGTH_MAX)}=1`, "call_status"],
    [`${base}&${"n".repeat(CALLBACK_NAME_LENGTH_MAX + 1)}=1`, "unreadable"],
    [`${base}&x=${"v".repeat(CALLBACK_VALUE_LENGTH_MAX)}`, "call_status"],
    [`${base}&x=${"v".repeat(CALLBACK_VALUE_LENGTH_MAX + 1)}`, "unreadable"],
  ];
  for (const [text, status] of rows) assert.equal(parse(text).status, status);
});

Deno.test("parseTwilioCallback() lets repeats of the same value and unknown parameters pass", () => {
  assert.equal(call("CallSid=C1&CallSid=C1&CallStatus=ringing&Tag=a&Tag=b").status, "ringing");
});

Deno.test("parseTwilioCallback() reads status callbacks of messages and messages themselves", () => {
  assert.deepEqual(parse(vectors.vectors[3]?.raw_body ?? ""), {
    status: "message_status",
    callback: {
      messageSid: "SM00112233445566778899aabbccddeeff",
      accountSid: "AC1b2c3d4e5f60718293a4b5c6d7e8f901",
      status: "delivered",
      direction: "outbound",
      from: "+14155550123",
      to: "+16505550199",
      segments: null,
      errorCode: null,
    },
  });
  const inbound = parse(vectors.vectors[5]?.raw_body ?? "");
  if (inbound.status !== "message_status") throw new Error(inbound.status);
  assert.deepEqual(
    [inbound.callback.status, inbound.callback.direction, inbound.callback.segments],
    ["received", "inbound", 2],
  );
  const failed = parse("SmsSid=SM1&SmsStatus=failed&ErrorCode=30003");
  if (failed.status !== "message_status") throw new Error(failed.status);
  assert.deepEqual([failed.callback.messageSid, failed.callback.errorCode], ["SM1", "30003"]);
});

Deno.test("parseTwilioCallback() never throws, whatever the bytes", () => {
  const part = fc.constantFrom(
    "CallSid=C1",
    "CallStatus=completed",
    "CallDuration=%",
    "%ff",
    "&",
    "=",
  );
  fc.assert(
    fc.property(
      fc.oneof(
        fc.uint8Array({ maxLength: 200 }),
        fc.array(part).map((parts) => new TextEncoder().encode(parts.join("&"))),
      ),
      (body) => void parseTwilioCallback(body),
    ),
    { numRuns: 300 },
  );
});
