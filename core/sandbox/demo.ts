/**
 * The sandbox's people, numbers and past: three accounts with a month of calls, made by the program itself.
 *
 * @module
 */
import type { BlandSimulator } from "../carriers/bland/simulator.ts";
import type { SippySimulator } from "../carriers/sippy/simulator.ts";
import type { TwilioSimulator } from "../carriers/twilio/simulator.ts";
import { assignNumber } from "../billing/claim_calls.ts";
import type { BillingDeps } from "../billing/bill_due.ts";
import { moveMoney } from "../billing/move_money.ts";
import { openAccount } from "../billing/open_account.ts";
import { recordUsage, type UsageItem } from "../billing/record_usage.ts";
import { setWallet } from "../billing/set_wallet.ts";
import { DAY_MS, HOUR_MS, MINUTE_MS, type TestClock } from "../clock.ts";
import { parseAmount } from "../money.ts";
import { closeDueBills } from "../sms_billing/close_due.ts";
import type { SmsLevel } from "../sms_billing/settings.ts";
import { setAccountLevel } from "../sms_billing/terms.ts";

/** One demo account. */
export interface DemoAccount {
  /** Also the beginning of its e-mail. */
  id: string;
  /** What people call it. */
  name: string;
  /** IANA. */
  timezone: string;
  /** In USD, as decimal text. */
  topUp: string;
  /** What happens to a charge its money does not cover. */
  policy: "wait" | "overdraw";
  /** E.164; all its own, for every carrier. */
  numbers: string[];
  /** Calls on a past day at most. */
  callsPerDay: number;
  /** Messages on a past day at most, as its own sending code reports them. */
  messagesPerDay: number;
  /** Its number at Sippy; null when it has none there. */
  sippyAccountId: number | null;
  /** Its own terms of SMS billing. */
  smsTerms: SmsLevel;
}

/** Plenty of money, little money, and a wallet that may go below zero. */
export const DEMO_ACCOUNTS: readonly DemoAccount[] = [
  {
    id: "acme",
    name: "Acme Robotics",
    timezone: "America/New_York",
    topUp: "250.00",
    policy: "wait",
    numbers: ["+12125550101", "+12125550102"],
    callsPerDay: 14,
    messagesPerDay: 9,
    sippyAccountId: null,
    smsTerms: {},
  },
  {
    id: "bolt",
    name: "Bolt Dental",
    timezone: "America/Los_Angeles",
    topUp: "20.00",
    policy: "wait",
    numbers: ["+13105550111"],
    callsPerDay: 3,
    messagesPerDay: 20,
    sippyAccountId: 4711,
    smsTerms: { frequency: "weekly", payment: "sippy" },
  },
  {
    id: "cleo",
    name: "Cleo Legal",
    timezone: "Pacific/Auckland",
    topUp: "25.00",
    policy: "overdraw",
    numbers: ["+6495550121"],
    callsPerDay: 5,
    messagesPerDay: 12,
    sippyAccountId: null,
    smsTerms: { frequency: "threshold", thresholdMessages: 100 },
  },
];

/** A number of ours that nobody holds: its calls show what unassigned usage looks like. */
export const UNASSIGNED_NUMBER = "+14155550199";
/** Days of history a fresh sandbox shows. */
export const HISTORY_DAYS = 31;

/** What the demo is made with. `sync` is the program's own. */
export interface DemoDeps extends BillingDeps {
  /** Set back by {@link HISTORY_DAYS}; moved forward a day at a time. */
  clock: TestClock;
  /** Where its calls come from. */
  carriers: { bland: BlandSimulator; twilio: TwilioSimulator; sippy: SippySimulator };
  /** Fetches and bills. */
  sync: () => Promise<unknown>;
}

/** Opens the accounts and lives through their month, a day at a time, up to `nowMs`. */
export async function createDemo(deps: DemoDeps, { nowMs }: { nowMs: number }): Promise<void> {
  for (const account of DEMO_ACCOUNTS) await openDemoAccount(deps, account);
  while (deps.clock.now() < nowMs) {
    const stepMs = Math.min(DAY_MS, nowMs - deps.clock.now());
    placeDay(deps, { fromMs: deps.clock.now(), stepMs });
    await sendDay(deps, { fromMs: deps.clock.now(), stepMs });
    deps.clock.advance(stepMs);
    await deps.sync();
    await closeDueBills(deps, { actor: "cron", untilMs: deps.clock.now() + MINUTE_MS });
  }
}

async function openDemoAccount(deps: DemoDeps, account: DemoAccount): Promise<void> {
  const { id, name, timezone } = account;
  const actor = "sandbox";
  const request = {
    id,
    name,
    email: `${id}@example.com`,
    currency: "USD",
    timezone,
    sippyAccountId: account.sippyAccountId,
    ratePlans: {},
  };
  await openAccount(deps, { request, actor });
  const level = account.smsTerms;
  await setAccountLevel(deps, { accountId: id, level, isExpected: () => true, actor });
  if (account.sippyAccountId !== null) {
    const balanceMicros = parseAmount("100.00")!;
    deps.carriers.sippy.placeAccount({ iAccount: account.sippyAccountId, balanceMicros });
  }
  const fromMs = deps.clock.now() - DAY_MS;
  for (const number of account.numbers) {
    await assignNumber(deps, {
      number,
      holding: { accountId: id, carrier: null, fromMs, toMs: null },
      actor,
    });
  }
  await setWallet(deps, {
    accountId: id,
    settings: { policy: account.policy, lowBalanceThresholdsMicros: [5_000_000n] },
    isExpected: () => true,
    actor,
  });
  await moveMoney(deps, {
    kind: "top_up",
    accountId: id,
    amountMicros: parseAmount(account.topUp)!,
    description: "First top-up",
    reference: "demo",
    caller: "sandbox",
    idempotencyKey: `demo-${id}`,
    fingerprint: "demo",
    requestId: deps.ids.id(),
    actor,
  });
}

function placeDay(deps: DemoDeps, { fromMs, stepMs }: { fromMs: number; stepMs: number }): void {
  for (const account of DEMO_ACCOUNTS) {
    const count = Math.floor(deps.ids.random() * (account.callsPerDay + 1));
    for (let i = 0; i < count; i++) {
      placeCall(deps, { number: pick(deps, account.numbers), fromMs, stepMs });
    }
  }
  if (stepMs < DAY_MS) {
    placeCall(deps, { number: UNASSIGNED_NUMBER, fromMs, stepMs: Math.min(stepMs, HOUR_MS) });
  }
}

/** Where the demo's messages go. */
const PLACES = [
  { to: "+12025550142", country: "US", prefix: "+1" },
  { to: "+442079460142", country: "GB", prefix: "+44" },
  { to: "+37251234567", country: "EE", prefix: "+372" },
] as const;

/** Reports a day's messages as an account's own sending code would; those still to come are left out. */
async function sendDay(
  deps: DemoDeps,
  { fromMs, stepMs }: { fromMs: number; stepMs: number },
): Promise<void> {
  for (const { id, messagesPerDay } of DEMO_ACCOUNTS) {
    const count = Math.floor(deps.ids.random() * (messagesPerDay + 1));
    const items = Array.from({ length: count }, (_, i): UsageItem => ({
      ...pick(deps, PLACES),
      messageId: `${id}-${fromMs}-${i}`,
      from: null,
      segments: 1 + Math.floor(deps.ids.random() * 2),
      count: 1,
      priceMicros: null,
      currency: null,
      sentAtMs: fromMs + Math.floor(deps.ids.random() * stepMs * 0.9),
      fingerprint: "demo",
    }));
    await recordUsage(deps, { accountId: id, items, actor: "sandbox" });
  }
}

function placeCall(
  deps: DemoDeps,
  { number, fromMs, stepMs }: { number: string; fromMs: number; stepMs: number },
): void {
  const other = `+1202555${String(1000 + Math.floor(deps.ids.random() * 9000))}`;
  const isInbound = deps.ids.random() < 0.4;
  const placed = {
    from: isInbound ? other : number,
    to: isInbound ? number : other,
    createdAtMs: fromMs + Math.floor(deps.ids.random() * stepMs * 0.9),
    talkSeconds: 10 + Math.floor(deps.ids.random() ** 2 * 500),
  };
  const { bland, twilio } = deps.carriers;
  if (deps.ids.random() < 0.6) bland.placeCall({ ...placed, isInbound });
  else {
    const direction = isInbound ? "inbound" : "outbound-api";
    twilio.placeCall({ ...placed, direction, isSilent: true });
  }
}

function pick<T>(deps: DemoDeps, items: readonly T[]): T {
  return items[Math.floor(deps.ids.random() * items.length)]!;
}
