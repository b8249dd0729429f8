/**
 * A carrier's balance as last told, kept so that a page has something to show while the carrier is away.
 *
 * @module
 */
import { utcDay } from "../clock.ts";
import { encodeRow } from "../kv/codec.ts";
import { carrierBalanceDayKey, carrierBalanceKey } from "../kv/keys.ts";
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

/** A balance as a carrier's adapter reads it; null where the carrier says nothing usable. */
export interface ToldBalance {
  /** See {@link CarrierBalance.balanceMicros}. */
  balanceMicros: bigint;
  /** See {@link CarrierBalance.pendingMicros}. */
  pendingMicros: bigint | null;
  /** See {@link CarrierBalance.creditLimitMicros}. */
  creditLimitMicros: bigint | null;
  /** See {@link CarrierBalance.availableMicros}. */
  availableMicros: bigint | null;
  /** USD where the carrier does not say. */
  currency: string | null;
}

/** The balance of what was told now, with what follows where the carrier left something out. */
export function balanceOf(told: ToldBalance, atMs: number): CarrierBalance {
  const creditLimitMicros = told.creditLimitMicros ?? 0n;
  return {
    balanceMicros: told.balanceMicros,
    pendingMicros: told.pendingMicros ?? 0n,
    creditLimitMicros,
    availableMicros: told.availableMicros ?? told.balanceMicros + creditLimitMicros,
    currency: told.currency ?? "USD",
    atMs,
  };
}

/** The last one kept, or null. */
export async function getCarrierBalance(
  store: Store,
  carrier: string,
): Promise<CarrierBalance | null> {
  return (await store.get<CarrierBalance>(carrierBalanceKey(carrier)))?.value ?? null;
}

/** The last one told on a UTC day, or null. */
export async function getBalanceOfDay(
  store: Store,
  { carrier, day }: { carrier: string; day: string },
): Promise<CarrierBalance | null> {
  return (await store.get<CarrierBalance>(carrierBalanceDayKey(carrier, day)))?.value ?? null;
}

/** Keeps one, as the last and as its day's; nothing depends on whether it succeeds. */
export async function keepCarrierBalance(
  store: Store,
  { carrier, balance }: { carrier: string; balance: CarrierBalance },
): Promise<void> {
  const keys = [carrierBalanceKey(carrier), carrierBalanceDayKey(carrier, utcDay(balance.atMs))];
  const puts = keys.map((key) => ({ key, bytes: encodeRow(key, balance) }));
  await store.commit({ checks: [], puts, deletes: [] });
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
