/**
 * Reads everything that decides about a send, of one account, as it is now.
 *
 * Whatever belongs to the SMS billing of an account (its bills, how far they are, its own terms) is
 * written beneath its wallet, in commits that write the wallet row as well. So while the stamps of three
 * rows (account, wallet, installation's terms) are those of the last time, everything is as it was then,
 * whichever process writes, and only those three are read. What is remembered is used for nothing else:
 * where a stamp differs, or the account is not remembered, all rows are read, as one snapshot.
 *
 * Comes from: `core/billing/check_send.ts`. Goes to: `core/sms_billing/billing_summary.ts`.
 *
 * @module
 */
import type { Account } from "../accounts/account.ts";
import {
  accountKey,
  type Key,
  ratePlanKey,
  smsAccountKey,
  smsAccountSettingsKey,
  smsBillKey,
  smsSettingsKey,
  walletKey,
} from "../kv/keys.ts";
import { CHECKS_MAX, type Row, type Store } from "../kv/store.ts";
import { planIdOf } from "../rating/plans.ts";
import type { RatePlan } from "../rating/rate_plan.ts";
import type { SmsBill } from "../sms_billing/bill.ts";
import { joinStanding, type SmsStanding } from "../sms_billing/billing_summary.ts";
import type { Wallet } from "../wallet/wallet.ts";

/** Everything a decision rests on. */
export interface Sender extends SmsStanding {
  /** Who sends. */
  account: Account;
  /** Its money. */
  wallet: Wallet;
  /** The plan its messages are priced by; null when there is none, or it was not asked for. */
  plan: RatePlan | null;
}

/** Reads a sender; null when there is no such account. */
export type ReadSender = (
  wanted: { accountId: string; isPlanNeeded: boolean },
) => Promise<Sender | null>;

/** A sender as it was read last. */
interface Known {
  /** Of the rows that tell whether it still is so; null while bills of it are not read yet. */
  stamps: string | null;
  sender: Omit<Sender, "plan">;
  /** The open bills in it. */
  billIds: readonly string[];
  planId: string;
  /** Whether it was as before when it was last read: then it is likely to be so again. */
  isQuiet: boolean;
}

/** Accounts that are remembered; the one nobody asked for the longest time is forgotten first. */
const KNOWN_MAX = 2_000;

/** A reader over a database. */
export function createSenderReader(store: Store): ReadSender {
  const senders = new Map<string, Known>();
  return async ({ accountId, isPlanNeeded }) => {
    const known = senders.get(accountId) ?? null;
    const wanted = { accountId, isPlanNeeded };
    const found = await recall(store, { ...wanted, known }) ??
      await readWhole(store, { ...wanted, known });
    if (!found) return null;
    remember(senders, { accountId, known: found.known });
    return { ...found.known.sender, plan: found.plan?.value ?? null };
  };
}

function remember(
  senders: Map<string, Known>,
  { accountId, known }: { accountId: string; known: Known },
): void {
  senders.delete(accountId);
  if (senders.size >= KNOWN_MAX) senders.delete(senders.keys().next().value!);
  senders.set(accountId, known);
}

type Wanted = { accountId: string; isPlanNeeded: boolean; known: Known | null };
type Found = { known: Known; plan: Row<RatePlan> | null };

/** The sender of the last time, if it is likely to be as it was and proves to be; else null. */
async function recall(store: Store, { known, ...wanted }: Wanted): Promise<Found | null> {
  if (!known?.isQuiet) return null;
  const rows = await readRows(store, { ...wanted, planId: known.planId, beneath: [] });
  return rows?.stamps === known.stamps ? { known, plan: rows.plan } : null;
}

/** The sender out of one snapshot; null when there is no such account. */
async function readWhole(store: Store, { known, ...wanted }: Wanted): Promise<Found | null> {
  let guess = known;
  // Which bills are open stands in the rows themselves: one more turn for each time it has changed.
  for (;;) {
    const planId = guess?.planId ?? "sms";
    const billIds = guess?.billIds ?? [];
    const beneath = beneathKeys(wanted.accountId, billIds);
    const rows = await readRows(store, { ...wanted, planId, beneath });
    if (!rows) return null;
    if (guess && rows.stamps === guess.stamps) {
      return { known: { ...guess, isQuiet: true }, plan: rows.plan };
    }
    const now = learn(rows);
    const isAllRead = now.billIds.join() === billIds.join() &&
      (now.planId === planId || !wanted.isPlanNeeded);
    if (isAllRead && await isOneSnapshot(store, { ...wanted, rows })) {
      return { known: now, plan: rows.plan };
    }
    guess = { ...now, stamps: null };
  }
}

interface Rows {
  account: Row<Account>;
  wallet: Row<Wallet>;
  terms: Row<object> | null;
  plan: Row<RatePlan> | null;
  beneath: (Row<object> | null)[];
  stamps: string;
}

const beneathKeys = (accountId: string, billIds: readonly string[]): Key[] => [
  smsAccountKey(accountId),
  smsAccountSettingsKey(accountId),
  ...billIds.map(smsBillKey),
];

async function readRows(
  store: Store,
  { accountId, isPlanNeeded, planId, beneath }: Omit<Wanted, "known"> & {
    planId: string;
    beneath: readonly Key[];
  },
): Promise<Rows | null> {
  const planKeys = isPlanNeeded ? [ratePlanKey(planId)] : [];
  const [account, wallet, terms, ...others] = await store.getMany<object>([
    accountKey(accountId),
    walletKey(accountId),
    smsSettingsKey,
    ...planKeys,
    ...beneath,
  ]);
  if (!account || !wallet) return null;
  return {
    account: account as Row<Account>,
    wallet: wallet as Row<Wallet>,
    terms: terms ?? null,
    plan: isPlanNeeded ? others[0] as Row<RatePlan> | null : null,
    beneath: others.slice(planKeys.length),
    stamps: [account, wallet, terms].map((row) => row?.versionstamp ?? "").join(),
  };
}

function learn({ account, wallet, terms, beneath, stamps }: Rows): Known {
  const [smsAccount, own, ...bills] = beneath.map((row) => row?.value ?? null);
  const standing = joinStanding([smsAccount ?? null, terms?.value ?? null, own ?? null]);
  return {
    stamps,
    sender: {
      account: account.value,
      wallet: wallet.value,
      ...standing,
      openBills: bills.flatMap((bill) => (bill as SmsBill | null) ?? []),
    },
    billIds: standing.smsAccount.openBillIds,
    planId: planIdOf(account.value, "sms"),
    isQuiet: false,
  };
}

/** More rows than one snapshot holds are of one time all the same while the wallet is as it was. */
async function isOneSnapshot(
  store: Store,
  { accountId, rows }: { accountId: string; rows: Rows },
): Promise<boolean> {
  if (4 + rows.beneath.length <= CHECKS_MAX) return true;
  const wallet = await store.get(walletKey(accountId));
  return wallet?.versionstamp === rows.wallet.versionstamp;
}
