/**
 * Takes in what the reseller's own sending code reports: each message stored, priced and counted in one
 * commit beneath its account's wallet, once per id.
 *
 * Goes to: `core/billing/message_charge.ts`, `core/billing/rate_messages.ts`,
 * `core/wallet/change_wallet.ts`.
 *
 * @module
 */
import type { Account } from "../accounts/account.ts";
import type { Batch } from "../kv/batch.ts";
import { accountKey, messageChargeKey, messageKey, smsUsageKey } from "../kv/keys.ts";
import { formatMicros } from "../money.ts";
import { getSmsAccount } from "../sms_billing/bill.ts";
import { type Message, stageMessage } from "../usage/messages.ts";
import { changeWallet } from "../wallet/change_wallet.ts";
import type { Wallet } from "../wallet/wallet.ts";
import type { BillingDeps } from "./bill_due.ts";
import { type MessageCharge, REPORTED_PRICE, stageMessageCharge } from "./message_charge.ts";
import { countingReads, openCounting } from "./rate_messages.ts";

/** One message, or many of a kind, as reported. */
export interface UsageItem {
  /** The reporter's own id, at most 64 characters of ASCII; with a carrier's id, the carrier's. */
  messageId: string;
  /** E.164; null when only a place is told. */
  to: string | null;
  /** E.164 or a sender's name; null when not told. */
  from: string | null;
  /** Parts, over all messages. */
  segments: number;
  /** Messages; at least 1. */
  count: number;
  /** The price of the whole, 0 or more; null when the plan decides. */
  priceMicros: bigint | null;
  /** Of the price, ISO 4217; null when there is none, or when it is the account's. */
  currency: string | null;
  /** ISO 3166 alpha-2; null when nothing tells. */
  country: string | null;
  /** Calling code with `+`; null when nothing tells. */
  prefix: string | null;
  /** When it was sent. */
  sentAtMs: number;
  /** Hash over what was reported: the same id with another one is refused where a key names it. */
  fingerprint: string;
}

/** What became of one item. */
export interface RecordedItem {
  /** As reported. */
  messageId: string;
  /** `duplicate`: it was counted before, by this or another report of the same id. */
  state: "recorded" | "duplicate";
  /** Parts; null where a carrier reported it and does not say. */
  segments: number | null;
  /** What its bill takes for it. */
  amountMicros: bigint;
}

/** Recorded, or why not; a refusal leaves everything of its commit as it was. */
export type UsageOutcome =
  | { status: "recorded"; items: RecordedItem[]; currency: string }
  | { status: "account_not_found" }
  | { status: "currency_mismatch"; index: number }
  | { status: "unpriced"; index: number; reason: string }
  | { status: "key_reused"; index: number };

/** Messages of one commit: six rows each, and their bills. */
const ITEMS_PER_COMMIT = 60;
/** Bills that one commit may begin. */
const BILLS_PER_COMMIT = 10;

/** Records the items in their order; an item that is refused ends it, those before it stay. */
export async function recordUsage(
  deps: BillingDeps,
  { accountId, items, actor, isKeyed = false }: {
    accountId: string;
    items: UsageItem[];
    actor: string;
    /** Whether the ids stand for requests: then the same id with other content is refused. */
    isKeyed?: boolean;
  },
): Promise<UsageOutcome> {
  const recorded: RecordedItem[] = [];
  let currency = "";
  while (recorded.length < items.length) {
    const first = recorded.length;
    const outcome = await recordPart(deps, {
      accountId,
      items: items.slice(first, first + ITEMS_PER_COMMIT),
      actor,
      isKeyed,
    });
    if ("index" in outcome) return { ...outcome, index: first + outcome.index };
    if (outcome.status !== "recorded") return outcome;
    recorded.push(...outcome.items);
    currency = outcome.currency;
  }
  return { status: "recorded", items: recorded, currency };
}

interface Part {
  accountId: string;
  items: UsageItem[];
  actor: string;
  isKeyed: boolean;
}

/** Ends a stage without a trace of it: what it staged before is thrown away with it. */
class Refused extends Error {
  override name = "Refused";
  constructor(readonly outcome: UsageOutcome) {
    super(`Refused: ${outcome.status}`);
  }
}

async function recordPart(deps: BillingDeps, part: Part): Promise<UsageOutcome> {
  const { accountId, items } = part;
  const atMs = deps.clock.now();
  const ids = items.map((item) => usageId(accountId, item.messageId));
  const reads = [
    ...countingReads(accountId),
    ...ids.flatMap((id) => [messageKey(id), messageChargeKey(id)]),
    ...items.map((item) => smsUsageKey(accountId, item.messageId)),
  ];
  try {
    return await changeWallet<UsageOutcome>(deps, {
      accountId,
      reads,
      stage: (batch, wallet) => stagePart(batch, { deps, part, wallet, atMs }),
    });
  } catch (error) {
    if (error instanceof Refused) return error.outcome;
    throw error;
  }
}

async function stagePart(
  batch: Batch,
  { deps, part, wallet, atMs }: { deps: BillingDeps; part: Part; wallet: Wallet; atMs: number },
): Promise<UsageOutcome> {
  const { accountId, items, actor, isKeyed } = part;
  const account = await batch.getChecked<Account>(accountKey(accountId));
  if (!account) return { status: "account_not_found" };
  const index = items.findIndex(({ currency }) =>
    (currency ?? account.currency) !== account.currency
  );
  if (index >= 0) return { status: "currency_mismatch", index };
  const counting = await openCounting(batch, { deps, account, atMs, actor });
  const bills = (await getSmsAccount(batch, accountId)).billCount;
  const recorded: RecordedItem[] = [];
  for (const [index, item] of items.entries()) {
    const earlier = await findEarlier(batch, { accountId, item });
    if (earlier) {
      if (isKeyed && earlier.fingerprint !== item.fingerprint) {
        throw new Refused({ status: "key_reused", index });
      }
      recorded.push(earlier.item);
      continue;
    }
    const message = messageOf(item, { accountId, atMs });
    const charge = await stageMessageCharge(batch, { message, account, wallet, counting });
    if (charge?.state !== "rated") {
      const reason = charge?.reason ?? "no_rate_plan";
      throw new Refused({ status: "unpriced", index, reason });
    }
    stageMessage(batch, { before: null, after: message });
    recorded.push(showItem(item, { state: "recorded", message, charge }));
    if ((await getSmsAccount(batch, accountId)).billCount - bills >= BILLS_PER_COMMIT) break;
  }
  return { status: "recorded", items: recorded, currency: account.currency };
}

/** The message that this id was counted as before, whoever reported it. */
async function findEarlier(
  batch: Batch,
  { accountId, item }: { accountId: string; item: UsageItem },
): Promise<{ item: RecordedItem; fingerprint: string | null } | null> {
  const claim = await batch.get<{ messageId: string }>(smsUsageKey(accountId, item.messageId));
  if (!claim) return null;
  const message = await batch.get<Message>(messageKey(claim.messageId));
  const charge = await batch.get<MessageCharge>(messageChargeKey(claim.messageId));
  if (!message || !charge) throw new Error(`Cannot answer a repeat: ${claim.messageId} is missing`);
  return {
    item: showItem(item, { state: "duplicate", message, charge }),
    fingerprint: message.record.fingerprint ?? null,
  };
}

function showItem(
  { messageId }: UsageItem,
  { state, message, charge }: {
    state: RecordedItem["state"];
    message: Message;
    charge: MessageCharge;
  },
): RecordedItem {
  return { messageId, state, segments: message.segments, amountMicros: charge.amountMicros };
}

/** The id under which an account's own report is stored. */
export function usageId(accountId: string, messageId: string): string {
  return `sms:${accountId}:${messageId}`;
}

function messageOf(
  item: UsageItem,
  { accountId, atMs }: { accountId: string; atMs: number },
): Message {
  const price = item.priceMicros === null ? null : formatMicros(item.priceMicros);
  return {
    id: usageId(accountId, item.messageId),
    carrier: "sms",
    carrierMessageId: item.messageId,
    accountId,
    direction: "outbound",
    from: item.from ?? "",
    to: item.to ?? "",
    segments: item.segments,
    count: item.count,
    status: "reported",
    isFinal: true,
    costMicros: null,
    costCurrency: null,
    country: item.country,
    prefix: item.prefix,
    sentAtMs: item.sentAtMs,
    fault: null,
    record: { [REPORTED_PRICE]: price, fingerprint: item.fingerprint },
    sourceId: "sms:api",
    revision: 1,
    learnedAtMs: atMs,
  };
}
