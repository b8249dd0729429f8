/**
 * Asks Telnyx for its balance, for detail records of calls and messages, and for a message.
 *
 * Knows one key and remembers nothing; who pages, waits for the quota, retries and stores is the
 * caller.
 *
 * @module
 */
import type { Clock } from "../../clock.ts";
import type { Egress } from "../../egress.ts";
import {
  readTelnyxAnswer,
  type TelnyxAnswer,
  type TelnyxFailure,
  type TelnyxRateLimit,
} from "./answers.ts";
import { parseBalance, type TelnyxBalance } from "./balance.ts";
import { parseTelnyxId } from "./fields.ts";
import { readMessage, type TelnyxMessageOutcome } from "./messages/read_message.ts";
import {
  parseDetailRecords,
  type TelnyxDetailRecord,
  type UnreadableRecord,
} from "./records/detail_records.ts";
import {
  parseMessageRecords,
  type TelnyxMessageRecord,
  type UnreadableMessageRecord,
} from "./records/message_records.ts";
import type { TelnyxPage } from "./records/record_page.ts";
import {
  detailQuery,
  type DetailRecordRequest,
  messageQuery,
  type MessageRecordRequest,
} from "./records/record_query.ts";

/** What {@link createTelnyxClient} needs. */
export interface TelnyxClientDeps {
  /** The way out; must allow the origin of `baseUrl`. */
  egress: Egress;
  /** Tells how far off a `Retry-After` date is, and when an undated message was read. */
  clock: Pick<Clock, "now">;
  /** `https://api.telnyx.com/v2`, without a slash at the end. */
  baseUrl: string;
  /** Sent as `Bearer`. */
  apiKey: string;
}

/** A page of rows; more follow while `page < totalPages`. An empty one means "not known yet". */
export type TelnyxListOutcome<Row> =
  | {
    status: "listed";
    /** In Telnyx's order; a row may come again on another page. */
    rows: Row[];
    /** Which page this is, from 1. */
    page: number;
    /** 0 when there is nothing. */
    totalPages: number;
    /** Null when Telnyx does not say. */
    totalResults: number | null;
    rateLimit: TelnyxRateLimit | null;
  }
  /** A type or filter this account does not have: no use trying again. */
  | { status: "filter_refused"; reason: string; rateLimit: TelnyxRateLimit | null }
  | TelnyxFailure;

/** The account's balance. */
export type TelnyxBalanceOutcome =
  | { status: "balance"; balance: TelnyxBalance; rateLimit: TelnyxRateLimit | null }
  | TelnyxFailure;

/** Telnyx as one key sees it. */
export interface TelnyxClient {
  /** `GET /balance`. */
  getBalance(): Promise<TelnyxBalanceOutcome>;
  /** `GET /detail_records`, 50 rows a page; 40 requests a minute. */
  listDetailRecords(
    request: DetailRecordRequest,
  ): Promise<TelnyxListOutcome<TelnyxDetailRecord | UnreadableRecord>>;
  /** The same of type `messaging`. */
  listMessageRecords(
    request: MessageRecordRequest,
  ): Promise<TelnyxListOutcome<TelnyxMessageRecord | UnreadableMessageRecord>>;
  /** `GET /messages/{id}`, of the last 10 days. An impossible id is `answer_unreadable`, unasked. */
  getMessage(messageId: string): Promise<TelnyxMessageOutcome>;
}

/** Telnyx behind one key. Nothing a carrier does makes it throw. */
export function createTelnyxClient(deps: TelnyxClientDeps): TelnyxClient {
  async function ask(path: string): Promise<TelnyxAnswer> {
    const url = deps.baseUrl.replace(/\/{1,99}$/, "") + path;
    const headers = { authorization: `Bearer ${deps.apiKey}`, accept: "application/json" };
    return readTelnyxAnswer(deps, await deps.egress({ url, headers }));
  }
  return {
    getBalance: async () => readBalance(await ask("/balance")),
    listDetailRecords: async (request) => {
      const answer = await ask(`/detail_records?${detailQuery(request)}`);
      return readPage(answer, { page: request.page ?? 1, parse: parseDetailRecords });
    },
    listMessageRecords: async (request) => {
      const answer = await ask(`/detail_records?${messageQuery(request)}`);
      return readPage(answer, { page: request.page ?? 1, parse: parseMessageRecords });
    },
    getMessage: async (messageId) => {
      if (parseTelnyxId(messageId) === null) {
        const reason = "not an id of a Telnyx message";
        return { status: "answer_unreadable", reason, rateLimit: null };
      }
      const answer = await ask(`/messages/${encodeURIComponent(messageId)}`);
      return readMessage({ messageId, answer, nowMs: deps.clock.now() });
    },
  };
}

function readPage<Row>(
  answer: TelnyxAnswer,
  { page, parse }: {
    page: number;
    parse: (value: unknown) => TelnyxPage<Row> | { status: "unreadable"; reason: string };
  },
): TelnyxListOutcome<Row> {
  const { rateLimit } = answer;
  if (answer.status === "request_refused") {
    return { status: "filter_refused", reason: answer.reason, rateLimit };
  }
  if (answer.status === "not_found") return { ...answer, status: "answer_unreadable" };
  if (answer.status !== "read") return answer;
  const parsed = parse(answer.value);
  if (parsed.status === "unreadable") {
    return { status: "answer_unreadable", reason: parsed.reason, rateLimit };
  }
  return { ...parsed, status: "listed", page, rateLimit };
}

function readBalance(answer: TelnyxAnswer): TelnyxBalanceOutcome {
  const { rateLimit } = answer;
  if (answer.status === "not_found" || answer.status === "request_refused") {
    return { ...answer, status: "answer_unreadable" };
  }
  if (answer.status !== "read") return answer;
  const balance = parseBalance(answer.value);
  return balance
    ? { status: "balance", balance, rateLimit }
    : { status: "answer_unreadable", reason: "not a balance", rateLimit };
}
