/**
 * Whether an account may send: asked before every message, so it reads little and writes nothing.
 *
 * Goes to: `core/billing/read_sender.ts`, `core/rating/rate_message.ts`.
 *
 * @module
 */
import type { Store } from "../kv/store.ts";
import { isE164 } from "../numbering.ts";
import { findPrefix } from "../rating/rate_message.ts";
import { versionAt } from "../rating/rate_plan.ts";
import { describeUsage, type SmsUsageView } from "../sms_billing/billing_summary.ts";
import { isThresholdReached } from "../sms_billing/limits.ts";
import { availableMicros } from "../wallet/wallet.ts";
import { createSenderReader, type Sender } from "./read_sender.ts";

/** What somebody means to send. */
export interface Send {
  /** E.164; null when not told. */
  to: string | null;
  /** Parts of each message. */
  segments: number;
  /** Messages; at least 1. */
  messageCount: number;
  /** What all of them will come to; null when the plan decides. */
  priceMicros: bigint | null;
}

/** Why not. */
export const BLOCK_REASONS = [
  "account_suspended",
  "account_closed",
  "bills_awaiting_approval",
  "insufficient_funds",
] as const;
/** One of {@link BLOCK_REASONS}. */
export type BlockReason = typeof BLOCK_REASONS[number];

/** Whether it may be sent. */
export interface SendVerdict {
  /** Tells it from an account that is not there. */
  status: "decided";
  /** Null: it may. */
  reason: BlockReason | null;
  /** Whether this send reaches a threshold, so that a bill is made. */
  shouldBill: boolean;
  /** Before this send. */
  usage: SmsUsageView;
  /** Of the account. */
  currency: string;
}

/** Decides about a send, from what was read. Pure. */
export function decideSend(
  sender: Sender,
  { send, atMs }: { send: Send; atMs: number },
): SendVerdict {
  const usage = describeUsage(sender, { atMs });
  const priceMicros = priceSend(sender, { send, atMs }) ?? 0n;
  const after = {
    totalMicros: usage.amountMicros + priceMicros,
    messageCount: usage.messageCount + send.messageCount,
  };
  return {
    status: "decided",
    reason: findReason(sender, priceMicros),
    shouldBill: isThresholdReached(after, sender.terms),
    usage,
    currency: sender.account.currency,
  };
}

function findReason(sender: Sender, priceMicros: bigint): BlockReason | null {
  const { account, smsAccount } = sender;
  if (account.status === "suspended") return "account_suspended";
  if (account.status === "closed") return "account_closed";
  if (smsAccount.awaitingCount > 0) return "bills_awaiting_approval";
  return canPay(sender, priceMicros) ? null : "insufficient_funds";
}

/** Whether the wallet covers this send besides all that was sent and is not paid yet. */
function canPay({ wallet, terms, smsAccount, openBills }: Sender, priceMicros: bigint): boolean {
  if (terms.payment !== "wallet" || wallet.policy !== "wait") return true;
  const openMicros = openBills.filter(({ status }) => status === "open")
    .reduce((sum, bill) => sum + bill.totalMicros, 0n);
  return availableMicros(wallet) - openMicros - smsAccount.unpaidMicros >= priceMicros;
}

/** Null where nobody knows: no number, a plan by cost, or one in another currency. */
function priceSend(
  { account, plan }: Pick<Sender, "account" | "plan">,
  { send, atMs }: { send: Send; atMs: number },
): bigint | null {
  if (send.priceMicros !== null) return send.priceMicros;
  const terms = plan?.currency === account.currency ? versionAt(plan, atMs)?.terms : undefined;
  if (terms?.kind !== "per_segment" || send.to === null || !isE164(send.to)) return null;
  return findPrefix(terms, send.to).priceMicros * BigInt(send.segments * send.messageCount);
}

/** Decides about sends; an account that is not there is said to be missing. */
export type CheckSend = (
  input: { accountId: string; send: Send; atMs: number },
) => Promise<SendVerdict | { status: "account_not_found" }>;

/** Checks over a database. */
export function createSendChecks(store: Store): CheckSend {
  const readSender = createSenderReader(store);
  return async ({ accountId, send, atMs }) => {
    const isPlanNeeded = send.priceMicros === null;
    const sender = await readSender({ accountId, isPlanNeeded });
    return sender ? decideSend(sender, { send, atMs }) : { status: "account_not_found" };
  };
}
