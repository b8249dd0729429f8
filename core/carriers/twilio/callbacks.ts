/**
 * What a verified callback says, about a call or about a message. Nothing in it is a price.
 *
 * @module
 */
import { normalizeNumber } from "../../numbering.ts";
import {
  parseTwilioCallStatus,
  TWILIO_CALL_STATUSES,
  type TwilioCallStatus,
} from "./fields/call_status.ts";
import {
  directionByStatus,
  parseTwilioMessageStatus,
  type TwilioMessageStatus,
} from "./fields/message_status.ts";
import { parseRfc2822 } from "./fields/rfc_2822.ts";
import { parseTwilioSid } from "./fields/sid.ts";
import { parseTalkTime, type TalkFault } from "./fields/talk_time.ts";
import { type FormParameter, parseForm } from "./form.ts";

/** Parameters in one callback at most; Twilio sends some thirty and adds more without notice. */
export const CALLBACK_PARAMETERS_MAX = 200;
/** No name is longer, in UTF-16 units. */
export const CALLBACK_NAME_LENGTH_MAX = 128;
/** No value is longer, in UTF-16 units; a message's text has at most 1600 characters. */
export const CALLBACK_VALUE_LENGTH_MAX = 8_192;

/** One status of one call leg. */
export interface TwilioCallCallback {
  /** 1 to 64 of `A-Z a-z 0-9 _ -`. */
  callSid: string;
  /** The sub-account's when one placed the call; null when absent. */
  accountSid: string | null;
  /** The leg that made this one. */
  parentCallSid: string | null;
  /** In Twilio's words. */
  status: TwilioCallStatus;
  /** E.164 or the text, as `core/numbering.ts` has it; empty when absent. */
  from: string;
  /** See {@link TwilioCallCallback.from}. */
  to: string;
  /** In Twilio's words; null when absent. */
  direction: string | null;
  /** `CallDuration`, whole seconds; null when absent or faulty. `Duration`, in minutes, is not read. */
  durationSeconds: number | null;
  /** Why the duration is of no use. */
  durationFault: TalkFault | null;
  /** As it came, cut to 64; null when absent. */
  durationText: string | null;
  /** `Timestamp`: when the status came about. Null when absent or no date with a zone. */
  timestampMs: number | null;
  /** Order of firing from 0; arrival tells nothing. Null when absent. */
  sequenceNumber: number | null;
  /** As it came, cut to 64; null when absent. */
  sipResponseCode: string | null;
}

/** One status of one message, or an inbound message itself. */
export interface TwilioMessageCallback {
  /** 1 to 64 of `A-Z a-z 0-9 _ -`. */
  messageSid: string;
  /** Null when absent. */
  accountSid: string | null;
  /** In Twilio's words; `received` for an inbound message that names none. */
  status: TwilioMessageStatus;
  /** Inferred from the status. */
  direction: "inbound" | "outbound";
  /** See {@link TwilioCallCallback.from}. */
  from: string;
  /** See {@link TwilioCallCallback.from}. */
  to: string;
  /** Inbound only; null when not told. */
  segments: number | null;
  /** With `failed` and `undelivered` only. */
  errorCode: string | null;
}

/** What a callback turned out to be. */
export type TwilioCallback =
  | { status: "call_status"; callback: TwilioCallCallback }
  | { status: "message_status"; callback: TwilioMessageCallback }
  | { status: "unreadable"; reason: string };

/**
 * Reads the body of a callback whose signature was verified.
 *
 * Unreadable, with a reason that quotes no value: not UTF-8, more or longer parameters than the limits
 * above, a parameter of ours that comes with two values, no usable id, a status word that is not
 * Twilio's. Parameters that are not known are left alone.
 * Source: Twilio documentation, status callbacks of calls and messages, "Webhook request" of messaging.
 */
export function parseTwilioCallback(body: Uint8Array): TwilioCallback {
  const form = parseForm(body);
  if (form.status === "not_utf8") return unreadable("not UTF-8");
  const { parameters } = form;
  if (parameters.length > CALLBACK_PARAMETERS_MAX) return unreadable("too many parameters");
  if (parameters.some(isTooLong)) return unreadable("a parameter is too long");
  const told = collect(parameters);
  if (told.status === "ambiguous") return unreadable(`${told.name} comes with several values`);
  const { get } = told;
  if (get("CallStatus") !== null) return parseCallCallback(get);
  if (get("MessageSid") !== null || get("SmsSid") !== null) return parseMessageCallback(get);
  return unreadable("neither CallStatus nor MessageSid");
}

/**
 * Whether a body names another account than ours, by whatever it writes as `AccountSid`.
 *
 * A callback that names none is one of somebody who tries things out by hand. A sub-account's callbacks
 * are signed with its own token, so one of ours never names another account.
 * Source: Twilio documentation, "Webhooks security".
 */
export function namesOtherAccount(body: Uint8Array, accountSid: string): boolean {
  const form = parseForm(body);
  return form.status === "form" &&
    form.parameters.some(({ name, value }) =>
      name === "AccountSid" && value !== "" && value !== accountSid
    );
}

type Get = (name: Name) => string | null;
type Name = typeof NAMES[number];

const NAMES = [
  "CallSid",
  "CallStatus",
  "AccountSid",
  "ParentCallSid",
  "From",
  "To",
  "Direction",
  "CallDuration",
  "Timestamp",
  "SequenceNumber",
  "SipResponseCode",
  "MessageSid",
  "SmsSid",
  "MessageStatus",
  "SmsStatus",
  "NumSegments",
  "Body",
  "ErrorCode",
] as const;

function isTooLong({ name, value }: FormParameter): boolean {
  return name.length > CALLBACK_NAME_LENGTH_MAX || value.length > CALLBACK_VALUE_LENGTH_MAX;
}

function collect(
  parameters: readonly FormParameter[],
): { status: "collected"; get: Get } | { status: "ambiguous"; name: Name } {
  const values = new Map<Name, string>();
  for (const { name, value } of parameters) {
    const known = NAMES.find((each) => each === name);
    if (!known) continue;
    if ((values.get(known) ?? value) !== value) return { status: "ambiguous", name: known };
    values.set(known, value);
  }
  return { status: "collected", get: (name) => values.get(name) || null };
}

function parseCallCallback(get: Get): TwilioCallback {
  const callSid = parseTwilioSid(get("CallSid"));
  if (!callSid) return unreadable("CallSid is not as documented");
  const status = parseTwilioCallStatus(get("CallStatus"));
  if (!status) return unreadable(`CallStatus is none of ${TWILIO_CALL_STATUSES.join(", ")}`);
  const talk = parseTalkTime(get("CallDuration"));
  const isFaulty = talk.status !== "known" && talk.status !== "not_told";
  const callback = {
    callSid,
    accountSid: parseTwilioSid(get("AccountSid")),
    parentCallSid: parseTwilioSid(get("ParentCallSid")),
    status,
    from: normalizeNumber(get("From") ?? ""),
    to: normalizeNumber(get("To") ?? ""),
    direction: shorten(get("Direction")),
    durationSeconds: talk.status === "known" ? talk.talkSeconds : null,
    durationFault: isFaulty ? talk.status : null,
    durationText: shorten(get("CallDuration")),
    timestampMs: parseRfc2822(get("Timestamp") ?? ""),
    sequenceNumber: parseCount(get("SequenceNumber")),
    sipResponseCode: shorten(get("SipResponseCode")),
  };
  return { status: "call_status", callback };
}

function parseMessageCallback(get: Get): TwilioCallback {
  const messageSid = parseTwilioSid(get("MessageSid") ?? get("SmsSid"));
  if (!messageSid) return unreadable("MessageSid is not as documented");
  // The message itself, where no status need stand.
  const isMessage = get("NumSegments") !== null || get("Body") !== null;
  const word = get("MessageStatus") ?? get("SmsStatus") ?? (isMessage ? "received" : null);
  const status = parseTwilioMessageStatus(word);
  if (!status) return unreadable("MessageStatus is not as documented");
  const callback = {
    messageSid,
    accountSid: parseTwilioSid(get("AccountSid")),
    status,
    direction: directionByStatus(status),
    from: normalizeNumber(get("From") ?? ""),
    to: normalizeNumber(get("To") ?? ""),
    segments: parseCount(get("NumSegments")) || null,
    errorCode: shorten(get("ErrorCode")),
  };
  return { status: "message_status", callback };
}

function parseCount(text: string | null): number | null {
  return text !== null && /^\d{1,6}$/.test(text) ? Number(text) : null;
}

function shorten(text: string | null): string | null {
  // deno-lint-ignore no-control-regex
  return text?.replace(/[\u0000-\u001f\u007f-\u009f]/g, " ").slice(0, 64).toWellFormed() ?? null;
}

function unreadable(reason: string): { status: "unreadable"; reason: string } {
  return { status: "unreadable", reason };
}
