/**
 * Proves wallets: their entries, their balance, their days, and what their charges say of calls.
 *
 * Comes from: `core/billing/verify_ledger.ts`. Goes to: `core/wallet/verify.ts`,
 * `core/billing/verify_charges.ts`.
 *
 * @module
 */
import type { Store } from "../kv/store.ts";
import { type Difference, verifyWallet, type WalletProof } from "../wallet/verify.ts";
import { findWrongCharge } from "./verify_charges.ts";

const WALLETS_AT_ONCE = 8;

/** What is found in each wallet, in their order: its first difference, if it has one. */
export async function proveWallets(
  store: Store,
  accountIds: readonly string[],
): Promise<WalletProof[]> {
  const proofs: WalletProof[] = [];
  for (let i = 0; i < accountIds.length; i += WALLETS_AT_ONCE) {
    const part = accountIds.slice(i, i + WALLETS_AT_ONCE);
    proofs.push(...await Promise.all(part.map((id) => proveWallet(store, id))));
  }
  return proofs;
}

async function proveWallet(store: Store, accountId: string): Promise<WalletProof> {
  const proof = await verifyWallet(store, accountId);
  const wrong = await findWrongCharge(store, accountId);
  const isEarlier = wrong && (!proof.difference || isBefore(wrong, proof.difference));
  return isEarlier ? { ...proof, difference: wrong } : proof;
}

/** Differences of entries go before those of the wallet as a whole, which has the number 0. */
function isBefore(a: Difference, b: Difference): boolean {
  return b.seq === 0 || a.seq < b.seq;
}
