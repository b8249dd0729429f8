/**
 * A carrier's reconciled day as the API shows it.
 *
 * @module
 */
import { z } from "zod";
import {
  DIFFERENCE_KINDS,
  type Reconciliation,
  type ReconciliationItem,
  type SideSum,
  type SideSums,
  SUGGESTIONS,
} from "../../../core/billing/reconciliation.ts";
import { formatInstant } from "../../../core/clock.ts";
import { formatMoney } from "../../../core/money.ts";
import { instantShape, moneyShape } from "./fields.ts";

const sideShape = z.object({ count: z.int(), ours: moneyShape, theirs: moneyShape })
  .meta({ id: "ReconciliationSide" });

/** One carrier's day: four counts with what each side says they cost, and what does not agree. */
export const reconciliationShape = z.object({
  carrier: z.string(),
  day: z.iso.date(),
  state: z.enum(["pending", "done", "failed"]),
  reason: z.string().nullable().meta({ description: "Why it failed" }),
  closes: z.boolean().meta({ description: "Done, and every cent settled or explained" }),
  matched: sideShape,
  oursOnly: sideShape,
  theirsOnly: sideShape,
  different: sideShape,
  messages: z.object({
    matched: sideShape,
    oursOnly: sideShape,
    theirsOnly: sideShape,
    different: sideShape,
  }).nullable().meta({ description: "The same of messages; null where they are not compared" }),
  totals: z.object({ ours: moneyShape, theirs: moneyShape, difference: moneyShape }),
  items: z.array(z.object({
    callId: z.string().meta({ description: "The call's id, or the message's" }),
    usage: z.enum(["call", "message"]),
    kind: z.enum(DIFFERENCE_KINDS),
    ours: moneyShape.nullable(),
    theirs: moneyShape.nullable(),
    state: z.enum(["settled", "explained", "open", "closed"]),
    suggestion: z.enum(SUGGESTIONS),
    closed: z.object({ actor: z.string(), at: instantShape, note: z.string() }).nullable()
      .meta({ description: "Who closed it by hand, when and why" }),
  })),
  itemCount: z.int().meta({ description: "Calls that do not agree, listed or not" }),
  openCount: z.int(),
  balanceMovement: z.object({
    from: moneyShape,
    fromAt: instantShape,
    to: moneyShape,
    toAt: instantShape,
    movement: moneyShape,
    callCost: moneyShape,
    messageCost: moneyShape,
    unexplained: moneyShape,
  }).nullable(),
  startedAt: instantShape,
  finishedAt: instantShape.nullable(),
}).meta({ id: "Reconciliation" });

/** See {@link reconciliationShape}. */
export function showReconciliation(found: Reconciliation): z.infer<typeof reconciliationShape> {
  const { currency } = found;
  const money = (micros: bigint) => formatMoney(micros, currency);
  const { oursMicros, theirsMicros } = totalsOf(found);
  return {
    carrier: found.carrier,
    day: found.day,
    state: found.state,
    reason: found.failure,
    closes: found.state === "done" && found.openCount === 0,
    ...showSides(found),
    messages: found.messages ? showSides(found.messages) : null,
    totals: {
      ours: money(oursMicros),
      theirs: money(theirsMicros),
      difference: money(theirsMicros - oursMicros),
    },
    items: found.items.map((item) => ({
      callId: item.callId,
      usage: item.usage ?? "call" as const,
      kind: item.kind,
      ours: item.oursMicros === null ? null : money(item.oursMicros),
      theirs: item.theirsMicros === null ? null : money(item.theirsMicros),
      state: item.state,
      suggestion: item.suggestion,
      closed: showClosing(item),
    })),
    itemCount: found.itemCount,
    openCount: found.openCount,
    balanceMovement: showMovement(found),
    startedAt: formatInstant(found.startedAtMs),
    finishedAt: found.finishedAtMs === null ? null : formatInstant(found.finishedAtMs),
  };
}

function showSides(
  { currency, matched, oursOnly, theirsOnly, different }: SideSums,
): Record<"matched" | "oursOnly" | "theirsOnly" | "different", z.infer<typeof sideShape>> {
  const side = ({ count, oursMicros, theirsMicros }: SideSum) => ({
    count,
    ours: formatMoney(oursMicros, currency),
    theirs: formatMoney(theirsMicros, currency),
  });
  return {
    matched: side(matched),
    oursOnly: side(oursOnly),
    theirsOnly: side(theirsOnly),
    different: side(different),
  };
}

function showClosing(
  { closed }: ReconciliationItem,
): { actor: string; at: string; note: string } | null {
  return closed ? { actor: closed.actor, at: formatInstant(closed.atMs), note: closed.note } : null;
}

/** What each side says the day cost, all four together. */
export function totalsOf(
  { matched, oursOnly, theirsOnly, different }: Pick<
    Reconciliation,
    "matched" | "oursOnly" | "theirsOnly" | "different"
  >,
): { oursMicros: bigint; theirsMicros: bigint } {
  const sides = [matched, oursOnly, theirsOnly, different];
  return {
    oursMicros: sides.reduce((sum, side) => sum + side.oursMicros, 0n),
    theirsMicros: sides.reduce((sum, side) => sum + side.theirsMicros, 0n),
  };
}

function showMovement(
  { movement }: Reconciliation,
): z.infer<typeof reconciliationShape>["balanceMovement"] {
  if (!movement) return null;
  const money = (micros: bigint) => formatMoney(micros, movement.currency);
  return {
    from: money(movement.fromMicros),
    fromAt: formatInstant(movement.fromAtMs),
    to: money(movement.toMicros),
    toAt: formatInstant(movement.toAtMs),
    movement: money(movement.toMicros - movement.fromMicros),
    callCost: money(movement.callCostMicros),
    messageCost: money(movement.messageCostMicros),
    unexplained: money(movement.unexplainedMicros),
  };
}
