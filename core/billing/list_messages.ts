/**
 * Messages beside what their bill will take for them, newest first, and where their billing stands.
 *
 * A message is never charged by itself: once rated it waits for the bill of its period.
 *
 * @module
 */
import {
  messageByAccountPrefix,
  messageByTimePrefix,
  messageChargeKey,
  messageKey,
  smsBillKey,
  timePart,
} from "../kv/keys.ts";
import { formatCursor, listPage } from "../kv/page.ts";
import type { Store } from "../kv/store.ts";
import type { SmsBill } from "../sms_billing/bill.ts";
import type { MessageSource } from "../usage/message_usage.ts";
import type { Message } from "../usage/messages.ts";
import type { MessageCharge } from "./message_charge.ts";

/** A message and its charge; null while nothing was decided about it. */
export interface ChargedMessage {
  /** What the carrier said. */
  message: Message;
  /** What we made of it. */
  charge: MessageCharge | null;
  /** The bill that took it; null while none has, or while the one that counts it is open. */
  billId: string | null;
}

/** Every word a message's billing may have. */
export const MESSAGE_BILLING_STATES = ["open", "unassigned", "billed", "parked"] as const;
/** One of {@link MESSAGE_BILLING_STATES}. */
export type MessageBillingState = typeof MESSAGE_BILLING_STATES[number];

/** Which messages: by sending (`fromMs` inclusive, `untilMs` exclusive), account and carrier. */
export interface MessageQuery {
  /** Whose; everybody's when left out. */
  accountId?: string | undefined;
  /** Sent then or later. */
  fromMs?: number | undefined;
  /** Sent before then. */
  untilMs?: number | undefined;
  /** Reported by it. */
  carrier?: MessageSource | undefined;
  /** `nextCursor` of the page before. */
  cursor?: string | undefined;
  /** Messages a page may hold. */
  limit: number;
}

/** A page of messages, and where the next one starts; null at the end. */
export interface MessagePage {
  /** Newest first. */
  messages: ChargedMessage[];
  /** Also there while nothing was found yet and messages are left to look at. */
  nextCursor: string | null;
}

/** Messages looked at for one answer; a page may be short, even empty, while its cursor goes on. */
export const MESSAGES_LOOKED_AT_MAX = 2_000;
const PAGE_ROWS_MAX = 200;

/** A page of messages, newest first; null when the cursor is not one of ours. */
export async function listMessages(store: Store, query: MessageQuery): Promise<MessagePage | null> {
  const { carrier, limit } = query;
  const pageRows = carrier === undefined ? Math.min(limit, PAGE_ROWS_MAX) : PAGE_ROWS_MAX;
  const found: MessagePage = { messages: [], nextCursor: query.cursor ?? null };
  for (let seen = 0; seen < MESSAGES_LOOKED_AT_MAX; seen += pageRows) {
    const page = await readPlaces(store, {
      query,
      pageRows,
      cursor: found.nextCursor ?? undefined,
    });
    if (!page) return null;
    const some = await getChargedMessages(store, page.places.map((place) => place[1]!));
    for (const [i, one] of some.entries()) {
      if (!one || (carrier !== undefined && one.message.carrier !== carrier)) continue;
      found.messages.push(one);
      if (found.messages.length < limit) continue;
      const isLast = i === some.length - 1 && page.nextCursor === null;
      return { ...found, nextCursor: isLast ? null : formatCursor(page.places[i]!) };
    }
    found.nextCursor = page.nextCursor;
    if (!page.nextCursor) return found;
  }
  return found;
}

/** One message with its charge; null when we never heard of it. */
export async function getChargedMessage(
  store: Store,
  messageId: string,
): Promise<ChargedMessage | null> {
  return (await getChargedMessages(store, [messageId]))[0]!;
}

/**
 * Where a message's billing stands, and why.
 *
 * `open`: its price is not known yet (`no_cost_yet`, `no_segments_yet`), its turn has not come (`due`),
 * or it is rated and waits for its bill (`waits_for_bill`). `billed`: a bill has taken it, or another
 * report of the same sending (`counted_as …`).
 */
export function messageBillingOf(
  { message, charge, billId }: ChargedMessage,
): { state: MessageBillingState; reason: string | null } {
  if (message.accountId === null) {
    return { state: "unassigned", reason: message.fault ?? "no_owner" };
  }
  if (!charge) {
    return { state: "open", reason: message.costMicros === null ? "no_cost_yet" : "due" };
  }
  if (billId !== null) return { state: "billed", reason: null };
  if (charge.revision < message.revision) return { state: "open", reason: "due" };
  if (charge.state === "rated" && charge.reason !== null) {
    return { state: "billed", reason: charge.reason };
  }
  if (charge.state === "rated") return { state: "open", reason: "waits_for_bill" };
  return { state: charge.state, reason: charge.reason };
}

async function readPlaces(
  store: Store,
  { query, pageRows, cursor }: {
    query: MessageQuery;
    pageRows: number;
    cursor: string | undefined;
  },
): Promise<{ places: (readonly string[])[]; nextCursor: string | null } | null> {
  const { accountId, fromMs, untilMs } = query;
  const prefix = accountId === undefined ? messageByTimePrefix : messageByAccountPrefix(accountId);
  const page = await listPage<object>(store, {
    prefix,
    reverse: true,
    limit: pageRows,
    cursor,
    ...(fromMs === undefined ? {} : { from: [...prefix, timePart(fromMs)] }),
    ...(untilMs === undefined ? {} : { until: [...prefix, timePart(untilMs)] }),
  });
  if (!page) return null;
  const places = page.rows.map(({ key }) => key.slice(prefix.length));
  return { places, nextCursor: page.nextCursor };
}

async function getChargedMessages(
  store: Store,
  messageIds: readonly string[],
): Promise<(ChargedMessage | null)[]> {
  // The two rows of a message are neighbours, so they come from one snapshot.
  const rows = await store.getMany<Message | MessageCharge>(
    messageIds.flatMap((id) => [messageKey(id), messageChargeKey(id)]),
  );
  const charges = messageIds.map((_, i) =>
    (rows[2 * i + 1]?.value ?? null) as MessageCharge | null
  );
  const open = await findOpenBills(store, charges);
  return messageIds.map((_, i) => {
    const message = rows[2 * i]?.value as Message | undefined;
    const charge = charges[i]!;
    const billId = open.has(charge?.billId ?? "") ? null : charge?.billId ?? null;
    return message ? { message, charge, billId } : null;
  });
}

/** A bill that is not there any more was closed long ago. */
async function findOpenBills(
  store: Store,
  charges: readonly (MessageCharge | null)[],
): Promise<Set<string>> {
  const billIds = [...new Set(charges.flatMap((charge) => charge?.billId ?? []))];
  const bills = await store.getMany<SmsBill>(billIds.map(smsBillKey));
  return new Set(bills.flatMap((row) => row?.value.status === "open" ? [row.value.id] : []));
}
