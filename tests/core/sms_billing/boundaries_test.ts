/**
 * The instants at which periods of SMS billing end.
 *
 * @module
 */
import assert from "node:assert/strict";
import fc from "fast-check";
import { formatInstant } from "../../../core/clock.ts";
import { lastBoundaryMs, nextBoundaryMs } from "../../../core/sms_billing/boundaries.ts";
import type { SmsFrequency } from "../../../core/sms_billing/settings.ts";

const at = (text: string) => Date.parse(text);
const next = (frequency: SmsFrequency, text: string) =>
  formatInstant(nextBoundaryMs(frequency, at(text))!);
const last = (frequency: SmsFrequency, text: string) =>
  formatInstant(lastBoundaryMs(frequency, at(text))!);

Deno.test("a day ends at 02:00 UTC, to the second", () => {
  assert.equal(next("daily", "2026-03-01T01:59:59.999Z"), "2026-03-01T02:00:00.000Z");
  assert.equal(next("daily", "2026-03-01T02:00:00.000Z"), "2026-03-02T02:00:00.000Z");
  assert.equal(last("daily", "2026-03-01T02:00:00.000Z"), "2026-03-01T02:00:00.000Z");
  assert.equal(last("daily", "2026-03-01T01:59:59.999Z"), "2026-02-28T02:00:00.000Z");
});

Deno.test("a week ends on Monday at 03:00 UTC", () => {
  assert.equal(next("weekly", "2026-11-20T12:00:00Z"), "2026-11-23T03:00:00.000Z");
  assert.equal(next("weekly", "2026-11-23T02:59:59.999Z"), "2026-11-23T03:00:00.000Z");
  assert.equal(next("weekly", "2026-11-23T03:00:00Z"), "2026-11-30T03:00:00.000Z");
});

Deno.test("a month ends on the first at 04:00 UTC, over leap days and new year", () => {
  assert.equal(next("monthly", "2028-02-29T23:59:59Z"), "2028-03-01T04:00:00.000Z");
  assert.equal(next("monthly", "2026-12-31T12:00:00Z"), "2027-01-01T04:00:00.000Z");
  assert.equal(next("monthly", "2027-01-01T03:59:59Z"), "2027-01-01T04:00:00.000Z");
  assert.equal(last("monthly", "2027-01-01T03:59:59Z"), "2026-12-01T04:00:00.000Z");
  assert.equal(last("monthly", "2027-01-01T04:00:00Z"), "2027-01-01T04:00:00.000Z");
});

Deno.test("no boundary closes a period that waits for its threshold", () => {
  assert.equal(nextBoundaryMs("threshold", 0), null);
  assert.equal(lastBoundaryMs("threshold", 0), null);
});

Deno.test("boundaries follow one another without a gap", () => {
  const frequency = fc.constantFrom<SmsFrequency>("daily", "weekly", "monthly");
  const instant = fc.integer({ min: at("2020-01-01T00:00:00Z"), max: at("2040-01-01T00:00:00Z") });
  fc.assert(fc.property(frequency, instant, (frequency, atMs) => {
    const beforeMs = lastBoundaryMs(frequency, atMs)!;
    const afterMs = nextBoundaryMs(frequency, atMs)!;
    assert(beforeMs <= atMs && atMs < afterMs);
    assert.equal(nextBoundaryMs(frequency, beforeMs), afterMs);
    assert.equal(lastBoundaryMs(frequency, afterMs - 1), beforeMs);
  }));
});
