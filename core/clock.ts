/**
 * Time as a thing that is handed in: what hour it is, and how to wait.
 *
 * Nothing else in the program reads the clock or sets a timer, so month ends, leases and retries are
 * tested by moving a clock, and a simulator can run years in minutes.
 *
 * @module
 */

/** Milliseconds in one second, minute, hour and day of UTC. */
export const SECOND_MS = 1_000;
/** See {@link SECOND_MS}. */
export const MINUTE_MS = 60 * SECOND_MS;
/** See {@link SECOND_MS}. */
export const HOUR_MS = 60 * MINUTE_MS;
/** See {@link SECOND_MS}. */
export const DAY_MS = 24 * HOUR_MS;

/** The hour and the alarm clock. */
export interface Clock {
  /** Milliseconds since 1970 UTC, whole. */
  now(): number;
  /** Calls `ring` once after `ms`; the answer cancels it. */
  after(ms: number, ring: () => void): () => void;
  /** Resolves after `ms`. */
  sleep(ms: number): Promise<void>;
}

/** A clock whose hands a person may move forward: the sandbox's. */
export interface TestClock extends Clock {
  /** Moves the hands forward by `ms` and rings every alarm that this makes due, in order. */
  advance(ms: number): void;
}

/** The machine's own clock. */
export function systemClock(): Clock {
  return withSleep({ now: () => Date.now(), after: setAlarm });
}

/** A clock that runs at the machine's pace, starts at its time, and can be moved forward. */
export function testClock(startAheadMs = 0): TestClock {
  let aheadMs = startAheadMs;
  const alarms = new Set<{ dueMs: number; ring: () => void; cancel: () => void }>();
  const now = () => Date.now() + aheadMs;
  function after(ms: number, ring: () => void): () => void {
    const alarm = { dueMs: now() + ms, ring: once, cancel: () => {} };
    function once() {
      alarm.cancel();
      if (alarms.delete(alarm)) ring();
    }
    alarm.cancel = setAlarm(ms, once);
    alarms.add(alarm);
    return () => {
      alarm.cancel();
      alarms.delete(alarm);
    };
  }
  function advance(ms: number): void {
    if (!(Number.isSafeInteger(ms) && ms >= 0)) {
      throw new RangeError(`Cannot advance the clock: ${ms} is not whole and positive`);
    }
    aheadMs += ms;
    const waiting = [...alarms].sort((a, b) => a.dueMs - b.dueMs);
    for (const alarm of waiting) {
      if (!alarms.has(alarm)) continue; // canceled by one that rang before it
      if (alarm.dueMs <= now()) alarm.ring();
      else rearm(alarm);
    }
  }
  function rearm(alarm: { dueMs: number; ring: () => void; cancel: () => void }): void {
    alarm.cancel();
    alarm.cancel = setAlarm(alarm.dueMs - now(), alarm.ring);
  }
  return { ...withSleep({ now, after }), advance };
}

/** Gives a clock its `sleep`, made from its alarm. */
export function withSleep(clock: Omit<Clock, "sleep">): Clock {
  return { ...clock, sleep: (ms) => new Promise((resolve) => void clock.after(ms, resolve)) };
}

// A longer delay overflows the runtime's timer, which then rings at once.
const TIMER_MS_MAX = 2 ** 31 - 1;

function setAlarm(ms: number, ring: () => void): () => void {
  let id: ReturnType<typeof setTimeout>;
  function wait(leftMs: number): void {
    const stepMs = Math.min(Math.max(0, leftMs), TIMER_MS_MAX);
    id = setTimeout(() => leftMs > stepMs ? wait(leftMs - stepMs) : ring(), stepMs);
  }
  wait(ms);
  return () => clearTimeout(id);
}

/** An instant as text: RFC 3339 in UTC with milliseconds, as every answer of ours shows it. */
export function formatInstant(ms: number): string {
  return new Date(ms).toISOString();
}

/** An instant as the runtime's own object, for packages that take nothing else. */
export function toDate(ms: number): Date {
  return new Date(ms);
}

/** The UTC day of an instant, as `2026-11-20`. */
export function utcDay(ms: number): string {
  return formatInstant(ms).slice(0, 10);
}

/**
 * Milliseconds of an RFC 3339 instant; null when the text is not one or names no zone.
 *
 * A leap second (`23:59:60`) and a date that does not exist are refused too.
 */
export function parseInstant(text: string): number | null {
  if (!/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:?\d\d)$/i.test(text)) return null;
  if (text.slice(17, 19) === "60") return null;
  try {
    return Temporal.Instant.from(text).epochMilliseconds;
  } catch {
    return null;
  }
}

/** The calendar month an instant falls in for people of a time zone, as `2026-11`. */
export function monthIn(ms: number, timeZone: string): string {
  const local = Temporal.Instant.fromEpochMilliseconds(ms).toZonedDateTimeISO(timeZone);
  return `${String(local.year).padStart(4, "0")}-${String(local.month).padStart(2, "0")}`;
}

/** Whether a name is a time zone this runtime knows. */
export function isTimeZone(name: string): boolean {
  try {
    new Intl.DateTimeFormat("en", { timeZone: name });
    return true;
  } catch {
    return false;
  }
}
