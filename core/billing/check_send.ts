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
  const remembered = new Map<string, readonly Key[]>();
  return async ({ accountId, send, atMs }) => {
    const along = remembered.get(accountId) ?? [];
    const keys = [
      accountKey(accountId),
      walletKey(accountId),
      ...standingKeys(accountId),
      ...along,
    ];
    const [account, wallet, smsAccount, global, own, ...rest] = await store.getMany<object>(keys);
    if (!account || !wallet) return { status: "account_not_found" };
    const standing = joinStanding([smsAccount, global, own].map((row) => row?.value ?? null));
    const billKeys = standing.smsAccount.openBillIds.map(smsBillKey);
    const planKey = ratePlanKey(planIdOf(account.value as Account, "sms"));
    const needed = send.priceMicros === null ? [...billKeys, planKey] : billKeys;
    const values = await readNeeded(store, { needed, along, rows: rest });
    if (remembered.size >= REMEMBERED_MAX) remembered.clear();
    remembered.set(accountId, needed.slice(0, ALONG_MAX));
    const sender: Sender = {
      account: account.value as Account,
      wallet: wallet.value as Wallet,
      ...standing,
      openBills: values.slice(0, billKeys.length).flatMap((value) => (value as SmsBill) ?? []),
      plan: (values[billKeys.length] ?? null) as RatePlan | null,
    };
    return decideSend(sender, { send, atMs });
  };
}

/** Keys read along: with the five that are always read, one snapshot. */
const ALONG_MAX = CHECKS_MAX - 5;

/** The values of the needed keys: from what was read along, and from a second read for the others. */
async function readNeeded(
  store: Store,
  { needed, along, rows }: {
    needed: readonly Key[];
    along: readonly Key[];
    rows: readonly (Row<object> | null)[];
  },
): Promise<(object | null)[]> {
  const places = needed.map((key) => along.findIndex((one) => isSame(one, key)));
  const missing = needed.filter((_, i) => places[i] === -1);
  const more = missing.length === 0 ? [] : await store.getMany<object>(missing);
  let next = 0;
  return places.map((place) => (place === -1 ? more[next++] : rows[place])?.value ?? null);
}

const isSame = (a: Key, b: Key): boolean => a[0] === b[0] && a[1] === b[1];
