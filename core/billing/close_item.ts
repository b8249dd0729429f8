/**
 * Closes an item that two sides do not agree on, by hand: somebody has looked, and says why it stays so.
 *
 * The note stands with the item for as long as both sides say what they said when it was closed.
 *
 * Comes from: `core/billing/reconciliation.ts`. Goes to: `core/audit/audit.ts`.
 *
 * @module
 */
import { recordAudit } from "../audit/audit.ts";
import type { Clock } from "../clock.ts";
import type { Ids } from "../ids.ts";
import type { Gates } from "../kv/gates.ts";
import { reconciliationKey } from "../kv/keys.ts";
import type { Carrier } from "../usage/call_usage.ts";
import type { Reconciliation, ReconciliationItem } from "./reconciliation.ts";

/** Who closed an item, when and why. */
export interface Closing {
  /** Who looked. */
  actor: string;
  /** When. */
  atMs: number;
  /** Why it stays as it is, in words. */
  note: string;
}

/** Which item, and why. */
export interface CloseRequest {
  /** Whose records. */
  carrier: Carrier;
  /** The UTC day. */
  day: string;
  /** As it stands with the item. */
  callId: string;
  /** See {@link Closing.note}. */
  note: string;
  /** See {@link Closing.actor}. */
  actor: string;
}

/** Closes one open item, and records who did; the day closes with its last one. */
export async function closeItem(
  deps: { gates: Gates; clock: Clock; ids: Ids },
  { carrier, day, callId, note, actor }: CloseRequest,
): Promise<{ status: "item_closed" | "item_not_open" | "item_not_found" }> {
  const key = reconciliationKey(carrier, day);
  const atMs = deps.clock.now();
  const auditId = deps.ids.id();
  return await deps.gates.change({
    gate: key,
    stage: async (batch) => {
      const found = await batch.get<Reconciliation>(key);
      const item = found?.items.find((one) => one.callId === callId);
      if (!found || !item) return { status: "item_not_found" as const };
      if (item.state !== "open") return { status: "item_not_open" as const };
      const closed: ReconciliationItem = {
        ...item,
        state: "closed",
        closed: { actor, atMs, note },
      };
      const items = found.items.map((one) => one === item ? closed : one);
      batch.set(key, { ...found, items, openCount: Math.max(0, found.openCount - 1) });
      recordAudit(batch, {
        id: auditId,
        atMs,
        actor,
        action: "reconciliation_item_closed",
        subject: `${carrier}:${day}`,
        detail: `${callId}: ${note}`,
      });
      return { status: "item_closed" as const };
    },
  });
}

/** Items as they were found now, with what was closed before and has not changed since. */
export function withClosed(
  items: readonly ReconciliationItem[],
  before: readonly ReconciliationItem[],
): ReconciliationItem[] {
  const known = new Map(before.flatMap((item) => item.closed ? [[item.callId, item]] : []));
  return items.map((item) => {
    const earlier = known.get(item.callId);
    const isSame = item.state === "open" && earlier?.closed && earlier.kind === item.kind &&
      earlier.oursMicros === item.oursMicros && earlier.theirsMicros === item.theirsMicros;
    return isSame ? { ...item, state: "closed", closed: earlier.closed! } : item;
  });
}
