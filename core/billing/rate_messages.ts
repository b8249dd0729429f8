/**
 * Rates the messages that are due, beneath their wallets. Rated, they wait for the bill of their period:
 * a message is never charged by itself.
 *
 * Goes to: `core/rating/rate_message.ts`, `core/wallet/change_wallet.ts`.
 *
 * @module
 */
import type { Account } from "../accounts/account.ts";
import { utcDay } from "../clock.ts";
import type { Batch } from "../kv/batch.ts";
import {
  accountKey,
  type Key,
  messageChargeKey,
  messageDuePrefix,
  messageKey,
  ratePlanKey,
} from "../kv/keys.ts";
import { planIdOf } from "../rating/plans.ts";
import { amountOfMessage, type MessageTrace, rateMessage } from "../rating/rate_message.ts";
import { type RatePlan, type Service, versionAt } from "../rating/rate_plan.ts";
import type { Carrier } from "../usage/call_usage.ts";
import { type Message, otherNumber } from "../usage/messages.ts";
import { changeWallet } from "../wallet/change_wallet.ts";
import { recordDayChange } from "../wallet/day_total.ts";
import type { Wallet } from "../wallet/wallet.ts";
import type { BillingDeps } from "./bill_due.ts";

/** What a message will be billed with. */
export interface MessageCharge {
  /** The message. */
  messageId: string;
  /** Whose. */
  accountId: string;
  /** What it is sold as. */
  service: Service;
  /** Rated; not ready to be; or not possible as things stand. */
  state: "rated" | "open" | "parked";
  /** Why it is not rated; null when it is. */
  reason: string | null;
  /** The message's revision that this answers. */
  revision: number;
  /** What its bill will take for it. */
  amountMicros: bigint;
  /** What the amount was computed from. */
  trace: MessageTrace | null;
  /** The bill that took it; null while it waits for one. */
  billId: string | null;
  /** Carrier cost already counted into daily totals. */
  costMicros: bigint;
  /** When this state came about. */
  atMs: number;
}

/** The service a carrier's messages are sold as. Bland sends none that we bill. */
export const MESSAGE_SERVICE = {
  bland: "sms",
  telnyx: "telnyx_sms",
  twilio: "twilio_sms",
} as const satisfies Record<Carrier, Service>;

const MESSAGES_PER_COMMIT = 100;

/** Rates what is due; answers how many were rated. */
export async function rateDueMessages(deps: BillingDeps): Promise<number> {
  let count = 0;
  let after: Key | undefined;
  while (true) {
    const rows = await deps.store.list<object>({
      prefix: messageDuePrefix,
      ...(after ? { after } : {}),
    });
    if (rows.length === 0) return count;
    after = rows.at(-1)!.key;
    for (const [accountId, keys] of Map.groupBy(rows.map(({ key }) => key), (key) => key[1]!)) {
      for (let i = 0; i < keys.length; i += MESSAGES_PER_COMMIT) {
        count += await ratePart(deps, { accountId, due: keys.slice(i, i + MESSAGES_PER_COMMIT) });
      }
    }
  }
}

async function ratePart(
  deps: BillingDeps,
  { accountId, due }: { accountId: string; due: Key[] },
): Promise<number> {
  const atMs = deps.clock.now();
  const ids = due.map((key) => key[3]!);
  const outcome = await changeWallet(deps, {
    accountId,
    reads: [accountKey(accountId), ...ids.flatMap((id) => [messageKey(id), messageChargeKey(id)])],
    stage: async (batch, wallet) => {
      const account = await batch.getChecked<Account>(accountKey(accountId));
      if (!account) throw new Error(`Cannot rate messages: account ${accountId} is missing`);
      let count = 0;
      for (const key of due) {
        batch.delete(key);
        const message = await batch.get<Message>(messageKey(key[3]!));
        if (message?.accountId !== accountId) continue;
        if (await stageRating(batch, { message, account, wallet, atMs })) count++;
      }
      return { status: "staged" as const, count };
    },
  });
  if (outcome.status !== "staged") {
    throw new Error(`Cannot rate messages: ${accountId} has no wallet`);
  }
  return outcome.count;
}

async function stageRating(
  batch: Batch,
  { message, account, wallet, atMs }: {
    message: Message;
    account: Account;
    wallet: Wallet;
    atMs: number;
  },
): Promise<boolean> {
  const key = messageChargeKey(message.id);
  const earlier = await batch.get<MessageCharge>(key);
  // What a bill has taken stays as it was billed; a later change belongs to a correction of its own.
  if (earlier && (earlier.revision >= message.revision || earlier.billId !== null)) return false;
  const service = MESSAGE_SERVICE[message.carrier];
  const charge: MessageCharge = {
    messageId: message.id,
    accountId: account.id,
    service,
    state: "open",
    reason: null,
    revision: message.revision,
    amountMicros: 0n,
    trace: null,
    billId: null,
    costMicros: earlier?.costMicros ?? 0n,
    atMs,
    ...await priceMessage(batch, { message, account, service, earlier }),
  };
  const costMicros = message.costCurrency === wallet.currency ? message.costMicros : null;
  if (costMicros !== null && costMicros !== charge.costMicros) {
    await recordDayChange(batch, {
      accountId: account.id,
      currency: wallet.currency,
      day: utcDay(Math.max(atMs, wallet.lastEntryAtMs)),
      change: { service, costMicros: costMicros - charge.costMicros },
    });
    charge.costMicros = costMicros;
  }
  batch.set(key, charge);
  return charge.state === "rated";
}

async function priceMessage(
  batch: Batch,
  { message, account, service, earlier }: {
    message: Message;
    account: Account;
    service: Service;
    earlier: MessageCharge | null;
  },
): Promise<Partial<MessageCharge>> {
  if (message.fault) return { state: "parked", reason: message.fault };
  const planId = earlier?.trace?.plan ?? planIdOf(account, service);
  const plan = await batch.getChecked<RatePlan>(ratePlanKey(planId));
  const version = plan &&
    (earlier?.trace
      ? plan.versions.find((one) => one.version === earlier.trace!.version)
      : versionAt(plan, message.sentAtMs));
  if (!plan || !version || version.terms.kind === "per_minute") {
    return { state: "parked", reason: "no_rate_plan" };
  }
  const isForeign = message.costCurrency !== null && message.costCurrency !== account.currency;
  if (plan.currency !== account.currency || (isForeign && version.terms.kind === "cost_plus")) {
    return { state: "parked", reason: "currency_mismatch" };
  }
  const rating = rateMessage({
    plan: plan.id,
    version: version.version,
    currency: plan.currency,
    terms: version.terms,
    otherNumber: otherNumber(message),
    segments: message.segments,
    costMicros: message.costMicros,
  });
  if (rating.status === "not_yet") return { state: "open", reason: rating.reason };
  return { state: "rated", amountMicros: amountOfMessage(rating.trace), trace: rating.trace };
}
