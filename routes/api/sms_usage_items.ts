/**
 * Reading reported usage: one message, many, or an aggregate, into items to record.
 *
 * Comes from: `routes/api/sms_usage.ts`. Goes to: `core/usage/segments.ts`,
 * `core/usage/number_place.ts`, `routes/api/shapes/sms_usage_request.ts`.
 *
 * @module
 */
import { createHash } from "node:crypto";
import type { UsageItem } from "../../core/billing/record_usage.ts";
import { DAY_MS } from "../../core/clock.ts";
import { isE164, normalizeNumber } from "../../core/numbering.ts";
import { findPlace } from "../../core/usage/number_place.ts";
import { countSegments } from "../../core/usage/segments.ts";
import { type Caller, ownAccountId } from "../caller.ts";
import type { ProblemInput } from "../problem.ts";
import {
  isAggregate,
  type ReportedMessage,
  type UsageRequest,
} from "./shapes/sms_usage_request.ts";

/** One thing to record, and where it stood. */
export interface ReportedItem {
  /** Whose. */
  accountId: string;
  /** What. */
  item: UsageItem;
  /** Whether its id was made from the Idempotency-Key. */
  isKeyed: boolean;
  /** JSON pointer to it in the body. */
  pointer: string;
}

/** How the request came. */
export interface Reporting {
  /** An account's caller reports its own account. */
  caller: Caller;
  /** Null without the header. */
  idempotencyKey: string | null;
  /** Now. */
  nowMs: number;
}

type ReadItem = { status: "read"; item: ReportedItem } | {
  status: "refused";
  problem: ProblemInput;
};

/** The items of a request in its order, or what is wrong with one of them. */
export async function readItems(
  body: UsageRequest,
  reporting: Reporting,
): Promise<
  { status: "read"; items: ReportedItem[] } | { status: "refused"; problem: ProblemInput }
> {
  if (isAggregate(body)) {
    const read = readAggregate(body, reporting);
    return read.status === "read" ? { status: "read", items: [read.item] } : read;
  }
  const items: ReportedItem[] = [];
  for (const [index, message] of (body.messages ?? [body]).entries()) {
    const pointer = body.messages ? `/messages/${index}` : "";
    const read = await readMessage(message, { ...reporting, index, pointer });
    if (read.status === "refused") return read;
    items.push(read.item);
  }
  return { status: "read", items };
}

async function readMessage(
  message: ReportedMessage,
  { index, pointer, ...reporting }: Reporting & { index: number; pointer: string },
): Promise<ReadItem> {
  const account = readAccount(message.accountId, { ...reporting, pointer });
  if (account.status === "refused") return account;
  const { nowMs, idempotencyKey } = reporting;
  const isKeyed = message.messageId === undefined;
  if (isKeyed && idempotencyKey === null) return refused({ code: "missing_idempotency_key" });
  const to = normalizeNumber(message.to!);
  if (!isE164(to) && message.cost === undefined) {
    const detail = "must be a telephone number where no cost is given: other places have no price";
    return invalid(`${pointer}/to`, detail);
  }
  if ((message.sentAt ?? nowMs) > nowMs + DAY_MS) {
    return invalid(`${pointer}/sentAt`, "must not be in the future");
  }
  const counted = message.segments === undefined && message.text !== undefined
    ? (await countSegments(message.text)).segments
    : message.segments ?? 1;
  const item = {
    to,
    from: message.from === undefined ? null : normalizeNumber(message.from),
    segments: counted,
    count: 1,
    priceMicros: message.cost ?? null,
    currency: message.currency ?? null,
    ...(isE164(to) ? findPlace(to) : { country: null, prefix: null }),
  };
  const messageId = message.messageId ?? idOfKey(idempotencyKey!, index);
  const whole = finishItem(item, { messageId, sentAtMs: message.sentAt, nowMs });
  return { status: "read", item: { ...account, item: whole, isKeyed, pointer } };
}

function readAggregate(body: UsageRequest, reporting: Reporting): ReadItem {
  const account = readAccount(body.userId ?? body.accountId, {
    ...reporting,
    pointer: "",
    member: "userId",
  });
  if (account.status === "refused") return account;
  const { nowMs, idempotencyKey } = reporting;
  if (idempotencyKey === null) return refused({ code: "missing_idempotency_key" });
  const item = {
    to: null,
    from: null,
    segments: body.messageCount!,
    count: body.messageCount!,
    priceMicros: body.totalCost!,
    currency: body.currency ?? null,
    country: body.country ?? null,
    prefix: body.prefix ?? null,
  };
  const messageId = idOfKey(idempotencyKey, 0);
  const whole = finishItem(item, { messageId, sentAtMs: body.sentAt, nowMs });
  return { status: "read", item: { ...account, item: whole, isKeyed: true, pointer: "" } };
}

function readAccount(
  named: string | undefined,
  { caller, pointer, member = "accountId" }: {
    caller: Caller;
    pointer: string;
    member?: "accountId" | "userId";
  },
): { status: "named"; accountId: string } | { status: "refused"; problem: ProblemInput } {
  const own = ownAccountId(caller);
  const accountId = named ?? own;
  if (accountId === null) return invalid(`${pointer}/${member}`, "is missing");
  if (own !== null && accountId !== own) return refused({ code: "account_not_found" });
  return { status: "named", accountId };
}

type Unfinished = Omit<UsageItem, "messageId" | "sentAtMs" | "fingerprint">;

/** An unnamed instant is now, and takes no part in what tells one report from another. */
function finishItem(
  item: Unfinished,
  { messageId, sentAtMs, nowMs }: {
    messageId: string;
    sentAtMs: number | undefined;
    nowMs: number;
  },
): UsageItem {
  const { to, from, segments, count, priceMicros, currency, country, prefix } = item;
  const price = priceMicros === null ? null : String(priceMicros);
  const said = [to, from, segments, count, price, currency, country, prefix, sentAtMs ?? null];
  const fingerprint = hash(said).slice(0, 32);
  return { ...item, messageId, sentAtMs: sentAtMs ?? nowMs, fingerprint };
}

/** The id of a message that has none: the same for the same place in the same request. */
function idOfKey(idempotencyKey: string, index: number): string {
  return `key-${hash([idempotencyKey, index]).slice(0, 40)}`;
}

function hash(parts: readonly unknown[]): string {
  return createHash("sha256").update(JSON.stringify(parts)).digest("hex");
}

const refused = (problem: ProblemInput) => ({ status: "refused" as const, problem });

function invalid(pointer: string, detail: string) {
  return refused({
    code: "validation",
    detail: `${pointer.slice(1)} ${detail}`,
    errors: [{ pointer, detail }],
  });
}
