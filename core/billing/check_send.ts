/**
 * Whether an account may send: asked before every message, so it reads one snapshot and writes nothing.
 *
 * Goes to: `core/sms_billing/billing_summary.ts`, `core/rating/rate_message.ts`.
 *
 * @module
 */
import type { Account } from "../accounts/account.ts";
import { accountKey, type Key, ratePlanKey, smsBillKey, walletKey } from "../kv/keys.ts";
import { CHECKS_MAX, type Row, type Store } from "../kv/store.ts";
import { isE164 } from "../numbering.ts";
import { planIdOf } from "../rating/plans.ts";
import { findPrefix } from "../rating/rate_message.ts";
import { type RatePlan, versionAt } from "../rating/rate_plan.ts";
import type { SmsBill } from "../sms_billing/bill.ts";
import {
  describeUsage,
  joinStanding,
  type SmsStanding,
  type SmsUsageView,
  standingKeys,
} from "../sms_billing/billing_summary.ts";
import { isThresholdReached } from "../sms_billing/limits.ts";
import { availableMicros, type Wallet } from "../wallet/wallet.ts";

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

/** Everything a decision rests on. */
export interface Sender extends SmsStanding {
  /** Who sends. */
  account: Account;
  /** Its money. */
  wallet: Wallet;
  /** The plan its messages are priced by; null when there is none. */
  plan: RatePlan | null;
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

/** Accounts of which it is remembered what was read last. */
const REMEMBERED_MAX = 10_000;

/**
 * Checks over a database.
 *
 * Which bill is open and which plan applies stands in other rows, so the keys that an account needed
 * last time are read along: then one read of at most ten keys, one snapshot, is all. When they have
 * changed a second read fetches what is missing; what was remembered never decides anything.
 */
export function createSendChecks(store: Store): CheckSend {
  const remembered = new Map<string, Key[]>();
  return async ({ accountId, send, atMs }) => {
    const fixed = [accountKey(accountId), walletKey(accountId), ...standingKeys(accountId)];
    const along = remembered.get(accountId) ?? [ratePlanKey("sms")];
    const keys = [...fixed, ...along].slice(0, CHECKS_MAX);
    const rows = rowsByName(keys, await store.getMany<object>(keys));
    const valueOf = <T>(key: Key) => (rows.get(nameOf(key)) ?? null) as T | null;
    const account = valueOf<Account>(fixed[0]!);
    const wallet = valueOf<Wallet>(fixed[1]!);
    if (!account || !wallet) return { status: "account_not_found" };
    const standing = joinStanding(fixed.slice(2).map((key) => valueOf<object>(key)));
    const planKey = ratePlanKey(planIdOf(account, "sms"));
    const billKeys = standing.smsAccount.openBillIds.map(smsBillKey);
    const needed = [planKey, ...billKeys];
    if (remembered.size >= REMEMBERED_MAX) remembered.clear();
    remembered.set(accountId, needed);
    const missing = needed.filter((key) => !rows.has(nameOf(key)));
    if (missing.length > 0) {
      const more = rowsByName(missing, await store.getMany<object>(missing));
      for (const [name, value] of more) rows.set(name, value);
    }
    const openBills = billKeys.flatMap((key) => valueOf<SmsBill>(key) ?? []);
    const plan = valueOf<RatePlan>(planKey);
    return decideSend({ account, wallet, plan, ...standing, openBills }, { send, atMs });
  };
}

const nameOf = (key: Key): string => key.join("\u0000");

function rowsByName(
  keys: readonly Key[],
  rows: readonly (Row<object> | null)[],
): Map<string, object | null> {
  return new Map(keys.map((key, i) => [nameOf(key), rows[i]?.value ?? null]));
}
