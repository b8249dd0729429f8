/**
 * How every run begins: customers in as many time zones, numbers, money, and a plan in euros.
 *
 * @module
 */
import { SIPPY_ACCOUNTS } from "./carriers/sippy_world.ts";
import { type Ask, MOVING_NUMBER } from "./people.ts";
import { require } from "./violation.ts";

/** Numbers that calls come to. The last two belong to nobody at first. */
export const NUMBERS = [
  "+12025550100",
  "+6495550100",
  "+12125550101",
  "+493055501000",
  MOVING_NUMBER,
  "+12025550177",
  "+12025550178",
] as const;
/** Somebody will hold this one later, from a time long past on. */
export const FOUND_NUMBER = "+12025550177";

const ACCOUNTS = [
  { id: "acme", currency: "USD", timezone: "UTC", number: NUMBERS[0], amount: "12.00" },
  { id: "kiwi", currency: "USD", timezone: "Pacific/Auckland", number: NUMBERS[1], amount: "6.00" },
  { id: "york", currency: "USD", timezone: "America/New_York", number: NUMBERS[2], amount: "9.00" },
  { id: "euro", currency: "EUR", timezone: "Europe/Berlin", number: NUMBERS[3], amount: "10.00" },
] as const;

/** They send messages of their own and nothing else, and pay for them through Sippy. */
const SENDERS = [
  { id: "susi", currency: "USD", timezone: "UTC" },
  { id: "yoko", currency: "JPY", timezone: "Asia/Tokyo" },
] as const;

/** Sends on credit it does not have: its bills close at two messages, and often its wallet cannot pay. */
export const POOR_SENDER = "nora";

/** Plans by service, where they are not the shipped ones. */
export const PLANS: Readonly<Record<string, Record<string, string>>> = {
  acme: { twilio_voice: "twilio_small" },
  kiwi: {},
  york: { twilio_voice: "twilio_small" },
  euro: { bland_voice: "bland_euro" },
};

/** Opens the accounts and gives them what they hold. */
export async function openAccounts(
  { ask, move }: {
    ask: Ask;
    move: (asked: { accountId: string; kind: "top_up"; amount: string }) => Promise<void>;
  },
): Promise<void> {
  const must = async (...request: Parameters<Ask>) => {
    const answer = await ask(...request);
    require(answer.httpStatus < 300, "I10", () => `${request[1]}: ${answer.text}`);
    return answer;
  };
  await must("PUT", "/api/v1/rate-plans/bland_euro", {
    body: {
      service: "bland_voice",
      currency: "EUR",
      // By the second and with an odd rate, so that amounts have to be rounded.
      versions: [{
        kind: "per_minute",
        rate: "0.090007",
        increment: { firstSeconds: 1, nextSeconds: 1 },
      }],
    },
  });
  await must("PUT", "/api/v1/rate-plans/twilio_small", {
    body: {
      service: "twilio_voice",
      currency: "USD",
      versions: [{ kind: "per_minute", rate: "0.170000", freeMinutesPerMonth: 12 }],
    },
  });
  for (const { id, currency, timezone, number, amount } of ACCOUNTS) {
    const plans = { ratePlans: PLANS[id] };
    await must("POST", "/api/v1/accounts", {
      body: { id, name: id, currency, timezone, ...plans, ...sippyAccountOf(id) },
    });
    await move({ accountId: id, kind: "top_up", amount });
    await must("POST", `/api/v1/accounts/${id}/numbers`, {
      body: { number, from: "2026-01-01T00:00:00Z" },
    });
  }
  for (const { id, ...account } of SENDERS) {
    await must("POST", "/api/v1/accounts", {
      body: { id, name: id, ...account, ...sippyAccountOf(id) },
    });
  }
  await must("POST", "/api/v1/accounts", {
    body: { id: POOR_SENDER, name: POOR_SENDER, currency: "USD", timezone: "UTC" },
  });
  const terms = `/api/admin/sms/billing-settings?account=${POOR_SENDER}`;
  await must("PUT", terms, {
    body: { frequency: "threshold", thresholdMessages: 2 },
    headers: { "if-match": (await must("GET", terms)).headers.get("etag") ?? "" },
  });
  await must("POST", "/api/v1/accounts/york/numbers", {
    body: { number: MOVING_NUMBER, from: "2026-01-01T00:00:00Z" },
  });
  const path = "/api/v1/accounts/kiwi/wallet";
  const etag = (await must("GET", path)).headers.get("etag") ?? "";
  await must("PATCH", path, { body: { policy: "overdraw" }, headers: { "if-match": etag } });
}

function sippyAccountOf(id: string): { sippyAccountId?: number } {
  if (!(id in SIPPY_ACCOUNTS)) return {};
  return { sippyAccountId: SIPPY_ACCOUNTS[id as keyof typeof SIPPY_ACCOUNTS].iAccount };
}
