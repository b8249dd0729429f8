import assert from "node:assert/strict";
import fc from "fast-check";
import { parseJsonKeepingNumbers } from "../../../../../core/carriers/json_numbers.ts";
import {
  parseMessagePicture,
  type TelnyxMessageEvent,
  type TelnyxMessagePicture,
} from "../../../../../core/carriers/telnyx/messages/message_event.ts";
import {
  addMessageEvent,
  joinMessageFacts,
  type TelnyxMessageFacts,
} from "../../../../../core/carriers/telnyx/messages/message_facts.ts";
import {
  describeMessageStatus,
  messageReportOf,
  reportOfMessage,
} from "../../../../../core/carriers/telnyx/messages/message_report.ts";

const AT_MS = Date.UTC(2031, 2, 3, 12);

const PAYLOAD = {
  id: "message-1",
  direction: "outbound",
  type: "SMS",
  parts: 2,
  from: { phone_number: "+14155550123", carrier: "Telnyx" },
  to: [{ phone_number: "+16505550199", status: "delivered" }, { phone_number: "+16505550200" }],
  cost: { amount: "0.0082", currency: "USD" },
  text: "private",
  received_at: "2031-03-03T12:00:00.000+00:00",
  sent_at: "2031-03-03T12:00:01.000+00:00",
  completed_at: "2031-03-03T12:00:04.000+00:00",
};

function pictureOf(changes: Record<string, unknown> = {}): TelnyxMessagePicture {
  const json = parseJsonKeepingNumbers(JSON.stringify({ ...PAYLOAD, ...changes }));
  const parsed = parseMessagePicture(json.status === "parsed" ? json.value : null);
  if (parsed.status === "unreadable") throw new Error(parsed.reason);
  return parsed.picture;
}

let count = 0;

function event(
  kind: TelnyxMessageEvent["kind"],
  { atSeconds = 0, eventId = `event-${count++}`, ...changes }: Record<string, unknown> & {
    atSeconds?: number;
    eventId?: string;
  } = {},
): TelnyxMessageEvent {
  const occurredAtMs = AT_MS + atSeconds * 1_000;
  return { eventId, kind, occurredAtMs, message: pictureOf(changes) };
}

function factsOf(...events: TelnyxMessageEvent[]): TelnyxMessageFacts {
  const facts = events.reduce<TelnyxMessageFacts | null>(addMessageEvent, null);
  if (!facts) throw new Error("no events");
  return facts;
}

const reportOfEvents = (...events: TelnyxMessageEvent[]) => messageReportOf(factsOf(...events));

Deno.test("a finalized message has a status, a price, segments and instants", () => {
  const report = reportOfEvents(event("message.finalized", { atSeconds: 5 }));
  assert.deepEqual({ ...report, record: null }, {
    carrierMessageId: "message-1",
    direction: "outbound",
    from: "+14155550123",
    to: "+16505550199",
    segments: 2,
    status: "delivered",
    costMicros: 8_200n,
    costText: "0.0082",
    costCurrency: "USD",
    sentAtMs: AT_MS + 1_000,
    finalizedAtMs: AT_MS + 4_000,
    isFinal: true,
    fault: null,
    record: null,
  });
  assert.equal(report.record.recipients, "2");
  assert.ok(!JSON.stringify(report.record).includes("private"));
});

Deno.test("finalized before sent is the same as after it", () => {
  const sent = event("message.sent", {
    cost: null,
    to: [{ phone_number: "+16505550199", status: "sent" }],
    completed_at: null,
  });
  const finalized = event("message.finalized", { atSeconds: 5, sent_at: null });
  const report = reportOfEvents(finalized, sent);
  assert.deepEqual(report, reportOfEvents(sent, finalized));
  assert.deepEqual([report.status, report.isFinal, report.sentAtMs], [
    "delivered",
    true,
    AT_MS + 1_000,
  ]);
});

Deno.test("a sent message shows its price and is not final", () => {
  const report = reportOfEvents(event("message.sent"));
  assert.deepEqual([report.isFinal, report.finalizedAtMs, report.costMicros], [
    false,
    null,
    8_200n,
  ]);
});

Deno.test("a final message without a price has none, whatever sent told before", () => {
  const report = reportOfEvents(event("message.sent"), event("message.finalized", { cost: null }));
  assert.deepEqual([report.isFinal, report.costMicros, report.costCurrency, report.fault], [
    true,
    null,
    null,
    null,
  ]);
});

Deno.test("a later finalized without a price does not take the price back", () => {
  const report = reportOfEvents(
    event("message.finalized", { atSeconds: 5 }),
    event("message.finalized", {
      atSeconds: 9,
      cost: null,
      to: [{ phone_number: "+16505550199", status: "delivery_failed" }],
    }),
  );
  assert.deepEqual([report.status, report.costMicros], ["failed", 8_200n]);
});

Deno.test("an inbound message is final at once, at zero when it says so", () => {
  const report = reportOfEvents(event("message.received", {
    direction: "inbound",
    to: [{ phone_number: "+16505550199", status: "webhook_delivered" }],
    cost: { amount: "0.0000", currency: "USD" },
    sent_at: null,
    completed_at: null,
  }));
  assert.deepEqual(
    [report.direction, report.status, report.isFinal, report.costMicros, report.sentAtMs],
    ["inbound", "received", true, 0n, AT_MS],
  );
});

const PRICES: readonly [cost: unknown, micros: bigint | null, fault: string | null][] = [
  [{ amount: "1.687E-4", currency: "EUR" }, 169n, null],
  [{ amount: 0.0082, currency: "USD" }, 8_200n, null],
  [{ amount: "0", currency: "USD" }, 0n, null],
  [null, null, null],
  [undefined, null, null],
  [{ amount: "-0.01", currency: "USD" }, null, "bad_price"],
  [{ amount: "free", currency: "USD" }, null, "bad_price"],
  [{ amount: null, currency: "USD" }, null, "bad_price"],
  [{ amount: "0.01" }, null, "bad_price"],
  [{ amount: "0.01", currency: "dollars" }, null, "bad_price"],
  ["0.01", null, "bad_price"],
];

for (const [cost, micros, fault] of PRICES) {
  Deno.test(`a message's price ${JSON.stringify(cost)} is ${micros}, fault ${fault}`, () => {
    const report = reportOfEvents(event("message.finalized", { cost }));
    assert.deepEqual([report.costMicros, report.fault], [micros, fault]);
  });
}

Deno.test("a message is read with its members missing or of other types", () => {
  const report = reportOfEvents(event("message.finalized", {
    from: "x",
    to: {},
    parts: "two",
    errors: 7,
    tags: null,
    sent_at: "yesterday",
    received_at: null,
    completed_at: 7,
  }));
  assert.deepEqual([report.from, report.to, report.segments], ["", "", null]);
  assert.deepEqual([report.sentAtMs, report.status, report.isFinal], [AT_MS, "unknown", true]);
});

Deno.test("a message asked for by id is final when its status is a last one", () => {
  const rows: [string, boolean][] = [
    ["queued", false],
    ["sending", false],
    ["sent", false],
    ["delivered", true],
    ["delivery_unconfirmed", true],
    ["sending_failed", true],
    ["a_word_to_come", false],
  ];
  for (const [status, isFinal] of rows) {
    const picture = pictureOf({ to: [{ phone_number: "+16505550199", status }] });
    assert.equal(reportOfMessage({ picture, atMs: AT_MS }).isFinal, isFinal, status);
  }
});

Deno.test("both vocabularies of status are known", () => {
  const words = ["dlr_unconfirmed", "dlr_timeout", "gw_timeout", "gw_reject", "failed", "received"];
  assert.deepEqual(words.map(describeMessageStatus), [
    "unconfirmed",
    "unconfirmed",
    "failed",
    "failed",
    "failed",
    "received",
  ]);
});

const anyEvent = fc.record({
  kind: fc.constantFrom("message.sent", "message.finalized"),
  atSeconds: fc.integer({ min: 0, max: 3 }),
  eventId: fc.uuid(),
  cost: fc.constantFrom(null, PAYLOAD.cost, { amount: "1E-3", currency: "EUR" }),
  status: fc.constantFrom("sent", "delivered", "delivery_failed"),
}).map(({ kind, atSeconds, eventId, cost, status }) =>
  event(kind as "message.sent", {
    atSeconds,
    eventId,
    cost,
    to: [{ phone_number: "+16505550199", status }],
  })
);

const histories = fc.uniqueArray(anyEvent, {
  selector: ({ eventId }) => eventId,
  minLength: 1,
  maxLength: 6,
});

Deno.test("facts and report of a message depend on the set of its events: 1000 histories", () => {
  const endOf = (events: TelnyxMessageEvent[]) => {
    const facts = factsOf(...events);
    return [JSON.stringify(facts), messageReportOf(facts)];
  };
  const shuffled = histories.chain((events) =>
    fc.tuple(
      fc.constant(events),
      fc.shuffledSubarray(events, { minLength: events.length }),
      fc.subarray(events),
    )
  );
  fc.assert(
    fc.property(shuffled, ([events, order, again]) => {
      assert.deepEqual(endOf([...again, ...order, ...again]), endOf(events));
    }),
    { numRuns: 1_000 },
  );
});

Deno.test("joining what is known of a message is commutative, associative and idempotent", () => {
  const facts = histories.map((events) => factsOf(...events));
  fc.assert(
    fc.property(facts, facts, facts, (a, b, c) => {
      assert.deepEqual(joinMessageFacts(a, b), joinMessageFacts(b, a));
      assert.deepEqual(
        joinMessageFacts(joinMessageFacts(a, b), c),
        joinMessageFacts(a, joinMessageFacts(b, c)),
      );
      assert.deepEqual(joinMessageFacts(a, a), a);
    }),
    { numRuns: 500 },
  );
});

Deno.test("facts of two messages do not join, and a record stays below 2 KiB", () => {
  const other = event("message.sent", { id: "message-2" });
  assert.throws(() => addMessageEvent(factsOf(event("message.sent")), other), /two messages/);
  const long = "€".repeat(500);
  const { record } = reportOfEvents(event("message.sent", {
    type: long,
    direction: long,
    messaging_profile_id: long,
    tags: [long, long],
    errors: [{ code: long }],
    from: { phone_number: long },
    to: [{ phone_number: long, status: long, carrier: long }],
    cost: { amount: long, currency: long },
  }));
  const size = new TextEncoder().encode(JSON.stringify(record)).length;
  assert.ok(size < 2_048, `${size} bytes`);
});
