/**
 * A carrier's balance as last told, kept so that a page has something to show while the carrier is away.
 *
 * @module
 */
import { encodeRow } from "../kv/codec.ts";
import { carrierBalanceKey } from "../kv/keys.ts";
import type { Store } from "../kv/store.ts";
import { formatMicros } from "../money.ts";

/** What the carrier said, and when. */
export interface CarrierBalance {
  /** Our money with the carrier. */
  balanceMicros: bigint;
  /** Not settled yet. */
  pendingMicros: bigint;
  /** How far below zero it may go. */
  creditLimitMicros: bigint;
  /** Balance and credit limit. */
  availableMicros: bigint;
  /** ISO 4217. */
  currency: string;
  /** When it was told. */
  atMs: number;
}

/** The last one kept, or null. */
export async function getCarrierBalance(
  store: Store,
  carrier: string,
): Promise<CarrierBalance | null> {
  return (await store.get<CarrierBalance>(carrierBalanceKey(carrier)))?.value ?? null;
}

/** Keeps one; nothing depends on whether it succeeds. */
export async function keepCarrierBalance(
  store: Store,
  { carrier, balance }: { carrier: string; balance: CarrierBalance },
): Promise<void> {
  const key = carrierBalanceKey(carrier);
  await store.commit({ checks: [], puts: [{ key, bytes: encodeRow(key, balance) }], deletes: [] });
}

/** In the shape of the address that older programs read: JSON numbers, for showing only. */
export function showBalance(balance: CarrierBalance): {
  balance: number;
  pending: number;
  creditLimit: number;
  availableCredit: number;
  currency: string;
} {
  const shown = (micros: bigint) => Number(formatMicros(micros));
  return {
    balance: shown(balance.balanceMicros),
    pending: shown(balance.pendingMicros),
    creditLimit: shown(balance.creditLimitMicros),
    availableCredit: shown(balance.availableMicros),
    currency: balance.currency,
  };
}
