/**
 * How a carrier's balance moved over a UTC day, beside what usage cost on it.
 *
 * The readings are the last ones of the day and of the day before. What is left is not a loss: top-ups,
 * monthly fees, and usage that the carrier takes off later all stand in it.
 *
 * Goes to: `core/billing/carrier_balance.ts`.
 *
 * @module
 */
import { DAY_MS, parseInstant, utcDay } from "../clock.ts";
import { messageByTimePrefix, messageKey, timePart } from "../kv/keys.ts";
import { everyRow } from "../kv/page.ts";
import type { Store } from "../kv/store.ts";
import type { Carrier } from "../usage/call_usage.ts";
import type { Message } from "../usage/messages.ts";
import { type CarrierBalance, getBalanceOfDay } from "./carrier_balance.ts";

/** A day's movement of our money with a carrier. */
export interface DayMovement {
  /** The last reading of the day before. */
  fromMicros: bigint;
  /** When that was. */
  fromAtMs: number;
  /** The last reading of the day. */
  toMicros: bigint;
  /** When that was. */
  toAtMs: number;
  /** Of every amount here; ISO 4217. */
  currency: string;
  /** What the carrier's records say the day's calls cost. */
  callCostMicros: bigint;
  /** What the day's messages cost, as we know it. */
  messageCostMicros: bigint;
  /** What the movement is not explained by; above zero money came in. */
  unexplainedMicros: bigint;
}

/** The movement of a day; null without a reading of it and of the day before in the same currency. */
export async function readMovement(
  store: Store,
  { carrier, day, calls }: {
    carrier: Carrier;
    day: string;
    calls: { costMicros: bigint; currency: string };
  },
): Promise<DayMovement | null> {
  const startMs = parseInstant(`${day}T00:00:00Z`)!;
  const [from, to] = await Promise.all([
    getBalanceOfDay(store, { carrier, day: utcDay(startMs - DAY_MS) }),
    getBalanceOfDay(store, { carrier, day }),
  ]);
  if (!from || !to || from.currency !== to.currency || calls.currency !== to.currency) return null;
  const messageCostMicros = await sumMessages(store, { carrier, startMs, currency: to.currency });
  return movementOf({ from, to, callCostMicros: calls.costMicros, messageCostMicros });
}

function movementOf(
  { from, to, callCostMicros, messageCostMicros }: {
    from: CarrierBalance;
    to: CarrierBalance;
    callCostMicros: bigint;
    messageCostMicros: bigint;
  },
): DayMovement {
  const movedMicros = to.balanceMicros - from.balanceMicros;
  return {
    fromMicros: from.balanceMicros,
    fromAtMs: from.atMs,
    toMicros: to.balanceMicros,
    toAtMs: to.atMs,
    currency: to.currency,
    callCostMicros,
    messageCostMicros,
    unexplainedMicros: movedMicros + callCostMicros + messageCostMicros,
  };
}

const MESSAGES_AT_ONCE = 500;

async function sumMessages(
  store: Store,
  { carrier, startMs, currency }: { carrier: Carrier; startMs: number; currency: string },
): Promise<bigint> {
  const ids: string[] = [];
  const range = {
    prefix: messageByTimePrefix,
    from: [...messageByTimePrefix, timePart(startMs)],
    until: [...messageByTimePrefix, timePart(startMs + DAY_MS)],
  };
  for await (const { key } of everyRow<object>(store, range)) {
    if (key[2]!.startsWith(`${carrier}:`)) ids.push(key[2]!);
  }
  let micros = 0n;
  for (let i = 0; i < ids.length; i += MESSAGES_AT_ONCE) {
    const part = ids.slice(i, i + MESSAGES_AT_ONCE).map(messageKey);
    for (const row of await store.getMany<Message>(part)) {
      if (row?.value.costCurrency === currency) micros += row.value.costMicros ?? 0n;
    }
  }
  return micros;
}
