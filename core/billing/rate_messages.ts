/**
 * Rates the messages that are due, beneath their wallets, and counts each into the bill of its period.
 *
 * Goes to: `core/billing/message_charge.ts`, `core/wallet/change_wallet.ts`.
 *
 * @module
 */
import type { Account } from "../accounts/account.ts";
import type { Batch } from "../kv/batch.ts";
import {
  accountKey,
  type Key,
  messageChargeKey,
  messageDuePrefix,
  messageKey,
  smsAccountKey,
  smsAccountSettingsKey,
  smsSettingsKey,
} from "../kv/keys.ts";
import { getSmsAccount } from "../sms_billing/bill.ts";
import type { Counting } from "../sms_billing/count_usage.ts";
import { readSmsTerms } from "../sms_billing/settings.ts";
import type { Message } from "../usage/messages.ts";
import { changeWallet } from "../wallet/change_wallet.ts";
import type { BillingDeps } from "./bill_due.ts";
import { stageMessageCharge } from "./message_charge.ts";

/** Messages of one wallet rated by one commit: three rows each, and their bills. */
const MESSAGES_PER_COMMIT = 100;
/** Bills that one commit may begin: a low threshold closes each at once, with its entry and notices. */
const BILLS_PER_COMMIT = 10;

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
      let next = 0;
      while (next < keys.length) {
        const part = keys.slice(next, next + MESSAGES_PER_COMMIT);
        const { done, rated } = await ratePart(deps, { accountId, due: part });
        next += done;
        count += rated;
      }
    }
  }
}

/** Rates as many as fit one commit: at least one. */
async function ratePart(
  deps: BillingDeps,
  { accountId, due }: { accountId: string; due: Key[] },
): Promise<{ done: number; rated: number }> {
  const atMs = deps.clock.now();
  const ids = due.map((key) => key[3]!);
  const outcome = await changeWallet(deps, {
    accountId,
    reads: [
      ...countingReads(accountId),
      ...ids.flatMap((id) => [messageKey(id), messageChargeKey(id)]),
    ],
    stage: async (batch, wallet) => {
      const account = await batch.getChecked<Account>(accountKey(accountId));
      if (!account) throw new Error(`Cannot rate messages: account ${accountId} is missing`);
      const counting = await openCounting(batch, { deps, account, atMs, actor: "sync" });
      const bills = (await getSmsAccount(batch, accountId)).billCount;
      const staged = { status: "staged" as const, done: 0, rated: 0 };
      for (const key of due) {
        staged.done++;
        batch.delete(key);
        const message = await batch.get<Message>(messageKey(key[3]!));
        if (message?.accountId !== accountId) continue;
        const charge = await stageMessageCharge(batch, { message, account, wallet, counting });
        if (charge?.state === "rated") staged.rated++;
        const made = (await getSmsAccount(batch, accountId)).billCount - bills;
        if (made >= BILLS_PER_COMMIT) break;
      }
      return staged;
    },
  });
  if (outcome.status !== "staged") {
    throw new Error(`Cannot rate messages: ${accountId} has no wallet`);
  }
  return outcome;
}

/** What {@link openCounting} and the counting will ask for. */
export function countingReads(accountId: string): Key[] {
  return [
    accountKey(accountId),
    smsAccountKey(accountId),
    smsAccountSettingsKey(accountId),
    smsSettingsKey,
  ];
}

/** How an account's messages are counted now; the commit fails when its terms change meanwhile. */
export async function openCounting(
  batch: Batch,
  { deps, account, atMs, actor }: {
    deps: BillingDeps;
    account: Account;
    atMs: number;
    actor: string;
  },
): Promise<Counting> {
  const { effective: terms } = await readSmsTerms(batch, account.id);
  return { account, terms, atMs, actor, newId: () => deps.ids.id() };
}
