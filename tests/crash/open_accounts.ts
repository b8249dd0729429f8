/**
 * The accounts of the crash test: a number and money each, and terms of SMS billing in four ways.
 *
 * Comes from: `tests/crash/crash_run.ts`, `tests/crash/usage_reports.ts`.
 *
 * @module
 */
import { accountOf, FIRST_MICROS, numberOf } from "../support/sync_load.ts";
import { CRASH_SECRETS, sippyAccountOf } from "./secrets.ts";
import { amountOf } from "./top_ups.ts";

/** What the account that has too little begins with. */
export const LITTLE_MICROS = 500_000n;

/** Bills of every second account are paid through Sippy. */
export function paysThroughSippy(i: number): boolean {
  return i % 2 === 1;
}

/** Half of the accounts are billed by the day, the others by a number of messages. */
export function isOnCycle(i: number): boolean {
  return i % 4 >= 2;
}

/** Opens so many accounts, and one more that has too little and waits for money. */
export async function openAccounts(url: string, accounts: number): Promise<void> {
  for (let i = 0; i < accounts; i++) {
    await openAccount(url, { i, micros: FIRST_MICROS });
    const closing = isOnCycle(i)
      ? { frequency: "daily" }
      : { frequency: "threshold", thresholdMessages: 6 };
    const level = { ...closing, payment: paysThroughSippy(i) ? "sippy" : "wallet" };
    await change(url, {
      path: `/api/admin/sms/billing-settings?account=${accountOf(i)}`,
      method: "PUT",
      body: level,
    });
  }
  await openAccount(url, { i: accounts, micros: LITTLE_MICROS });
  const path = `/api/v1/accounts/${accountOf(accounts)}/wallet`;
  await change(url, { path, method: "PATCH", body: { policy: "wait" } });
}

async function openAccount(
  url: string,
  { i, micros }: { i: number; micros: bigint },
): Promise<void> {
  const id = accountOf(i);
  const post = (path: string, body: object) =>
    ask(url, { path: `/api/v1/accounts${path}`, method: "POST", body, key: `first-${id}` });
  await post("", { id, name: id, sippyAccountId: sippyAccountOf(i) });
  await post(`/${id}/numbers`, { number: numberOf(i), from: "2020-01-01T00:00:00Z" });
  await post(`/${id}/top-ups`, { amount: amountOf(micros) });
}

/** Changes what is there, whatever it is. */
async function change(url: string, request: Request): Promise<void> {
  const seen = await ask(url, { path: request.path, method: "GET" });
  await ask(url, { ...request, etag: seen.headers.get("etag")! });
}

interface Request {
  path: string;
  method: string;
  body?: object;
  key?: string;
  etag?: string;
}

async function ask(
  url: string,
  { path, method, body, key, etag }: Request,
): Promise<{ headers: Headers }> {
  const response = await fetch(url + path, {
    method,
    headers: {
      authorization: `Bearer ${CRASH_SECRETS.ADMIN_API_KEY}`,
      "content-type": "application/json",
      ...(key ? { "idempotency-key": key } : {}),
      ...(etag ? { "if-match": etag } : {}),
    },
    ...(body ? { body: JSON.stringify(body) } : {}),
  });
  const text = await response.text();
  if (!response.ok) throw new Error(`Cannot open accounts: ${method} ${path}: ${text}`);
  return { headers: response.headers };
}
