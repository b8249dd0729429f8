/**
 * One carrier's UTC day held against the carrier's own records: what agrees, and every item that does not.
 *
 * Comparing is pure; what came of it is kept, one row a carrier and day.
 *
 * Goes to: `core/kv/page.ts`, `core/billing/close_item.ts`.
 *
 * @module
 */
import { encodeRow } from "../kv/codec.ts";
import { Unresolved } from "../kv/gates.ts";
import {
  reconciliationByDayKey,
  reconciliationByDayPrefix,
  reconciliationKey,
  reconciliationPrefix,
} from "../kv/keys.ts";
import { listPage } from "../kv/page.ts";
import type { Store } from "../kv/store.ts";
import type { Carrier } from "../usage/call_usage.ts";
import type { DayMovement } from "./balance_movement.ts";
import { type Closing, withClosed } from "./close_item.ts";

/** The kind of the job that compares a day; its unique name is `<carrier>:<day>`. */
export const RECONCILIATION_JOB = "reconciliation";
/** Items one reconciliation keeps, well inside the size of a row. */
export const ITEMS_MAX = 200;

/** A call as one side knows it. */
export interface ComparedCall {
  /** Ours, as `telnyx:…`. */
  callId: string;
  /** Null while it has no price. */
  costMicros: bigint | null;
  /** ISO 4217; null without a price. */
  costCurrency: string | null;
}

/** A call of ours, with what explains that the carrier has no record of it. */
export interface OwnCall extends ComparedCall {
  /** It has ended as far as we heard. */
  isFinal: boolean;
  /** Nobody answered it, so there is nothing to pay for. */
  isUnanswered: boolean;
}

/** How the two sides of a call stand. */
export const DIFFERENCE_KINDS = ["ours_only", "theirs_only", "different"] as const;
/** One of {@link DIFFERENCE_KINDS}. */
export type DifferenceKind = typeof DIFFERENCE_KINDS[number];

/** What was done about an item, or what is to be done. */
export const SUGGESTIONS = [
  "taken_in",
  "corrected",
  "never_answered",
  "still_running",
  "no_record",
  "no_price",
  "not_decided",
] as const;
/** One of {@link SUGGESTIONS}. */
export type Suggestion = typeof SUGGESTIONS[number];

/** A call on which the two sides do not agree. */
export interface ReconciliationItem {
  /** Ours, as `telnyx:…`. */
  callId: string;
  /** What it is; a call when absent. */
  usage?: "message";
  /** Who knows it. */
  kind: DifferenceKind;
  /** What we had; null: no such call, or no exact cost. */
  oursMicros: bigint | null;
  /** What the carrier has; null: no such call, or no price. */
  theirsMicros: bigint | null;
  /** Settled by this run, explained, left to somebody, or closed by somebody. */
  state: "settled" | "explained" | "open" | "closed";
  /** Why, or what to do. */
  suggestion: Suggestion;
  /** Who closed it, and why. */
  closed?: Closing;
}

/** How many calls, and what each side says they cost, in the currency of the reconciliation. */
export interface SideSum {
  /** Calls. */
  count: number;
  /** Ours. */
  oursMicros: bigint;
  /** The carrier's. */
  theirsMicros: bigint;
}

/** What a comparison found. */
export interface Comparison {
  /** ISO 4217, of every sum; calls priced in another one are compared and not summed. */
  currency: string;
  /** Both sides, the same cost. */
  matched: SideSum;
  /** No record of the carrier's. */
  oursOnly: SideSum;
  /** No call of ours. */
  theirsOnly: SideSum;
  /** Both sides, not the same cost. */
  different: SideSum;
  /** Every call that is not matched. */
  items: ReconciliationItem[];
}

/** The four sums of a comparison. */
export type SideSums = Omit<Comparison, "items">;

/** What a carrier's day came to: its calls, and beside them its messages. */
export interface Reconciliation extends Comparison {
  /** Null where the carrier's messages are not compared; absent of days compared before they were. */
  messages?: SideSums | null;
  /** Whose records. */
  carrier: Carrier;
  /** UTC, as `2026-11-20`. */
  day: string;
  /** Done when both sides were read to the end; failed while they could not be. */
  state: "pending" | "done" | "failed";
  /** Why it failed; null when it did not. */
  failure: string | null;
  /** Items that do not agree, kept here or not. */
  itemCount: number;
  /** Items left to somebody; 0: the day closes. */
  openCount: number;
  /** How the carrier's balance moved beside it; null without readings of both ends. */
  movement: DayMovement | null;
  /** Who asked for it. */
  actor: string;
  /** When it was asked for. */
  startedAtMs: number;
  /** When it ended; null until then. */
  finishedAtMs: number | null;
}

/** Compares two sides of one day; each call is on each side once. */
export function compareCalls(
  { ours, theirs }: { ours: readonly OwnCall[]; theirs: readonly ComparedCall[] },
): Comparison {
  const currency = mainCurrency([...theirs, ...ours]);
  const found: Comparison = {
    currency,
    matched: emptySum(),
    oursOnly: emptySum(),
    theirsOnly: emptySum(),
    different: emptySum(),
    items: [],
  };
  const known = new Map(theirs.map((call) => [call.callId, call]));
  for (const own of ours) {
    const their = known.get(own.callId) ?? null;
    known.delete(own.callId);
    // The records of a call that we still hold open tell more than its cost.
    const isSame = their !== null && own.isFinal && own.costMicros === their.costMicros &&
      own.costCurrency === their.costCurrency;
    const sum = isSame ? found.matched : their ? found.different : found.oursOnly;
    addTo(sum, { own, their, currency });
    if (!isSame) found.items.push(itemOf({ own, their }));
  }
  for (const their of known.values()) {
    addTo(found.theirsOnly, { own: null, their, currency });
    found.items.push(itemOf({ own: null, their }));
  }
  return found;
}

function mainCurrency(calls: readonly ComparedCall[]): string {
  const counts = Map.groupBy(
    calls.flatMap(({ costCurrency }) => costCurrency ?? []),
    (currency) => currency,
  );
  const [most] = [...counts].sort(([, a], [, b]) => b.length - a.length);
  return most?.[0] ?? "USD";
}

/** A sum of no calls. */
export function emptySum(): SideSum {
  return { count: 0, oursMicros: 0n, theirsMicros: 0n };
}

function addTo(
  sum: SideSum,
  { own, their, currency }: {
    own: ComparedCall | null;
    their: ComparedCall | null;
    currency: string;
  },
): void {
  sum.count++;
  if (own?.costCurrency === currency) sum.oursMicros += own.costMicros ?? 0n;
  if (their?.costCurrency === currency) sum.theirsMicros += their.costMicros ?? 0n;
}

function itemOf(
  { own, their }: { own: OwnCall | null; their: ComparedCall | null },
): ReconciliationItem {
  const suggestion = suggestionOf({ own, their });
  return {
    callId: (own ?? their)!.callId,
    kind: !their ? "ours_only" : own ? "different" : "theirs_only",
    oursMicros: own?.costMicros ?? null,
    theirsMicros: their?.costMicros ?? null,
    state: suggestion === "never_answered" ? "explained" : "open",
    suggestion,
  };
}

function suggestionOf(
  { own, their }: { own: OwnCall | null; their: ComparedCall | null },
): Suggestion {
  const isPriced = their !== null && their.costMicros !== null;
  if (own && !own.isFinal && !isPriced) return "still_running";
  if (their) return isPriced ? "not_decided" : "no_price";
  const isFree = (own?.costMicros ?? 0n) === 0n;
  return own?.isUnanswered && isFree ? "never_answered" : "no_record";
}

/** A carrier's day, or null when it was never compared. */
export async function getReconciliation(
  store: Store,
  { carrier, day }: { carrier: Carrier; day: string },
): Promise<Reconciliation | null> {
  return (await store.get<Reconciliation>(reconciliationKey(carrier, day)))?.value ?? null;
}

/** Keeps what came of a day, and what was closed by hand; of very many items the first {@link ITEMS_MAX}. */
export async function keepReconciliation(
  store: Store,
  reconciliation: Reconciliation,
): Promise<void> {
  const { carrier, day } = reconciliation;
  const [key, byDay] = [reconciliationKey(carrier, day), reconciliationByDayKey(day, carrier)];
  let reason = "";
  for (let tries = 0; tries < KEEP_TRIES_MAX; tries++) {
    const now = await store.get<Reconciliation>(key);
    const row = rowOf(reconciliation, now?.value.items ?? []);
    const answer = await store.commit({
      // Somebody may close an item at this very moment.
      checks: [{ key, versionstamp: now?.versionstamp ?? null }],
      puts: [{ key, bytes: encodeRow(key, row) }, { key: byDay, bytes: encodeRow(byDay, {}) }],
      deletes: [],
    });
    if (answer.status === "ok") return;
    reason = answer.reason;
  }
  throw new Unresolved(`Whether a reconciliation was kept is not known: ${reason}`);
}

const KEEP_TRIES_MAX = 5;

function rowOf(found: Reconciliation, before: readonly ReconciliationItem[]): Reconciliation {
  const items = withClosed(found.items, before);
  const closedCount = items.filter((item, i) => item !== found.items[i]).length;
  // What is left to somebody comes first, so that it is what is kept.
  const ranked = items.toSorted((a, b) => RANK[a.state] - RANK[b.state]);
  return {
    ...found,
    items: ranked.slice(0, ITEMS_MAX),
    openCount: found.openCount - closedCount,
  };
}

const RANK = { open: 0, closed: 1, settled: 2, explained: 3 } as const;

/** A page of days, newest first, of one carrier or of all; null when the cursor is not one of ours. */
export async function listReconciliations(
  store: Store,
  { carrier, day, cursor, limit }: {
    carrier?: Carrier | undefined;
    day?: string | undefined;
    cursor?: string | undefined;
    limit: number;
  },
): Promise<{ rows: Reconciliation[]; nextCursor: string | null } | null> {
  if (carrier !== undefined && day !== undefined) {
    const one = await getReconciliation(store, { carrier, day });
    return { rows: one ? [one] : [], nextCursor: null };
  }
  if (carrier !== undefined) {
    const prefix = reconciliationPrefix(carrier);
    const page = await listPage<Reconciliation>(store, { prefix, reverse: true, cursor, limit });
    return page && { ...page, rows: page.rows.map(({ value }) => value) };
  }
  const prefix = day === undefined
    ? reconciliationByDayPrefix
    : [...reconciliationByDayPrefix, day];
  const page = await listPage<object>(store, { prefix, reverse: true, cursor, limit });
  if (!page) return null;
  const rows = await store.getMany<Reconciliation>(
    page.rows.map(({ key }) => reconciliationKey(key[2]!, key[1]!)),
  );
  return { ...page, rows: rows.flatMap((row) => (row ? [row.value] : [])) };
}
