/**
 * The switch's own way to write an instant: `08:15:30.000 GMT Mon Mar 03 2031`.
 *
 * Written by hand, since names must be English and the zone GMT wherever the program runs.
 * Source: Sippy documentation, article 3000073101 (`%H:%M:%S.000 GMT %a %b %d %Y`).
 *
 * @module
 */
import { DAY_MS, formatInstant, parseInstant, SECOND_MS } from "../../clock.ts";

const DAYS = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"];
const MONTHS = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split(" ");

/** First instant of the year 10000, which has no four digits. */
const UNTIL_MS = 253_402_300_800_000;

/** The switch's text of an instant, cut to whole seconds; null outside of the years 1970 to 9999. */
export function formatSippyTime(ms: number): string | null {
  if (!(ms >= 0 && ms < UNTIL_MS)) return null;
  const instant = formatInstant(Math.floor(ms / SECOND_MS) * SECOND_MS);
  const month = MONTHS[Number(instant.slice(5, 7)) - 1];
  return `${instant.slice(11, 23)} GMT ${weekday(ms)} ${month} ${instant.slice(8, 10)} ` +
    instant.slice(0, 4);
}

const LONG =
  /^(\d\d:\d\d:\d\d)(?:\.\d{1,6})? GMT ([A-Z][a-z]{2}) ([A-Z][a-z]{2}) +(\d{1,2}) (\d{4})$/;
const COMPACT = /^(\d{4})-?(\d\d)-?(\d\d)T(\d\d:\d\d:\d\d)(?:\.\d{1,6})?Z?$/;

/**
 * Milliseconds of the switch's text, whole seconds; null when it is none.
 *
 * Also reads `20310303T08:15:30`, which some methods write and which means UTC. A weekday that does
 * not belong to the date is refused: one of the two is wrong.
 */
export function parseSippyTime(text: string): number | null {
  const [, time, dayName, monthName = "", day = "", year] = LONG.exec(text.trim()) ?? [];
  if (time === undefined) return parseCompact(text.trim());
  const month = String(MONTHS.indexOf(monthName) + 1).padStart(2, "0");
  const ms = parseInstant(`${year}-${month}-${day.padStart(2, "0")}T${time}Z`);
  return ms !== null && weekday(ms) === dayName ? ms : null;
}

function parseCompact(text: string): number | null {
  const [, year, month, day, time] = COMPACT.exec(text) ?? [];
  return time === undefined ? null : parseInstant(`${year}-${month}-${day}T${time}Z`);
}

// 1 January 1970 was a Thursday.
function weekday(ms: number): string | undefined {
  const days = Math.floor(ms / DAY_MS) % 7;
  return DAYS[(days + 7) % 7];
}
