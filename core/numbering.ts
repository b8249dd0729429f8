/**
 * Telephone numbers as carriers write them, made comparable.
 *
 * @module
 */
import { isValidPhoneNumber } from "libphonenumber-js/max";

/** No number text is kept longer than this, in UTF-16 units. */
export const NUMBER_LENGTH_MAX = 64;

/**
 * E.164 (`+12025550123`) of what a carrier wrote, or the text itself when it is no number.
 *
 * With a `+` only the punctuation goes: the country is told, and an unassigned one is kept. Without
 * one, 10 digits (or 11 that begin with 1) are read as a number of the US numbering area, as Bland
 * does (API reference, `GET /v1/inbound/{number}`), unless only reading them with a country code
 * makes them valid; other digits are a number when they are valid behind a `+`. Words ("anonymous"),
 * short codes and addresses stay as they are, without control characters, cut to
 * {@link NUMBER_LENGTH_MAX}; they must never be billed at a default rate.
 */
export function normalizeNumber(text: string): string {
  const digits = text.trim().replace(/[\s().\-/]/g, "");
  if (/^\+\d{7,15}$/.test(digits)) return digits;
  if (/^\d{7,15}$/.test(digits)) return completeNumber(digits) ?? keepText(text);
  return keepText(text);
}

/** Whether a text is in E.164 form, which says nothing about whether anybody has the number. */
export function isE164(text: string): boolean {
  return /^\+[1-9]\d{6,14}$/.test(text);
}

function completeNumber(digits: string): string | null {
  const american = /^1?(\d{10})$/.exec(digits)?.[1];
  if (american && isValidPhoneNumber(`+1${american}`)) return `+1${american}`;
  if (isValidPhoneNumber(`+${digits}`)) return `+${digits}`;
  // Nobody has it, but it could be one: an area code never begins with 0 or 1.
  return american && /^[2-9]/.test(american) ? `+1${american}` : null;
}

function keepText(text: string): string {
  // deno-lint-ignore no-control-regex
  const printable = text.replace(/[\u0000-\u001f\u007f-\u009f\u2028\u2029]/g, "").trim();
  return printable.slice(0, NUMBER_LENGTH_MAX).trim().toWellFormed();
}
