import assert from "node:assert/strict";
import type { TelnyxCallEvent } from "../../../../../core/carriers/telnyx/calls/call_event.ts";
import { reportOf } from "../../../../../core/carriers/telnyx/calls/call_report.ts";
import { answered, bridged, cost, factsOf, hangup, initiated, START_MS } from "./call_events.ts";

const b = (atSeconds: number) => ({ atSeconds, leg: "leg-b" });

type Row = [
  why: string,
  events: TelnyxCallEvent[],
  status: string,
  isFinal: boolean,
  seconds: number | null,
  needsDetailRecords: boolean,
];

const COURSES: readonly Row[] = [
  ["only initiated", [initiated({ atSeconds: 0 })], "in_progress", false, null, false],
  [
    "answered and going on",
    [initiated({ atSeconds: 0 }), answered({ atSeconds: 15 })],
    "in_progress",
    false,
    null,
    false,
  ],
  [
    "from the answer, not from the start",
    [initiated({ atSeconds: 0 }), answered({ atSeconds: 15.62 }), hangup({ atSeconds: 22.4 })],
    "completed",
    true,
    7,
    false,
  ],
  [
    "exactly a minute stays a minute",
    [answered({ atSeconds: 5 }), hangup({ atSeconds: 65 })],
    "completed",
    true,
    60,
    false,
  ],
  [
    "a millisecond more is a second more",
    [answered({ atSeconds: 5 }), hangup({ atSeconds: 65.001 })],
    "completed",
    true,
    61,
    false,
  ],
  [
    "answered and hung up at once",
    [answered({ atSeconds: 5 }), hangup({ atSeconds: 5 })],
    "completed",
    true,
    0,
    false,
  ],
  [
    "an answer that is lost",
    [initiated({ atSeconds: 0 }), hangup({ atSeconds: 30 })],
    "completed",
    false,
    null,
    true,
  ],
  [
    "an answer that is lost, hung up by the time limit",
    [initiated({ atSeconds: 0 }), hangup({ atSeconds: 30, cause: "time_limit" })],
    "completed",
    false,
    null,
    true,
  ],
  [
    "a cause nobody knows",
    [initiated({ atSeconds: 0 }), hangup({ atSeconds: 30, cause: "solar_flare" })],
    "completed",
    false,
    null,
    true,
  ],
  [
    "a cause nobody told",
    [initiated({ atSeconds: 0 }), hangup({ atSeconds: 30, cause: null })],
    "completed",
    false,
    null,
    true,
  ],
  [
    "bridged without an answer",
    [bridged({ atSeconds: 3 }), hangup({ atSeconds: 30, cause: "no_answer" })],
    "completed",
    false,
    null,
    true,
  ],
  [
    "cleared by a SIP error: nobody was on the line",
    [initiated({ atSeconds: 0 }), hangup({ atSeconds: 30, sipCause: "487" })],
    "failed",
    true,
    0,
    false,
  ],
  [
    "a price without a hangup",
    [initiated({ atSeconds: 0 }), answered({ atSeconds: 1 }), cost({ atSeconds: 9 })],
    "in_progress",
    false,
    null,
    true,
  ],
  [
    "the longest of two legs",
    [
      initiated({ atSeconds: 0 }),
      answered({ atSeconds: 2 }),
      hangup({ atSeconds: 80 }),
      initiated(b(3)),
      answered(b(10)),
      hangup(b(79)),
    ],
    "completed",
    true,
    78,
    false,
  ],
  [
    "a leg that goes on keeps the call open",
    [
      initiated({ atSeconds: 0 }),
      answered({ atSeconds: 2 }),
      hangup({ atSeconds: 80 }),
      initiated(b(3)),
    ],
    "in_progress",
    false,
    null,
    false,
  ],
  [
    "a second leg that nobody answered",
    [
      initiated({ atSeconds: 0 }),
      answered({ atSeconds: 2 }),
      hangup({ atSeconds: 80 }),
      initiated(b(3)),
      hangup({ ...b(20), cause: "no_answer" }),
    ],
    "completed",
    true,
    78,
    false,
  ],
  [
    "a lost answer on a leg that cannot have been the longest",
    [
      initiated({ atSeconds: 0 }),
      answered({ atSeconds: 2 }),
      hangup({ atSeconds: 80 }),
      initiated(b(3)),
      hangup(b(79)),
    ],
    "completed",
    true,
    78,
    false,
  ],
  [
    "a lost answer on a leg that can at most have been as long",
    [
      initiated({ atSeconds: 0 }),
      answered({ atSeconds: 2 }),
      hangup({ atSeconds: 80 }),
      initiated(b(1)),
      hangup(b(79)),
    ],
    "completed",
    true,
    78,
    false,
  ],
  [
    "a lost answer on a leg that can have been the longest",
    [
      initiated({ atSeconds: 0 }),
      answered({ atSeconds: 2 }),
      hangup({ atSeconds: 80 }),
      initiated(b(1)),
      hangup(b(79.001)),
    ],
    "completed",
    false,
    null,
    true,
  ],
];

for (const [why, events, status, isFinal, seconds, needsDetailRecords] of COURSES) {
  Deno.test(`reportOf(): ${why}`, () => {
    const picture = reportOf(factsOf(...events));
    const { report } = picture;
    assert.deepEqual(
      [report?.status, report?.isFinal, report?.durationSeconds, picture.needsDetailRecords],
      [status, isFinal, seconds, needsDetailRecords],
    );
    assert.equal(report?.endedAtMs === null, !isFinal);
    assert.equal(report?.fault, null);
    assert.equal(report?.record.status, status);
    assert.equal(report?.record.talk_seconds, seconds === null ? null : String(seconds));
  });
}

const UNANSWERED: readonly [cause: string, status: string][] = [
  ["no_answer", "no_answer"],
  ["timeout", "no_answer"],
  ["user_busy", "busy"],
  ["originator_cancel", "canceled"],
  ["call_rejected", "failed"],
  ["not_found", "failed"],
];

for (const [cause, status] of UNANSWERED) {
  Deno.test(`reportOf(): nobody answered, ${cause}`, () => {
    const facts = factsOf(initiated({ atSeconds: 0 }), hangup({ atSeconds: 30, cause }));
    const { report, needsDetailRecords } = reportOf(facts);
    assert.deepEqual(
      [report?.status, report?.isFinal, report?.durationSeconds, report?.answeredAtMs],
      [status, true, 0, null],
    );
    assert.equal(needsDetailRecords, false);
  });
}

Deno.test("reportOf() counts an answer whatever the hangup says of it", () => {
  const facts = factsOf(
    answered({ atSeconds: 1 }),
    hangup({ atSeconds: 31, cause: "originator_cancel", sipCause: "487" }),
  );
  const { report } = reportOf(facts);
  assert.deepEqual([report?.status, report?.durationSeconds], ["completed", 30]);
});

Deno.test("reportOf() names parties, direction, instants and ids of the first leg", () => {
  const { report } = reportOf(factsOf(
    { ...initiated(b(3)), from: "+37250000001", to: "+37250000002" },
    answered(b(5)),
    hangup(b(70)),
    initiated({ atSeconds: 0, direction: "inbound" }),
    answered({ atSeconds: 2 }),
    hangup({ atSeconds: 71 }),
  ));
  assert.deepEqual(
    { ...report, record: null },
    {
      carrier: "telnyx",
      carrierCallId: "session-1",
      direction: "inbound",
      from: "+12025550100",
      to: "+37251234567",
      status: "completed",
      isFinal: true,
      startedAtMs: START_MS,
      answeredAtMs: START_MS + 2_000,
      endedAtMs: START_MS + 71_000,
      durationSeconds: 69,
      costMicros: null,
      costCurrency: null,
      claimedAccountId: null,
      fault: null,
      record: null,
    },
  );
  assert.equal(report?.record.call_control_id, "v3:leg-a");
  assert.equal(report?.record.legs, "2");
  assert.ok(JSON.stringify(report?.record).length < 2_048);
});

Deno.test("without call.initiated the direction is open and the start is start_time", () => {
  const facts = factsOf(answered({ atSeconds: 90 }), hangup({ atSeconds: 120 }));
  const { report } = reportOf(facts);
  assert.deepEqual([report?.direction, report?.startedAtMs], [null, START_MS]);
  const late = reportOf(factsOf({ ...hangup({ atSeconds: 120 }), startTimeMs: null }));
  assert.equal(late.report?.startedAtMs, START_MS + 120_000);
});

Deno.test("a call known by its price alone is not reported yet", () => {
  assert.deepEqual(reportOf(factsOf(cost({ atSeconds: 9 }))), {
    report: null,
    needsDetailRecords: true,
  });
});

Deno.test("a hangup before the answer, or a week after it, is a fault and never final", () => {
  const rows: [number, string | null][] = [
    [9, "negative_duration"],
    [10, null],
    [10 + 7 * 86_400, null],
    [10 + 7 * 86_400 + 1, "absurd_duration"],
  ];
  for (const [atSeconds, fault] of rows) {
    const { report } = reportOf(factsOf(answered({ atSeconds: 10 }), hangup({ atSeconds })));
    assert.deepEqual([report?.fault, report?.isFinal], [fault, fault === null]);
  }
});

Deno.test("the cost is there once every leg has told its own", () => {
  const events = [
    answered({ atSeconds: 1 }),
    hangup({ atSeconds: 9 }),
    answered(b(2)),
    hangup(b(8)),
  ];
  const one = reportOf(factsOf(...events, cost({ atSeconds: 20 }))).report;
  assert.deepEqual([one?.costMicros, one?.record.cost_state], [null, "partial"]);
  const all = reportOf(factsOf(...events, cost({ atSeconds: 20 }), cost(b(20)))).report;
  assert.deepEqual(
    [all?.costMicros, all?.costCurrency, all?.record.cost, all?.record.rate],
    [13_600n, "USD", "0.0136", "0.0136"],
  );
});

Deno.test("whatever changes the report changes its record", () => {
  const events = [
    initiated({ atSeconds: 0 }),
    answered({ atSeconds: 1 }),
    hangup({ atSeconds: 9 }),
    cost({ atSeconds: 12 }),
    initiated({ ...b(2), direction: "inbound" }),
    answered(b(3)),
    hangup(b(44)),
    cost(b(50)),
  ];
  const reports = new Map<string, string>();
  const write = (value: unknown) =>
    JSON.stringify(value, (_key, member) => typeof member === "bigint" ? `${member}n` : member);
  for (let choice = 1; choice < 2 ** events.length; choice++) {
    const chosen = events.filter((_, i) => choice & (1 << i));
    const { report } = reportOf(factsOf(...chosen));
    if (!report) continue;
    const { record, ...rest } = report;
    const known = reports.get(write(record));
    assert.equal(known ?? write(rest), write(rest));
    reports.set(write(record), write(rest));
  }
  assert.ok(reports.size > 40, String(reports.size));
});
