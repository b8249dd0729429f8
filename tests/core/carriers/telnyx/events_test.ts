import assert from "node:assert/strict";
import { parseTelnyxEvent } from "../../../../core/carriers/telnyx/events.ts";
import vectors from "../../../fixtures/telnyx_signature_vectors.json" with { type: "json" };

const bodyOf = (name: string) =>
  vectors.vectors.find((vector) => vector.name === name)?.raw_body ?? "";

const IDS = {
  call_control_id: "v3:abc_d-e",
  call_leg_id: "5d0c7a10-b6f1-11f1-9a51-02420a0d1f68",
  call_session_id: "5d0c76d2-b6f1-11f1-b3c4-02420a0d1f68",
  connection_id: "1900000000000000001",
  client_state: null,
};

function event(kind: unknown, payload: unknown, changes: Record<string, unknown> = {}): string {
  const data = {
    record_type: "event",
    event_type: kind,
    id: "event-1",
    occurred_at: "2026-11-03T10:00:49.250000Z",
    payload,
    ...changes,
  };
  return JSON.stringify({ data });
}

/** The call event of a text; throws when it is none. */
function callEventOf(text: string) {
  const outcome = parseTelnyxEvent(text);
  if (outcome.status !== "call_event") throw new Error(JSON.stringify(outcome));
  return outcome.event;
}

Deno.test("parseTelnyxEvent() reads the hangup of the vectors", () => {
  assert.deepEqual(callEventOf(bodyOf("01-call-hangup")), {
    eventId: "7b1f0f3e-6f0a-4a53-9d1c-2f6b1d6c9a01",
    occurredAtMs: Date.UTC(2026, 10, 3, 10, 0, 49, 250),
    sessionId: "5d0c76d2-b6f1-11f1-b3c4-02420a0d1f68",
    legId: "5d0c7a10-b6f1-11f1-9a51-02420a0d1f68",
    callControlId: "v3:TestVectorCallControlId0000000000000000000000000000000",
    connectionId: "1900000000000000001",
    from: "+14155550123",
    to: "+16505550199",
    startTimeMs: Date.UTC(2026, 10, 3, 9, 59, 40, 100),
    kind: "call.hangup",
    hangup: { cause: "normal_clearing", source: "caller", sipCause: "200" },
  });
});

Deno.test("parseTelnyxEvent() reads the cost of the vectors, decimals as they are", () => {
  const event = callEventOf(bodyOf("02-call-cost"));
  assert.deepEqual(event.kind === "call.cost" && [event.from, event.startTimeMs, event.cost], [
    null,
    null,
    {
      status: "success",
      totalText: "0.0068",
      billedSeconds: 60,
      parts: [
        {
          part: "sip-trunking",
          rateText: "0.0050",
          costText: "0.0050",
          currency: "USD",
          billedSeconds: 60,
        },
        {
          part: "call-control",
          rateText: "0.00180",
          costText: "0.0018",
          currency: "USD",
          billedSeconds: 60,
        },
      ],
    },
  ]);
});

Deno.test("parseTelnyxEvent() reads the message of the vectors and keeps none of its text", () => {
  const outcome = parseTelnyxEvent(bodyOf("03-message-finalized-utf8"));
  if (outcome.status !== "message_event") throw new Error(outcome.status);
  const { message } = outcome.event;
  assert.deepEqual(
    [message.messageId, message.from, message.to, message.segments, message.costText],
    ["0c6d6f3b-5c1f-4f3a-8d53-2f0f5f0f9a10", "+14155550123", "+16505550199", 2, "0.0082"],
  );
  assert.deepEqual([message.costCurrency, message.toStatus], ["USD", "delivered"]);
  assert.equal(outcome.event.occurredAtMs, Date.UTC(2026, 10, 3, 10, 2, 14, 148));
  assert.ok(!JSON.stringify(outcome).includes("Olé"));
});

Deno.test("parseTelnyxEvent() reads both words for a direction, and none for others", () => {
  const rows: [unknown, unknown][] = [
    ["incoming", "inbound"],
    ["outgoing", "outbound"],
    ["sideways", null],
    [undefined, null],
  ];
  for (const [direction, expected] of rows) {
    const event_ = callEventOf(event("call.initiated", { ...IDS, direction }));
    assert.equal(event_.kind === "call.initiated" && event_.direction, expected);
  }
});

Deno.test("parseTelnyxEvent() reads parties that are SIP addresses, names or nothing", () => {
  const rows: [unknown, string | null][] = [
    ["+14155550123", "+14155550123"],
    ["sip:+14155550123@sip.example.test", "+14155550123"],
    ["sip:agent7@sip.example.test", "sip:agent7@sip.example.test"],
    ["anonymous", "anonymous"],
    ["", null],
    [undefined, null],
    [{}, null],
  ];
  for (const [from, expected] of rows) {
    assert.equal(callEventOf(event("call.answered", { ...IDS, from })).from, expected);
  }
});

const COSTS: readonly [why: string, payload: Record<string, unknown>, expected: unknown][] = [
  ["an error", { status: "error", total_cost: null, billed_duration_secs: null }, {
    status: "error",
    totalText: null,
    billedSeconds: null,
    parts: [],
  }],
  ["an exponent", { status: "success", total_cost: "1.687E-4" }, {
    status: "success",
    totalText: "1.687E-4",
    billedSeconds: null,
    parts: [],
  }],
  ["a total that is no decimal", { status: "success", total_cost: "free" }, {
    status: "success",
    totalText: null,
    billedSeconds: null,
    parts: null,
  }],
  ["too many parts", { status: "success", cost_parts: Array(13).fill({ cost: "1" }) }, {
    status: "success",
    totalText: null,
    billedSeconds: null,
    parts: null,
  }],
  ["parts that are no list", { status: "success", cost_parts: {} }, {
    status: "success",
    totalText: null,
    billedSeconds: null,
    parts: null,
  }],
];

for (const [why, payload, expected] of COSTS) {
  Deno.test(`parseTelnyxEvent(): a cost with ${why}`, () => {
    const read = callEventOf(event("call.cost", { ...IDS, ...payload }));
    assert.deepEqual(read.kind === "call.cost" && read.cost, expected);
  });
}

Deno.test("a JSON number keeps its text", () => {
  const text = event("call.cost", { ...IDS, status: "success", total_cost: "@" })
    .replace('"@"', "0.10000000000000001");
  const read = callEventOf(text);
  assert.equal(read.kind === "call.cost" && read.cost.totalText, "0.10000000000000001");
});

const OTHERS = [
  "call.hold",
  "call.recording.saved",
  "call.machine.detection.ended",
  "streaming.started",
  "conference.created",
  "message.read",
  "call.something.to.come",
];

for (const kind of OTHERS) {
  Deno.test(`parseTelnyxEvent(): ${kind} is another event, whatever else it holds`, () => {
    const outcome = parseTelnyxEvent(event(kind, undefined, { occurred_at: 7 }));
    assert.deepEqual(outcome, { status: "other_event", kind, eventId: "event-1" });
  });
}

const UNREADABLE: readonly [why: string, text: string, reason: string, eventId: string | null][] = [
  ["an empty body", "", "not JSON", null],
  ["a cut body", '{"data":{"id":"e', "not JSON", null],
  ["null", "null", "no data: not an event of API version 2", null],
  ["a list", "[]", "no data: not an event of API version 2", null],
  [
    "the shape of the debugging views",
    '{"metadata":{"event":{}},"name":"call.hangup"}',
    "no data: not an event of API version 2",
    null,
  ],
  [
    "webhook_id instead of id",
    event("call.hangup", IDS, { id: undefined, webhook_id: "event-1" }),
    "no usable data.id",
    null,
  ],
  ["an id that is a number", event("call.hangup", IDS, { id: 7 }), "no usable data.id", null],
  ["an id beyond its bounds", event("x", IDS, { id: "a b" }), "no usable data.id", null],
  ["no kind", event(undefined, IDS), "no usable data.event_type", "event-1"],
  ["a kind that is no word", event("a b\n", IDS), "no usable data.event_type", "event-1"],
  [
    "no zone",
    event("call.hangup", IDS, { occurred_at: "2026-11-03T10:00:49" }),
    "data.occurred_at is not an instant with a zone",
    "event-1",
  ],
  [
    "a leap second",
    event("call.hangup", IDS, { occurred_at: "2026-12-31T23:59:60Z" }),
    "data.occurred_at is not an instant with a zone",
    "event-1",
  ],
  ["no payload", event("call.hangup", null), "no payload", "event-1"],
  [
    "no session",
    event("call.hangup", { ...IDS, call_session_id: undefined }),
    "no usable call_session_id",
    "event-1",
  ],
  [
    "no leg",
    event("call.hangup", { ...IDS, call_leg_id: null }),
    "no usable call_leg_id",
    "event-1",
  ],
  [
    "a cost of an unknown state",
    event("call.cost", { ...IDS, status: "pending" }),
    "status of the cost is not as documented",
    "event-1",
  ],
  ["no message", event("message.sent", null), "no payload", "event-1"],
  ["no id of a message", event("message.sent", {}), "no usable id of a message", "event-1"],
];

for (const [why, text, reason, eventId] of UNREADABLE) {
  Deno.test(`parseTelnyxEvent(): ${why} is unreadable`, () => {
    assert.deepEqual(parseTelnyxEvent(text), { status: "unreadable", reason, eventId });
  });
}
