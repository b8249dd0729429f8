import assert from "node:assert/strict";
import fc from "fast-check";
import { SECOND_MS } from "../../../../../core/clock.ts";
import {
  formatRfc2822,
  parseRfc2822,
} from "../../../../../core/carriers/twilio/fields/rfc_2822.ts";

const AT = Date.UTC(2026, 10, 3, 10, 15, 30);

const DATES: readonly [text: string, ms: number | null][] = [
  ["Tue, 03 Nov 2026 10:15:30 +0000", AT],
  ["Tue, 3 Nov 2026 10:15:30 +0000", AT],
  ["03 Nov 2026 10:15:30 +0000", AT],
  ["Tue, 03 Nov 2026 10:15:30 GMT", AT],
  ["Tue, 03 Nov 2026 10:15:30 UTC", AT],
  ["Tue, 03 Nov 2026 12:45:30 +0230", AT],
  ["Tue, 03 Nov 2026 02:15:30 -0800", AT],
  ["Mon, 29 Feb 2028 00:00:00 +0000", null],
  ["Tue, 29 Feb 2028 00:00:00 +0000", Date.UTC(2028, 1, 29)],
  ["Tue, 03 Nov 2026 10:15:30", null],
  ["Tue, 03 Nov 2026 10:15 +0000", null],
  ["Mon, 03 Nov 2026 10:15:30 +0000", null],
  ["Mon, 29 Feb 2027 00:00:00 +0000", null],
  ["Thu, 31 Dec 2026 23:59:60 +0000", null],
  ["Tue, 03 Nov 2026 25:15:30 +0000", null],
  ["Tue, 03 Nov 2026 10:15:30 EST", null],
  ["Tue, 03 Nov 2026 10:15:30 +00:00", null],
  ["tue, 03 nov 2026 10:15:30 +0000", null],
  ["Tue, 03 Nov 26 10:15:30 +0000", null],
  [" Tue, 03 Nov 2026 10:15:30 +0000", null],
  ["2026-11-03T10:15:30Z", null],
  ["", null],
];

for (const [text, ms] of DATES) {
  Deno.test(`parseRfc2822() of "${text}" is ${ms === null ? "nothing" : "an instant"}`, () => {
    assert.equal(parseRfc2822(text), ms);
  });
}

Deno.test("formatRfc2822() writes what parseRfc2822() reads", () => {
  assert.equal(formatRfc2822(AT + 999), "Tue, 03 Nov 2026 10:15:30 +0000");
  const seconds = fc.integer({ min: 0, max: 4_000_000_000 });
  fc.assert(
    fc.property(seconds, (second) => {
      assert.equal(parseRfc2822(formatRfc2822(second * SECOND_MS)), second * SECOND_MS);
    }),
    { numRuns: 200 },
  );
});
