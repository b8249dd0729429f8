/**
 * What one leg of a call cost, as a `call.cost` event tells it.
 *
 * @module
 */
import { z } from "zod";
import { parseDecimalText } from "../decimal_sum.ts";
import { parseCurrency, parseText, parseWhole } from "../fields.ts";

/** What a leg cost; decimals as they were written. */
export interface TelnyxLegCost {
  /** Whether Telnyx could calculate it. */
  status: "success" | "error";
  /** `total_cost`; null when Telnyx does not say. */
  totalText: string | null;
  /** `billed_duration_secs`: the longest of the parts. */
  billedSeconds: number | null;
  /** Null when there are more than {@link COST_PARTS_MAX} or the total is unreadable: not usable. */
  parts: TelnyxCostPart[] | null;
}

/** One part of a leg's cost; null where Telnyx wrote something else than documented. */
export interface TelnyxCostPart {
  /** `sip-trunking`, `call-control`, `call-recording`, … */
  part: string | null;
  /** Per minute. */
  rateText: string | null;
  /** Decimal as it was written. */
  costText: string | null;
  /** Written on the parts only. */
  currency: string | null;
  /** Rounded up to the part's increment. */
  billedSeconds: number | null;
}

/** Parts kept of one leg's cost. */
export const COST_PARTS_MAX = 12;

/**
 * Reads the payload of a `call.cost`; null when its status is neither `success` nor `error`.
 *
 * Source: Telnyx OpenAPI specification, `call.cost`; the total may be null, the set of parts is open.
 */
export function parseLegCost(
  members: {
    status?: unknown;
    total_cost?: unknown;
    billed_duration_secs?: unknown;
    cost_parts?: unknown;
  },
): TelnyxLegCost | null {
  const { status } = members;
  if (status !== "success" && status !== "error") return null;
  const parts = partsSchema.safeParse(members.cost_parts ?? []);
  const totalText = parseDecimalText(members.total_cost);
  // A total that is there and cannot be read could contradict the parts, so they are not believed.
  const isReadable = totalText !== null || (members.total_cost ?? null) === null;
  return {
    status,
    totalText,
    billedSeconds: parseWhole(members.billed_duration_secs),
    parts: parts.success && isReadable ? parts.data.map(parsePart) : null,
  };
}

const anything = z.unknown().optional();
const partsSchema = z.array(
  z.object({
    call_part: anything,
    rate: anything,
    cost: anything,
    currency: anything,
    billed_duration_secs: anything,
  }),
).max(COST_PARTS_MAX);

function parsePart(part: z.output<typeof partsSchema>[number]): TelnyxCostPart {
  return {
    part: parseText(part.call_part, 32),
    rateText: parseDecimalText(part.rate),
    costText: parseDecimalText(part.cost),
    currency: parseCurrency(part.currency),
    billedSeconds: parseWhole(part.billed_duration_secs),
  };
}
