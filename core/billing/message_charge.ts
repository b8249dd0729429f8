/**
 * What a message comes to, and the bill that counts it: staged together beneath the wallet.
 *
 * A message is never charged by itself. It is counted once, into the bill of its period; a price that
 * changes is changed there while that bill is open, and counted into the next one when it is not.
 *
 * Goes to: `core/rating/rate_message.ts`, `core/sms_billing/count_usage.ts`.
 *
 * @module
 */
import type { Account } from "../accounts/account.ts";
import { utcDay } from "../clock.ts";
import type { Batch } from "../kv/batch.ts";
import { messageChargeKey, ratePlanKey, smsBillKey, smsUsageKey } from "../kv/keys.ts";
import { parseAmount } from "../money.ts";
import { planIdOf } from "../rating/plans.ts";
import {
  amountOfMessage,
  type MessageTrace,
  rateMessage,
  traceReported,
} from "../rating/rate_message.ts";
import { type RatePlan, type Service, versionAt } from "../rating/rate_plan.ts";
import type { SmsBill } from "../sms_billing/bill.ts";
import {
  type Counting,
  countUsage,
  recountUsage,
  type SmsUsage,
} from "../sms_billing/count_usage.ts";
import type { MessageSource } from "../usage/message_usage.ts";
import { type Message, otherNumber } from "../usage/messages.ts";
import { recordDayChange } from "../wallet/day_total.ts";
import type { Wallet } from "../wallet/wallet.ts";

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
  /** Why it is not rated, or which message counts in its place; null when there is nothing to say. */
  reason: string | null;
  /** The message's revision that this answers. */
  revision: number;
  /** What its bills take for it: the sum of `counted`. */
  amountMicros: bigint;
  /** What the amount was computed from. */
  trace: MessageTrace | null;
  /** The bill that counts it, closed or not; null while none does. */
  billId: string | null;
  /** What each bill counts for it: one, and one more for each price that changed after its bill closed. */
  counted: { billId: string; amountMicros: bigint }[];
  /** Carrier cost already counted into daily totals. */
  costMicros: bigint;
  /** When this state came about. */
  atMs: number;
}

/** The service messages are sold as. Bland sends none that we bill. */
export const MESSAGE_SERVICE = {
  bland: "sms",
  telnyx: "telnyx_sms",
  twilio: "twilio_sms",
  sms: "sms",
} as const satisfies Record<MessageSource, Service>;

/** The member of a message's record that holds the price the reseller's own code told. */
export const REPORTED_PRICE = "reported_price";

/** A message to rate, in whose wallet, and how it is counted. */
export interface Rating {
  /** As stored. */
  message: Message;
  /** Its owner. */
  account: Account;
  /** As read beneath the gate. */
  wallet: Wallet;
  /** How its bill counts. */
  counting: Counting;
}

/** Stages the message's charge and counts it; answers the charge, or null when it says nothing new. */
export async function stageMessageCharge(
  batch: Batch,
  { message, account, wallet, counting }: Rating,
): Promise<MessageCharge | null> {
  const earlier = await batch.get<MessageCharge>(messageChargeKey(message.id));
  if (earlier && earlier.revision >= message.revision) return null;
  const charge: MessageCharge = {
    ...(earlier ?? firstCharge(message, account)),
    revision: message.revision,
    atMs: counting.atMs,
  };
  const price = await priceMessage(batch, { message, account, earlier });
  // What was counted stays counted when a later word makes no price of its own.
  if (price.state === "rated" || charge.billId === null) Object.assign(charge, price);
  if (price.state === "rated") await countCharge(batch, { message, earlier, charge, counting });
  await countCost(batch, { message, wallet, charge });
  batch.set(messageChargeKey(message.id), charge);
  return charge;
}

function firstCharge(message: Message, account: Account): MessageCharge {
  return {
    messageId: message.id,
    accountId: account.id,
    service: MESSAGE_SERVICE[message.carrier],
    state: "open",
    reason: null,
    revision: 0,
    amountMicros: 0n,
    trace: null,
    billId: null,
    counted: [],
    costMicros: 0n,
    atMs: 0,
  };
}

type Price = Pick<MessageCharge, "state" | "reason"> & Partial<MessageCharge>;

async function priceMessage(
  batch: Batch,
  { message, account, earlier }: {
    message: Message;
    account: Account;
    earlier: MessageCharge | null;
  },
): Promise<Price> {
  if (message.fault) return { state: "parked", reason: message.fault };
  const reported = reportedPrice(message, account);
  if (reported) return reported;
  const planId = earlier?.trace?.plan ?? planIdOf(account, MESSAGE_SERVICE[message.carrier]);
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
  const { trace } = rating;
  return { state: "rated", reason: null, amountMicros: amountOfMessage(trace), trace };
}

function reportedPrice(message: Message, account: Account): Price | null {
  const reportedMicros = parseAmount(message.record[REPORTED_PRICE] ?? "");
  if (reportedMicros === null) return null;
  const plan = planIdOf(account, MESSAGE_SERVICE[message.carrier]);
  const { currency } = account;
  const { segments } = message;
  const trace = traceReported({ plan, currency, segments, reportedMicros });
  return { state: "rated", reason: null, amountMicros: reportedMicros, trace };
}

/** Counts a price for the first time, or what it changed by since it was counted. */
async function countCharge(
  batch: Batch,
  { message, earlier, charge, counting }: {
    message: Message;
    earlier: MessageCharge | null;
    charge: MessageCharge;
    counting: Counting;
  },
): Promise<void> {
  const usage = usageOf(message, charge);
  if (charge.billId === null) {
    const other = await claimUsage(batch, message);
    if (other) {
      return void Object.assign(charge, { ...NOT_COUNTED, reason: `counted_as ${other}` });
    }
    charge.billId = await countUsage(batch, { ...counting, usage });
    charge.counted = [{ billId: charge.billId, amountMicros: charge.amountMicros }];
    return;
  }
  const changeMicros = charge.amountMicros - earlier!.amountMicros;
  if (changeMicros === 0n) return;
  const change: SmsUsage = { ...usage, count: 0, segments: 0, amountMicros: changeMicros };
  const last = charge.counted.at(-1)!.billId;
  const bill = await batch.get<SmsBill>(smsBillKey(last));
  const isOpen = bill?.status === "open";
  if (isOpen) await recountUsage(batch, { ...counting, bill, usage: change });
  const billId = isOpen ? last : await countUsage(batch, { ...counting, usage: change });
  charge.counted = addCounted(charge.counted, { billId, amountMicros: changeMicros });
}

function addCounted(
  counted: MessageCharge["counted"],
  more: MessageCharge["counted"][number],
): MessageCharge["counted"] {
  if (!counted.some(({ billId }) => billId === more.billId)) return [...counted, more];
  return counted.map((one) =>
    one.billId === more.billId
      ? { ...one, amountMicros: one.amountMicros + more.amountMicros }
      : one
  );
}

/** What a message comes to that another report of the same sending has counted already. */
const NOT_COUNTED = { amountMicros: 0n, trace: null };

/**
 * The same sending may be told twice, by the carrier's webhook and by the reseller's own code: the first
 * that is counted takes the id. Answers the id of the other one when it came first.
 */
async function claimUsage(batch: Batch, message: Message): Promise<string | null> {
  const key = smsUsageKey(message.accountId!, message.carrierMessageId);
  const claim = await batch.get<{ messageId: string }>(key);
  if (claim && claim.messageId !== message.id) return claim.messageId;
  batch.set(key, { messageId: message.id });
  return null;
}

function usageOf(message: Message, charge: MessageCharge): SmsUsage {
  return {
    service: charge.service,
    sentAtMs: message.sentAtMs,
    country: message.country,
    prefix: message.prefix,
    count: message.count ?? 1,
    segments: message.segments ?? 0,
    amountMicros: charge.amountMicros,
  };
}

/** The carrier's cost, in the totals of the day it became known on. */
async function countCost(
  batch: Batch,
  { message, wallet, charge }: { message: Message; wallet: Wallet; charge: MessageCharge },
): Promise<void> {
  const costMicros = message.costCurrency === wallet.currency ? message.costMicros : null;
  if (costMicros === null || costMicros === charge.costMicros) return;
  await recordDayChange(batch, {
    accountId: charge.accountId,
    currency: wallet.currency,
    day: utcDay(Math.max(charge.atMs, wallet.lastEntryAtMs)),
    change: { service: charge.service, costMicros: costMicros - charge.costMicros },
  });
  charge.costMicros = costMicros;
}
