/**
 * What the product under test and the carriers know of each other.
 *
 * @module
 */

/** Secrets of the product under test. */
export const CRASH_SECRETS = {
  ADMIN_API_KEY: "crash-admin-key-0123456789",
  CRON_SECRET: "crash-cron-secret-0123456789",
} as const;

/** What the product needs to be known at the carriers, and to know them; Twilio signs `PUBLIC_URL`. */
export const CARRIER_KEYS = {
  BLAND_API_KEY: "sk-bland-crash-0123456789",
  TELNYX_API_KEY: "KEY0123456789ABCDEF_telnyxcrash",
  TWILIO_ACCOUNT_SID: "AC1b2c3d4e5f60718293a4b5c6d7e8f901",
  TWILIO_AUTH_TOKEN: "0f1e2d3c4b5a69788796a5b4c3d2e1f0",
  SIPPY_USERNAME: "tollkeeper",
  SIPPY_PASSWORD: "the crash test signs in with this",
  PUBLIC_URL: "https://billing.example.test",
} as const;

/** The account at the switch of the account of that number. */
export function sippyAccountOf(i: number): number {
  return 1_001 + i;
}
