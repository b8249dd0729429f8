import assert from "node:assert/strict";
import fc from "fast-check";
import type { TelnyxCallEvent } from "../../../../../core/carriers/telnyx/calls/call_event.ts";
import {
  addEvent,
  joinFacts,
  LEGS_MAX,
  type TelnyxCallFacts,
} from "../../../../../core/carriers/telnyx/calls/call_facts.ts";
import { costOfFacts } from "../../../../../core/carriers/telnyx/calls/call_cost.ts";
import { reportOf } from "../../../../../core/carriers/telnyx/calls/call_report.ts";
import { answered, bridged, cost, factsOf, hangup, initiated } from "./call_events.ts";

const legs = ["leg-a", "leg-b", "leg-c"];
const place = fc.record({
  // Few instants, so that ties are common.
  atSeconds: fc.integer({ min: 0, max: 6 }),
  leg: fc.constantFrom(...legs),
  eventId: fc.uuid(),
});
const causes = ["normal_clearing", "no_answer", "user_busy", "unspecified", "time_limit"];

/** Any event, also one that contradicts others of its leg. */
const anyEvent: fc.Arbitrary<TelnyxCallEvent> = fc.oneof(
  fc.tuple(place, fc.constantFrom("inbound", "outbound")).map(([at, direction]) =>
    initiated({ ...at, direction: direction as "inbound" })
  ),
  place.map(answered),
  place.map(bridged),
  fc.tuple(place, fc.constantFrom(...causes)).map(([at, cause]) => hangup({ ...at, cause })),
  fc.tuple(place, fc.constantFrom("success", "error")).map(([at, status]) =>
    cost({ ...at, cost: { status: status as "success" } })
  ),
).chain((event) =>
  fc.tuple(fc.constantFrom("+12025550100", null), fc.constantFrom("v3:x", "v3:y", null)).map(
    ([from, callControlId]) => ({ ...event, from, callControlId }),
  )
);

const histories = fc.uniqueArray(anyEvent, {
  selector: ({ eventId }) => eventId,
  minLength: 1,
  maxLength: 12,
});

/** One text for everything that follows from a set of events. */
function endOf(events: readonly TelnyxCallEvent[]): string {
  const facts = factsOf(...events);
  const write = (value: unknown) =>
    JSON.stringify(value, (_key, member) => typeof member === "bigint" ? `${member}n` : member);
  return write([facts, reportOf(facts), costOfFacts(facts)]);
}

function permutations<Item>(items: readonly Item[]): Item[][] {
  if (items.length <= 1) return [[...items]];
  return items.flatMap((item, i) =>
    permutations(items.toSpliced(i, 1)).map((rest) => [item, ...rest])
  );
}

Deno.test("facts, report and cost depend on the set of events alone: 2000 shuffled histories", () => {
  const shuffled = histories.chain((events) =>
    fc.tuple(
      fc.constant(events),
      // Each at least once, in any order, some again.
      fc.shuffledSubarray(events, { minLength: events.length }),
      fc.array(fc.nat(events.length - 1), { maxLength: 8 }),
    )
  );
  fc.assert(
    fc.property(shuffled, ([events, order, again]) => {
      const repeated = again.reduce(
        (list, i) => list.toSpliced(i, 0, events[i] as TelnyxCallEvent),
        order,
      );
      assert.equal(endOf(repeated), endOf(events));
    }),
    { numRuns: 2_000 },
  );
});

Deno.test("every permutation of a bridged call with prices comes to the same end", () => {
  const events = [
    initiated({ atSeconds: 0, direction: "inbound" }),
    answered({ atSeconds: 2 }),
    initiated({ atSeconds: 3, leg: "leg-b" }),
    answered({ atSeconds: 5, leg: "leg-b" }),
    hangup({ atSeconds: 65, leg: "leg-b" }),
    hangup({ atSeconds: 66 }),
    cost({ atSeconds: 70 }),
  ];
  const ends = new Set(permutations(events).map(endOf));
  assert.equal(ends.size, 1);
});

Deno.test("joining is commutative, associative and idempotent: 1500 triples", () => {
  const facts = histories.map((events) => factsOf(...events));
  fc.assert(
    fc.property(facts, facts, facts, (a, b, c) => {
      const text = (value: TelnyxCallFacts) => JSON.stringify(value);
      assert.equal(text(joinFacts(a, b)), text(joinFacts(b, a)));
      assert.equal(text(joinFacts(joinFacts(a, b), c)), text(joinFacts(a, joinFacts(b, c))));
      assert.equal(text(joinFacts(a, a)), text(a));
    }),
    { numRuns: 1_500 },
  );
});

Deno.test("events of one id and two contents still come to one end", () => {
  const one = hangup({ atSeconds: 9, eventId: "same", cause: "user_busy" });
  const other = hangup({ atSeconds: 9, eventId: "same", cause: "no_answer" });
  assert.equal(endOf([one, other]), endOf([other, one]));
});

Deno.test("facts are JSON: text, whole numbers, null", () => {
  fc.assert(
    fc.property(histories, (events) => {
      const facts = factsOf(...events);
      assert.deepEqual(JSON.parse(JSON.stringify(facts)), facts);
    }),
    { numRuns: 200 },
  );
});

Deno.test("of a leg's events the first of each kind counts, and the latest price", () => {
  const facts = factsOf(
    answered({ atSeconds: 7 }),
    answered({ atSeconds: 5, eventId: "first-answer" }),
    cost({ atSeconds: 90, eventId: "z", cost: { totalText: "1" } }),
    cost({ atSeconds: 95, eventId: "a", cost: { totalText: "2" } }),
    cost({ atSeconds: 95, eventId: "b", cost: { totalText: "3" } }),
  );
  assert.equal(facts.legs[0]?.answered?.eventId, "first-answer");
  assert.equal(facts.legs[0]?.cost?.totalText, "3");
});

Deno.test("more legs than are kept leave the same ones, whatever the order", () => {
  const events = Array.from({ length: LEGS_MAX + 5 }, (_, i) => [
    initiated({ atSeconds: i, leg: `leg-${String(i).padStart(2, "0")}` }),
    hangup({ atSeconds: i + 9, leg: `leg-${String(i).padStart(2, "0")}` }),
  ]).flat();
  const facts = factsOf(...events);
  assert.equal(facts.legs.length, LEGS_MAX);
  assert.equal(facts.hasMoreLegs, true);
  assert.equal(endOf(events.toReversed()), endOf(events));
  assert.equal(endOf([...events, ...events.slice(0, 9)]), endOf(events));
  const { report, needsDetailRecords } = reportOf(facts);
  assert.deepEqual([report?.isFinal, needsDetailRecords], [false, true]);
});

Deno.test("the largest facts fit into a value of 60 KiB", () => {
  const part = {
    part: "p".repeat(32),
    rateText: "1".repeat(24),
    costText: "1".repeat(24),
    currency: "USD",
    billedSeconds: 999_999_999,
  };
  const events = Array.from({ length: LEGS_MAX }, (_, i) => {
    const leg = `${i}`.padEnd(64, "x");
    const wide = {
      leg,
      atSeconds: 1,
      eventId: "e".repeat(64),
    };
    return [
      initiated(wide),
      answered(wide),
      bridged(wide),
      hangup({ ...wide, cause: "c".repeat(32), sipCause: "s".repeat(16) }),
      cost({ ...wide, cost: { parts: Array(12).fill(part), totalText: "1".repeat(24) } }),
    ].map((event) => ({
      ...event,
      from: event.from && "€".repeat(64),
      to: event.to && "€".repeat(64),
      callControlId: "v".repeat(160),
      connectionId: "1".repeat(32),
    }));
  }).flat();
  const sizeOf = (value: unknown) => new TextEncoder().encode(JSON.stringify(value)).length;
  const facts = factsOf(...events);
  const record = sizeOf(reportOf(facts).report?.record);
  assert.ok(record < 2_048, `${record} bytes of record`);
  const size = sizeOf(facts);
  assert.ok(size < 60 * 1024, `${size} bytes`);
  assert.ok(size > 40 * 1024, `${size} bytes: more legs would fit`);
});

Deno.test("an event of another call is a mistake", () => {
  const other = { ...answered({ atSeconds: 1 }), sessionId: "session-2" };
  assert.throws(() => addEvent(factsOf(initiated({ atSeconds: 0 })), other), /two calls/);
});
