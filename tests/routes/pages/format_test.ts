import assert from "node:assert/strict";
import {
  formatAge,
  formatCount,
  formatDay,
  formatDuration,
  formatMoneyText,
  formatMonth,
  formatPercent,
  formatTime,
  formatUtc,
  type MoneyStyle,
} from "../../../routes/pages/format.ts";

Deno.test("money is written exactly, from its decimal text", () => {
  const rows: [amount: string, currency: string, style: MoneyStyle, text: string][] = [
    ["12.5", "USD", {}, "$12.50"],
    ["12.500000", "USD", {}, "$12.50"],
    ["0.0123", "USD", {}, "$0.0123"],
    ["0.000001", "USD", {}, "$0.000001"],
    ["-0.110000", "USD", {}, "−$0.11"],
    ["-0.000000", "USD", {}, "$0.00"],
    ["1234567.891", "EUR", {}, "€1,234,567.891"],
    ["9007199254740993.000001", "USD", {}, "$9,007,199,254,740,993.000001"],
    ["12345678901234567890123.000001", "USD", {}, "$12,345,678,901,234,567,890,123.000001"],
    ["-12345678901234567890123", "USD", {}, "−$12,345,678,901,234,567,890,123.00"],
    ["25", "USD", { isSigned: true }, "+$25.00"],
    ["-25", "USD", { isSigned: true }, "−$25.00"],
    ["0.000000", "USD", { isSigned: true }, "$0.00"],
    ["12.5", "USD", { minDecimals: 4 }, "$12.5000"],
    ["12.123456", "USD", { minDecimals: 4 }, "$12.123456"],
    ["5", "JPY", {}, "¥5"],
    ["0.5", "JPY", {}, "¥0.5"],
    ["1.5", "KWD", {}, "KWD\u00a01.500"],
    ["-1.5", "points", {}, "−1.50 points"],
    ["1.5", "", {}, "1.50"],
  ];
  for (const [amount, currency, style, text] of rows) {
    assert.equal(formatMoneyText({ amount, currency }, style), text);
  }
});

Deno.test("money that is no plain decimal of at most six decimals is refused, never cut", () => {
  for (const amount of ["", "abc", "1e3", "1.2345678", "1.", ".5", "+1", "1,000", "NaN", " 1"]) {
    assert.throws(() => formatMoneyText({ amount, currency: "USD" }), /^RangeError: Cannot format/);
  }
});

Deno.test("a time is shown on the zone's wall clock with the zone's short name", () => {
  const winterMs = Date.UTC(2026, 10, 20, 9, 6, 22);
  const summerMs = Date.UTC(2026, 6, 5, 22, 59, 59);
  const rows: [number, string, string][] = [
    [winterMs, "UTC", "20 Nov 2026, 09:06:22 UTC"],
    [winterMs, "Europe/Berlin", "20 Nov 2026, 10:06:22 CET"],
    [summerMs, "Europe/Berlin", "06 Jul 2026, 00:59:59 CEST"],
    [winterMs, "America/New_York", "20 Nov 2026, 04:06:22 EST"],
    [summerMs, "America/New_York", "05 Jul 2026, 18:59:59 EDT"],
    [winterMs, "Pacific/Auckland", "20 Nov 2026, 22:06:22 NZDT"],
    [winterMs, "Asia/Tokyo", "20 Nov 2026, 18:06:22 GMT+9"],
  ];
  for (const [atMs, timeZone, text] of rows) assert.equal(formatTime(atMs, { timeZone }), text);
  const timeZone = "Pacific/Auckland";
  assert.equal(formatTime(winterMs, { timeZone, precision: "minute" }), "20 Nov 2026, 22:06 NZDT");
  assert.equal(formatTime(summerMs, { timeZone, precision: "day" }), "06 Jul 2026");
  assert.equal(formatUtc(winterMs), "2026-11-20 09:06:22 UTC");
});

Deno.test("days, months, durations, ages, counts and ratios read as people write them", () => {
  assert.equal(formatDay("2026-11-02"), "2 Nov");
  assert.equal(formatMonth("2026-11"), "November 2026");
  assert.deepEqual([0, 59, 60, 3725, 90_061].map(formatDuration), [
    "0s",
    "59s",
    "1m",
    "1h 2m 5s",
    "25h 1m 1s",
  ]);
  assert.deepEqual([-5, 59_999, 60_000, 3_600_000, 86_400_000].map(formatAge), [
    "0 s",
    "59 s",
    "1 min",
    "1 h",
    "1 d",
  ]);
  assert.equal(formatCount(1234567n), "1,234,567");
  assert.equal(formatPercent("0.1234"), "12.3%");
  assert.equal(formatPercent("-1.5"), "−150%");
  assert.throws(() => formatPercent("1/3"), /^RangeError: Cannot format a ratio/);
});
