/**
 * Tries unpaid bills again when money comes into their wallet, in the commit of the money.
 *
 * Goes to: `core/sms_billing/pay_from_wallet.ts`.
 *
 * @module
 */
import type { Batch } from "../kv/batch.ts";
import { smsBillKey, walletKey } from "../kv/keys.ts";
import { mayPost, type Wallet } from "../wallet/wallet.ts";
import { getSmsAccount, payableMicros, type SmsBill } from "./bill.ts";
import { payFromWallet } from "./pay_from_wallet.ts";
import { readSmsTerms } from "./settings.ts";

/** Bills paid by the commit of one top-up; the job of each sees to the others. */
const BILLS_PER_COMMIT = 20;

/** Stages the payment of bills that the wallet did not cover before and covers now, oldest first. */
export async function stageFundedBills(
  batch: Batch,
  { accountId, atMs, actor }: { accountId: string; atMs: number; actor: string },
): Promise<void> {
  const { unfundedIds } = await getSmsAccount(batch, accountId);
  if (unfundedIds.length === 0) return;
  const { effective: terms } = await readSmsTerms(batch, accountId);
  for (const billId of unfundedIds.slice(0, BILLS_PER_COMMIT)) {
    const bill = await batch.get<SmsBill>(smsBillKey(billId));
    const wallet = await batch.get<Wallet>(walletKey(accountId));
    // What is not covered yet is not tried: its attempts stay as they are.
    if (!bill || !wallet || !mayPost(wallet, -payableMicros(bill))) return;
    await payFromWallet(batch, { bill, terms, atMs, actor });
  }
}
