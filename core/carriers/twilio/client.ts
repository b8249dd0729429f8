/**
 * Asks Twilio for calls and messages: a page of a listing, or one of them by its id.
 *
 * Knows one account and remembers nothing; who pages, retries and stores is the caller.
 *
 * @module
 */
import type { Clock } from "../../clock.ts";
import type { Egress } from "../../egress.ts";
import type { CallReport } from "../../usage/call_usage.ts";
import { readTwilioAnswer, type TwilioFailure } from "./answers.ts";
import { parseTwilioSid } from "./fields/sid.ts";
import {
  readPage,
  type TwilioAsk,
  type TwilioListing,
  type TwilioListRequest,
  type TwilioPage,
} from "./listing.ts";
import { parseTwilioCall } from "./rows/parse_call.ts";
import { parseTwilioMessage, type TwilioMessageReport } from "./rows/parse_message.ts";
import type { UnreadableRow } from "./rows/row_record.ts";

/** A row is about a kilobyte; a message's has its text as well. */
export const TWILIO_ANSWER_BYTES_MAX = 32 * 1024 * 1024;

/** What {@link createTwilioClient} needs. */
export interface TwilioClientDeps {
  /** The way out; must allow `baseUrl`. */
  egress: Egress;
  /** Tells how far off a `Retry-After` date is. */
  clock: Pick<Clock, "now">;
  /** An origin, `https://api.twilio.com`; a slash at its end does no harm. */
  baseUrl: string;
  /** `AC…`: whose calls, and the user name. */
  accountSid: string;
  /** The password. */
  authToken: string;
}

/** A page in Twilio's order (newest first), repeated rows included. */
export type TwilioCallsOutcome =
  | TwilioPage & { calls: (CallReport | UnreadableRow)[] }
  | TwilioFailure;

/** See {@link TwilioCallsOutcome}. */
export type TwilioMessagesOutcome =
  | TwilioPage & { messages: (TwilioMessageReport | UnreadableRow)[] }
  | TwilioFailure;

/** One call; `call_not_found` when the account has none of that id, or no longer. */
export type TwilioCallOutcome =
  | { status: "found"; call: CallReport }
  | { status: "call_not_found" }
  | TwilioFailure;

/** See {@link TwilioCallOutcome}. */
export type TwilioMessageOutcome =
  | { status: "found"; message: TwilioMessageReport }
  | { status: "message_not_found" }
  | TwilioFailure;

/** Twilio as one account sees it. */
export interface TwilioClient {
  /** `GET …/Calls.json`, by `StartTime>=`. */
  listCalls(request: TwilioListRequest): Promise<TwilioCallsOutcome>;
  /** `GET …/Messages.json`, by `DateSent>=`. */
  listMessages(request: TwilioListRequest): Promise<TwilioMessagesOutcome>;
  /** `GET …/Calls/{sid}.json`. An id Twilio cannot have written is `answer_unreadable`, unasked. */
  getCall(callSid: string): Promise<TwilioCallOutcome>;
  /** `GET …/Messages/{sid}.json`. See {@link TwilioClient.getCall}. */
  getMessage(messageSid: string): Promise<TwilioMessageOutcome>;
}

/** Twilio behind one account. Nothing a carrier does makes it throw. */
export function createTwilioClient(deps: TwilioClientDeps): TwilioClient {
  const ask = createAsk(deps);
  const root = `/2010-04-01/Accounts/${encodeURIComponent(deps.accountSid)}`;
  return {
    listCalls: (request) => listCalls(ask, { root, request }),
    listMessages: (request) => listMessages(ask, { root, request }),
    getCall: (sid) => getCall(ask, { root, sid }),
    getMessage: (sid) => getMessage(ask, { root, sid }),
  };
}

function createAsk(deps: TwilioClientDeps): TwilioAsk {
  const { egress, clock, baseUrl, accountSid, authToken } = deps;
  const basic = new TextEncoder().encode(`${accountSid}:${authToken}`).toBase64();
  const secrets = [basic, authToken, accountSid];
  const headers = { authorization: `Basic ${basic}`, accept: "application/json" };
  return async (target) => {
    const url = baseUrl.replace(/\/{1,99}$/, "") + target;
    const answer = await egress({ url, headers, maxBytes: TWILIO_ANSWER_BYTES_MAX });
    return readTwilioAnswer({ clock, secrets }, answer);
  };
}

async function listCalls(
  ask: TwilioAsk,
  { root, request }: { root: string; request: TwilioListRequest },
): Promise<TwilioCallsOutcome> {
  const path = `${root}/Calls.json`;
  const listing: TwilioListing = { path, member: "calls", windowName: "StartTime" };
  const page = await readPage(ask, { listing, request });
  if (page.status !== "listed") return page;
  const { rows, ...rest } = page;
  return { ...rest, calls: rows.map(parseTwilioCall) };
}

async function listMessages(
  ask: TwilioAsk,
  { root, request }: { root: string; request: TwilioListRequest },
): Promise<TwilioMessagesOutcome> {
  const path = `${root}/Messages.json`;
  const listing: TwilioListing = { path, member: "messages", windowName: "DateSent" };
  const page = await readPage(ask, { listing, request });
  if (page.status !== "listed") return page;
  const { rows, ...rest } = page;
  return { ...rest, messages: rows.map(parseTwilioMessage) };
}

async function getCall(
  ask: TwilioAsk,
  { root, sid }: { root: string; sid: string },
): Promise<TwilioCallOutcome> {
  const answer = await askForOne(ask, { folder: `${root}/Calls`, sid });
  if (answer.status === "not_found") return { status: "call_not_found" };
  if (answer.status !== "read") return answer;
  const call = parseTwilioCall(answer.value);
  if (call.status === "unreadable_row") return unreadable(call.reason);
  return call.carrierCallId === sid ? { status: "found", call } : unreadable(ANOTHER);
}

async function getMessage(
  ask: TwilioAsk,
  { root, sid }: { root: string; sid: string },
): Promise<TwilioMessageOutcome> {
  const answer = await askForOne(ask, { folder: `${root}/Messages`, sid });
  if (answer.status === "not_found") return { status: "message_not_found" };
  if (answer.status !== "read") return answer;
  const message = parseTwilioMessage(answer.value);
  if (message.status === "unreadable_row") return unreadable(message.reason);
  return message.carrierMessageId === sid ? { status: "found", message } : unreadable(ANOTHER);
}

const ANOTHER = "another one than asked for";

async function askForOne(
  ask: TwilioAsk,
  { folder, sid }: { folder: string; sid: string },
): ReturnType<TwilioAsk> {
  if (parseTwilioSid(sid) === null) return unreadable("not an id of Twilio's");
  return await ask(`${folder}/${sid}.json`);
}

function unreadable(reason: string): { status: "answer_unreadable"; reason: string } {
  return { status: "answer_unreadable", reason };
}
