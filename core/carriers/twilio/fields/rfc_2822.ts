/**
 * Dates as Twilio writes them: `Tue, 03 Nov 2026 10:15:30 +0000`.
 *
 * @module
 */
import { parseInstant } from "../../../clock.ts";

/**
 * Milliseconds of an RFC 2822 date; null when the text is not one or names no zone.
 *
 * Seconds and a zone (`+0000`, `GMT`, `UTC`) are required; the weekday may be left out, but a wrong one
 * is refused, and so are a leap second and a date that does not exist.
 */
export function parseRfc2822(text: string): number | null {
  const match = RFC_2822.exec(text);
  if (!match) return null;
  const [, weekday, day = "", monthName = "", year, time, zone = ""] = match;
  const month = String(MONTHS.indexOf(monthName) + 1).padStart(2, "0");
  const date = `${year}-${month}-${day.padStart(2, "0")}`;
  const offset = /^[+-]/.test(zone) ? `${zone.slice(0, 3)}:${zone.slice(3)}` : "Z";
  const atMs = parseInstant(`${date}T${time}${offset}`);
  if (atMs === null) return null;
  return weekday === undefined || weekday === weekdayOf(date) ? atMs : null;
}

/** The date in UTC, as Twilio writes it; fractions of a second are cut off. */
export function formatRfc2822(ms: number): string {
  const at = Temporal.Instant.fromEpochMilliseconds(ms).toZonedDateTimeISO("UTC");
  const [day, hour, minute, second] = [at.day, at.hour, at.minute, at.second]
    .map((part) => String(part).padStart(2, "0"));
  const date = `${WEEKDAYS[at.dayOfWeek - 1]}, ${day} ${MONTHS[at.month - 1]} ${at.year}`;
  return `${date} ${hour}:${minute}:${second} +0000`;
}

const WEEKDAYS = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];
const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

const RFC_2822 = new RegExp(
  `^(?:(${WEEKDAYS.join("|")}), )?(\\d{1,2}) (${MONTHS.join("|")}) (\\d{4}) ` +
    "(\\d\\d:\\d\\d:\\d\\d) ([+-]\\d{4}|GMT|UTC)$",
);

function weekdayOf(date: string): string | undefined {
  return WEEKDAYS[Temporal.PlainDate.from(date).dayOfWeek - 1];
}
