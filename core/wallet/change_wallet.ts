/**
 * The one door to a wallet: a stage beneath its gate, committed together with its neighbours.
 *
 * Goes to: `core/kv/gates.ts`.
 *
 * @module
 */
import type { Batch } from "../kv/batch.ts";
import type { Gates } from "../kv/gates.ts";
import { type Key, walletKey } from "../kv/keys.ts";
import type { Wallet } from "./wallet.ts";

/** A change of one wallet: what it will read, and the stage (see `core/kv/gates.ts` for its rules). */
export interface WalletChange<T> {
  /** Whose wallet. */
  accountId: string;
  /** Keys the stage will ask for, fetched together. */
  reads?: readonly Key[];
  /** Does not run when there is no such wallet. */
  stage: (batch: Batch, wallet: Wallet) => Promise<T>;
}

/** Commits the change; answers what its stage answered, or that there is no such account. */
export function changeWallet<T>(
  deps: { gates: Gates },
  { accountId, reads = [], stage }: WalletChange<T>,
): Promise<T | { status: "account_not_found" }> {
  return deps.gates.change<T | { status: "account_not_found" }>({
    gate: walletKey(accountId),
    reads,
    stage: async (batch) => {
      const wallet = await batch.get<Wallet>(walletKey(accountId));
      return wallet ? await stage(batch, wallet) : { status: "account_not_found" };
    },
  });
}
