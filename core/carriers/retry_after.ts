/**
 * How long a carrier asks us to wait.
 *
 * @module
 */
import { MINUTE_MS, parseInstant, SECOND_MS } from "../clock.ts";

/** No carrier makes us wait longer than this, whatever its header says. */
export const RETRY_AFTER_MS_MAX = 10 * MINUTE_MS;

/**
 * Milliseconds to wait by a `Retry-After` header: seconds or a date in GMT (RFC 9110, 10.2.3).
 *
 * Between 0 and {@link RETRY_AFTER_MS_MAX}; null when the header is absent or says neither.
 */
export function parseRetryAfter(
  { header, nowMs }: { header: string | null; nowMs: number },
): number | null {
  const text = header?.trim() ?? "";
  const waitMs = /^\d{1,9}$/.test(text) ? Number(text) * SECOND_MS : untilHttpDate(text, nowMs);
  return waitMs === null ? null : Math.min(Math.max(waitMs, 0), RETRY_AFTER_MS_MAX);
}

const HTTP_DATE = /^[A-Z][a-z]{2}, (\d\d) ([A-Z][a-z]{2}) (\d{4}) (\d\d:\d\d:\d\d) GMT$/;
const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

function untilHttpDate(text: string, nowMs: number): number | null {
  const [, day, monthName = "", year, time] = HTTP_DATE.exec(text) ?? [];
  const month = String(MONTHS.indexOf(monthName) + 1).padStart(2, "0");
  const atMs = parseInstant(`${year}-${month}-${day}T${time}Z`);
  return atMs === null ? null : atMs - nowMs;
}
