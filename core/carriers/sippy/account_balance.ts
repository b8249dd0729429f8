/**
 * Asks what an account has left to spend, and turns the switch's inverted sign around.
 *
 * Comes from: `core/carriers/sippy/client.ts`.
 * Goes to: `core/money.ts`.
 *
 * @module
 */
import { parseDecimal } from "../../money.ts";
import type { Conversation } from "./conversation.ts";
import { memberOf, structOf, textOf, type XmlRpcValue } from "./xml_rpc/value.ts";

/** What the switch says of an account's money. */
export type AccountBalanceOutcome =
  | {
    status: "found";
    iAccount: number;
    /** `balanceMicros` and `creditLimitMicros` together: what may still be spent. */
    availableMicros: bigint;
    /** Positive means money available, as everywhere in this program. */
    balanceMicros: bigint;
    /** Its size: whether the switch inverts this one, too, is not documented. */
    creditLimitMicros: bigint;
    /** ISO 4217; what a debit should be sent in. Null when the switch does not tell. */
    baseCurrency: string | null;
    tookMs: number;
  }
  /** The switch answered with an XML-RPC fault, for example because it has no such account. */
  | { status: "refused"; faultCode: number; faultString: string; tookMs: number }
  /** No answer, or none that can be read; `tookMs` is null when nothing was asked. */
  | { status: "unavailable"; reason: string; tookMs: number | null };

/**
 * `getAccountInfo`, whose balance is negative when money is available.
 *
 * Source: Sippy documentation, articles 107327 (inverted sign) and 77472 (available is balance and
 * credit limit together).
 */
export async function askAccountBalance(
  conversation: Conversation,
  { iAccount }: { iAccount: number },
): Promise<AccountBalanceOutcome> {
  const parameters = structOf({ i_account: { kind: "int", value: iAccount } });
  const answer = await conversation.call({ method: "getAccountInfo", parameters });
  if (answer.status === "fault") return { ...answer, status: "refused" };
  if (answer.status !== "answered") return { ...answer, status: "unavailable" };
  const { value, tookMs } = answer;
  const inverted = microsOf(memberOf(value, "balance"));
  const limitMember = memberOf(value, "credit_limit");
  const limit = limitMember === null ? 0n : microsOf(limitMember);
  if (inverted === null || limit === null) {
    return { status: "unavailable", reason: "the answer holds no balance", tookMs };
  }
  const balanceMicros = -inverted;
  const creditLimitMicros = limit < 0n ? -limit : limit;
  const availableMicros = balanceMicros + creditLimitMicros;
  const baseCurrency = textOf(memberOf(value, "base_currency"));
  return {
    status: "found",
    iAccount,
    availableMicros,
    balanceMicros,
    creditLimitMicros,
    baseCurrency,
    tookMs,
  };
}

function microsOf(value: XmlRpcValue | null): bigint | null {
  const text = textOf(value);
  return text === null ? null : parseDecimal(text);
}
