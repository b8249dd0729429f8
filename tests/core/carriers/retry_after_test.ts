import assert from "node:assert/strict";
import { parseInstant } from "../../../core/clock.ts";
import { parseRetryAfter, RETRY_AFTER_MS_MAX } from "../../../core/carriers/retry_after.ts";

const nowMs = parseInstant("2031-03-03T08:00:00Z") ?? 0;

const ROWS: readonly [header: string | null, waitMs: number | null][] = [
  [null, null],
  ["", null],
  ["soon", null],
  ["-1", null],
  ["1.5", null],
  ["0", 0],
  ["7", 7_000],
  ["600", RETRY_AFTER_MS_MAX],
  ["601", RETRY_AFTER_MS_MAX],
  ["Mon, 03 Mar 2031 08:00:30 GMT", 30_000],
  ["Mon, 03 Mar 2031 07:59:30 GMT", 0],
  ["Mon, 03 Abc 2031 08:00:30 GMT", null],
  ["Mon, 31 Feb 2031 08:00:30 GMT", null],
  ["2031-03-03T08:00:30Z", null],
];

for (const [header, waitMs] of ROWS) {
  Deno.test(`parseRetryAfter() of ${JSON.stringify(header)} is ${waitMs}`, () => {
    assert.equal(parseRetryAfter({ header, nowMs }), waitMs);
  });
}
