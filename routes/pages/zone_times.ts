/**
 * Days and wall-clock times that people type, as instants of a zone.
 *
 * @module
 */

/** The midnight a day of a zone begins with, or a later day's; null when the text is no date. */
export function dayStartMs(
  day: string,
  { timeZone, plusDays = 0 }: { timeZone: string; plusDays?: number },
): number | null {
  if (!/^\d{4}-\d\d-\d\d$/.test(day)) return null;
  try {
    const start = Temporal.PlainDate.from(day).add({ days: plusDays }).toZonedDateTime(timeZone);
    return Math.max(0, start.epochMilliseconds);
  } catch {
    return null;
  }
}

/**
 * The instant a clock on the wall of a zone shows `2026-11-20T09:00`; null when the text is none.
 *
 * An hour that comes twice means the first, one that is left out the one after.
 */
export function wallTimeMs(text: string, { timeZone }: { timeZone: string }): number | null {
  if (!/^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d{1,3})?)?$/.test(text)) return null;
  try {
    return Temporal.PlainDateTime.from(text).toZonedDateTime(timeZone).epochMilliseconds;
  } catch {
    return null;
  }
}
