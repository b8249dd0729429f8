/**
 * When and how a simulated Twilio tells a price: late, as negative text, or never.
 *
 * @module
 */
import { formatMicros } from "../../../money.ts";

/** What a call or a message will cost. */
export interface PriceTruth {
  /** As Twilio writes it; null for Twilio's own rate. */
  priceText: string | null;
  /** No price is told before this instant; null for never. */
  pricedAtMs: number | null;
}

/** `-0.01400`, or null before its time. */
export function formatPrice(
  { truth, units, micros, nowMs }: {
    truth: PriceTruth;
    /** Started minutes, or segments. */
    units: number;
    /** For one unit; a multiple of ten, as Twilio writes five decimals. */
    micros: number;
    nowMs: number;
  },
): string | null {
  if (truth.pricedAtMs === null || nowMs < truth.pricedAtMs) return null;
  return truth.priceText ?? `-${formatMicros(BigInt(units * micros)).slice(0, -1)}`;
}
