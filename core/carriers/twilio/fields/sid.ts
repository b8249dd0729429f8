/**
 * The ids Twilio gives to calls, messages and accounts.
 *
 * @module
 */

/**
 * An id of 1 to 64 of `A-Z a-z 0-9 _ -`; null for anything else.
 *
 * Twilio writes two letters and 32 hex digits; test ids such as `TEST123` are accepted, since nothing
 * follows from the form and a person trying things out by hand writes them.
 */
export function parseTwilioSid(value: unknown): string | null {
  return typeof value === "string" && /^[A-Za-z0-9_-]{1,64}$/.test(value) ? value : null;
}
