/**
 * Usage that is not settled yet, counted by why and by age: not charged, or charged by estimate.
 *
 * Goes to: `core/billing/unsettled.ts`.
 *
 * @module
 */
import { findMissingCosts, type MissingCost } from "../../../core/billing/unsettled.ts";
import { DAY_MS, HOUR_MS } from "../../../core/clock.ts";
import {
  callDuePrefix,
  callWaitingPrefix,
  type Key,
  unassignedCallPrefix,
  unassignedMessagePrefix,
} from "../../../core/kv/keys.ts";
import { everyRow } from "../../../core/kv/page.ts";
import type { Store } from "../../../core/kv/store.ts";
import { formatMoney, type Money } from "../../../core/money.ts";
import type { Wallet } from "../../../core/wallet/wallet.ts";

/** Ends of the age buckets, in words and milliseconds. */
export const AGE_BUCKETS = [
  { label: "Under 1 h", untilMs: HOUR_MS },
  { label: "1 to 24 h", untilMs: DAY_MS },
  { label: "24 to 72 h", untilMs: 3 * DAY_MS },
  { label: "Older", untilMs: Infinity },
] as const;

/** Calls of one reason. */
export interface AgedCount {
  /** Calls counted. */
  count: number;
  /** Whether there are more than were counted. */
  isMore: boolean;
  /** As {@link AGE_BUCKETS}, by the start of the call. */
  byAge: number[];
}

/** Usage that is not settled yet, by why. */
export interface Unsettled {
  /** Nobody holds the number. */
  unassigned: AgedCount;
  /** The wallet does not cover it. */
  waiting: AgedCount;
  /** The next run bills it. */
  due: AgedCount;
  /** Charged by estimate, or not charged, because the carrier's cost is not known yet. */
  estimated: AgedCount & { amounts: Money[] };
  /** Messages without a price, so that no bill can take them. */
  unpriced: AgedCount;
  /** Messages on numbers that nobody holds. */
  unassignedMessages: AgedCount;
}

/** Index rows read for one reason; beyond it a count says "more than". */
const ROWS_MAX = 5_000;
/** Wallets whose waiting calls are looked at one by one. */
const WALLETS_MAX = 200;

/** Counts what is unsettled; `waiting` are the wallets in which calls wait. */
export async function countUnsettled(
  store: Store,
  { nowMs, waiting }: { nowMs: number; waiting: readonly Wallet[] },
): Promise<Unsettled> {
  const byWallet = await Promise.all(
    waiting.slice(0, WALLETS_MAX).map(({ accountId }) =>
      countAged(store, { prefix: callWaitingPrefix(accountId), nowMs })
    ),
  );
  const [unassigned, due, unassignedMessages, missing] = await Promise.all([
    countAged(store, { prefix: unassignedCallPrefix(), nowMs }),
    countAged(store, { prefix: callDuePrefix(), nowMs }),
    countAged(store, { prefix: unassignedMessagePrefix(), nowMs }),
    findMissingCosts(store),
  ]);
  const ages = { nowMs, isMore: missing.isMore };
  return {
    unassigned,
    due,
    waiting: sumAged(byWallet, waiting.length > WALLETS_MAX),
    estimated: { ...ageOf(startsOf(missing.calls), ages), amounts: sumCharged(missing.calls) },
    unpriced: ageOf(startsOf(missing.messages), ages),
    unassignedMessages,
  };
}

const startsOf = (missing: readonly MissingCost[]): Map<string, number> =>
  new Map(missing.map(({ id, startedAtMs }) => [id, startedAtMs]));

/** What was charged by estimate, one amount for each currency. */
function sumCharged(missing: readonly MissingCost[]): Money[] {
  const sums = new Map<string, bigint>();
  for (const { chargedMicros, currency } of missing) {
    if (chargedMicros === null || currency === null) continue;
    sums.set(currency, (sums.get(currency) ?? 0n) + chargedMicros);
  }
  return [...sums].map(([currency, micros]) => formatMoney(micros, currency));
}

/** Keys under the prefix hold the start of the call and its id at the third and fourth place. */
async function countAged(
  store: Store,
  { prefix, nowMs }: { prefix: Key; nowMs: number },
): Promise<AgedCount> {
  const startedAtMs = new Map<string, number>();
  let rows = 0;
  for await (const { key } of everyRow<object>(store, { prefix })) {
    if (++rows > ROWS_MAX) return ageOf(startedAtMs, { nowMs, isMore: true });
    // A call may stand in an index more than once: under either number, or in two revisions.
    startedAtMs.set(key[3]!, Number(key[2]));
  }
  return ageOf(startedAtMs, { nowMs, isMore: false });
}

function ageOf(
  startedAtMs: ReadonlyMap<string, number>,
  { nowMs, isMore }: { nowMs: number; isMore: boolean },
): AgedCount {
  const byAge = AGE_BUCKETS.map(() => 0);
  for (const atMs of startedAtMs.values()) {
    const bucket = AGE_BUCKETS.findIndex(({ untilMs }) => nowMs - atMs < untilMs);
    byAge[bucket] = (byAge[bucket] ?? 0) + 1;
  }
  return { count: startedAtMs.size, isMore, byAge };
}

function sumAged(counts: readonly AgedCount[], isMore: boolean): AgedCount {
  return {
    count: counts.reduce((sum, { count }) => sum + count, 0),
    isMore: isMore || counts.some((one) => one.isMore),
    byAge: AGE_BUCKETS.map((_, at) => counts.reduce((sum, { byAge }) => sum + byAge[at]!, 0)),
  };
}
