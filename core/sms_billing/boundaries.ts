/**
 * When periods of SMS billing end: instants in UTC, the same for every account. Pure.
 *
 * A message sent at the very instant of a boundary belongs to the period that begins with it.
 *
 * @module
 */
import { DAY_MS, HOUR_MS } from "../clock.ts";
import type { SmsFrequency } from "./settings.ts";

/** Daily at 02:00. */
const DAILY_MS = 2 * HOUR_MS;
/** Weekly at 03:00 on Monday; 1970 began on a Thursday, so its first Monday was the fifth day. */
const WEEKLY_MS = 4 * DAY_MS + 3 * HOUR_MS;
/** Monthly at 04:00 on the first. */
const MONTHLY_HOUR = 4;

/** The first boundary after an instant; null where no boundary closes the period. */
export function nextBoundaryMs(frequency: SmsFrequency, atMs: number): number | null {
  const lastMs = lastBoundaryMs(frequency, atMs);
  if (lastMs === null) return null;
  if (frequency === "daily") return lastMs + DAY_MS;
  return frequency === "weekly" ? lastMs + 7 * DAY_MS : monthlyMs(lastMs, 1);
}

/** The latest boundary at or before an instant; null where no boundary closes the period. */
export function lastBoundaryMs(frequency: SmsFrequency, atMs: number): number | null {
  switch (frequency) {
    case "daily":
      return floorTo(atMs, { stepMs: DAY_MS, firstMs: DAILY_MS });
    case "weekly":
      return floorTo(atMs, { stepMs: 7 * DAY_MS, firstMs: WEEKLY_MS });
    case "monthly": {
      const ofThisMonthMs = monthlyMs(atMs, 0);
      return ofThisMonthMs <= atMs ? ofThisMonthMs : monthlyMs(atMs, -1);
    }
    case "threshold":
      return null;
  }
}

function floorTo(atMs: number, { stepMs, firstMs }: { stepMs: number; firstMs: number }): number {
  return Math.floor((atMs - firstMs) / stepMs) * stepMs + firstMs;
}

/** The boundary of the month an instant falls in, or of one that many months later. */
function monthlyMs(atMs: number, months: number): number {
  const day = Temporal.Instant.fromEpochMilliseconds(atMs).toZonedDateTimeISO("UTC").toPlainDate();
  const first = day.with({ day: 1 }).add({ months });
  return first.toZonedDateTime({ timeZone: "UTC", plainTime: { hour: MONTHLY_HOUR } })
    .epochMilliseconds;
}
