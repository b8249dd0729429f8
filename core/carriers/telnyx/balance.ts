/**
 * Telnyx's account balance.
 *
 * @module
 */
import { z } from "zod";
import { parseDecimal } from "../../money.ts";
import { parseDecimalText } from "./decimal_sum.ts";
import { parseCurrency } from "./fields.ts";

/** What we have at Telnyx; one figure for the account, none per number. */
export interface TelnyxBalance {
  /** May be negative. */
  balanceMicros: bigint;
  /** Null where Telnyx says nothing usable. */
  creditLimitMicros: bigint | null;
  /** Balance plus credit limit, as Telnyx adds it up. */
  availableMicros: bigint | null;
  /** Spent and not yet taken off the balance. */
  pendingMicros: bigint | null;
  /** ISO 4217; null when Telnyx does not say. */
  currency: string | null;
}

/**
 * Reads `{data: {…}}` from JSON that kept its numbers; null when it has no balance.
 *
 * Source: Telnyx OpenAPI specification, `UserBalance`.
 */
export function parseBalance(value: unknown): TelnyxBalance | null {
  const parsed = balanceSchema.safeParse(value);
  if (!parsed.success) return null;
  const { balance, credit_limit, available_credit, pending, currency } = parsed.data.data;
  const balanceMicros = parseAmountText(balance);
  if (balanceMicros === null) return null;
  return {
    balanceMicros,
    creditLimitMicros: parseAmountText(credit_limit),
    availableMicros: parseAmountText(available_credit),
    pendingMicros: parseAmountText(pending),
    currency: parseCurrency(currency),
  };
}

const anything = z.unknown().optional();
const balanceSchema = z.object({
  data: z.object({
    balance: anything,
    credit_limit: anything,
    available_credit: anything,
    pending: anything,
    currency: anything,
  }),
});

function parseAmountText(value: unknown): bigint | null {
  return parseDecimal(parseDecimalText(value) ?? "");
}
