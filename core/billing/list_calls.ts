/**
 * Calls beside what we charged for them, newest first, and the one word on where their billing stands.
 *
 * What was charged is a row of its own beneath the wallet, so a list reads an index, then both rows of
 * each call; filters are applied while it reads, and a cursor goes on where one answer stopped looking.
 *
 * Goes to: `core/billing/call_index.ts`.
 *
 * @module
 */
import { callKey, chargeKey } from "../kv/keys.ts";
import { formatCursor } from "../kv/page.ts";
import type { Store } from "../kv/store.ts";
import type { Call } from "../usage/calls.ts";
import type { CallStatus, Carrier } from "../usage/call_usage.ts";
import type { CallCharge } from "./call_charge.ts";
import { indexFor } from "./call_index.ts";

/** A call and its charge; null while nothing was decided about it. */
export interface ChargedCall {
  /** What the carrier said. */
  call: Call;
  /** What we did about it. */
  charge: CallCharge | null;
}

/** Every word a call's billing may have. */
export const BILLING_STATES = ["open", "unassigned", "waiting_funds", "billed", "parked"] as const;
/** One of {@link BILLING_STATES}. */
export type BillingState = typeof BILLING_STATES[number];

/** Which calls: by start (`fromMs` inclusive, `untilMs` exclusive) and by what they are. */
export interface CallQuery {
  /** Whose; everybody's when left out. */
  accountId?: string | undefined;
  /** Started then or later. */
  fromMs?: number | undefined;
  /** Started before then. */
  untilMs?: number | undefined;
  /** Reported by it. */
  carrier?: Carrier | undefined;
  /** How far it is, or how it ended. */
  status?: CallStatus | undefined;
  /** Where its billing stands. */
  billing?: BillingState | undefined;
  /** A part of either party's number. */
  number?: string | undefined;
  /** `nextCursor` of the page before. */
  cursor?: string | undefined;
  /** Calls a page may hold. */
  limit: number;
}

/** A page of calls, and where the next one starts; null at the end. */
export interface CallPage {
  /** Newest first. */
  calls: ChargedCall[];
  /** Also there while nothing was found yet and calls are left to look at. */
  nextCursor: string | null;
}

/** Calls looked at for one answer; a page may be short, even empty, while its cursor goes on. */
export const CALLS_LOOKED_AT_MAX = 2_000;
const FILTER_PAGE_ROWS = 200;

/** A page of calls, newest first; null when the cursor is not one of ours. */
export function listCalls(store: Store, query: CallQuery): Promise<CallPage | null> {
  const { carrier, status, billing, number } = query;
  const isFiltered = carrier ?? status ?? billing ?? number;
  return findCalls(store, {
    query,
    keeps: isFiltered ? (one) => isWanted(one, query) : undefined,
  });
}

/** A page of the calls that `keeps` lets through, of all when it is left out. */
export async function findCalls(
  store: Store,
  { query, keeps }: { query: CallQuery; keeps?: ((one: ChargedCall) => boolean) | undefined },
): Promise<CallPage | null> {
  const pageRows = keeps ? FILTER_PAGE_ROWS : Math.min(query.limit, FILTER_PAGE_ROWS);
  const index = await indexFor(store, { query, pageRows });
  const found: CallPage = { calls: [], nextCursor: query.cursor ?? null };
  for (let seen = 0; seen < CALLS_LOOKED_AT_MAX; seen += pageRows) {
    const page = await index(found.nextCursor ?? undefined);
    if (!page) return null;
    const calls = await getChargedCalls(store, page.places.map((place) => place[1]!));
    for (const [i, one] of calls.entries()) {
      if (!one || keeps?.(one) === false) continue;
      found.calls.push(one);
      if (found.calls.length < query.limit) continue;
      const isLast = i === calls.length - 1 && page.nextCursor === null;
      return { ...found, nextCursor: isLast ? null : formatCursor(page.places[i]!) };
    }
    found.nextCursor = page.nextCursor;
    if (!page.nextCursor) return found;
  }
  return found;
}

/** One call with its charge; null when we never heard of it. */
export async function getChargedCall(store: Store, callId: string): Promise<ChargedCall | null> {
  return (await getChargedCalls(store, [callId]))[0]!;
}

/**
 * Where a call's billing stands, and why when there is a reason.
 *
 * `open`: it has not ended (`not_final`) or its turn has not come (`due`). A call that changed after
 * it was billed stays `billed` with the reason `due` until the difference is posted.
 */
export function billingOf(
  { call, charge }: ChargedCall,
): { state: BillingState; reason: string | null } {
  if (!call.isFinal && !call.fault) return { state: "open", reason: "not_final" };
  if (call.accountId === null) return { state: "unassigned", reason: call.fault ?? "no_owner" };
  if (!charge) return { state: "open", reason: "due" };
  const isBehind = charge.revision < call.revision;
  return { state: charge.state, reason: charge.reason ?? (isBehind ? "due" : null) };
}

function isWanted(one: ChargedCall, query: CallQuery): boolean {
  const { call } = one;
  return (!query.carrier || call.carrier === query.carrier) &&
    (!query.status || call.status === query.status) &&
    (!query.number || call.from.includes(query.number) || call.to.includes(query.number)) &&
    (!query.billing || billingOf(one).state === query.billing);
}

async function getChargedCalls(
  store: Store,
  callIds: readonly string[],
): Promise<(ChargedCall | null)[]> {
  // The two rows of a call are neighbours, so they come from one snapshot.
  const rows = await store.getMany<Call | CallCharge>(
    callIds.flatMap((id) => [callKey(id), chargeKey(id)]),
  );
  return callIds.map((_, i) => {
    const call = rows[2 * i]?.value as Call | undefined;
    const charge = (rows[2 * i + 1]?.value ?? null) as CallCharge | null;
    return call ? { call, charge } : null;
  });
}
