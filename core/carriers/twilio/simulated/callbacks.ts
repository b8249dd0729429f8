/**
 * The callbacks a simulated Twilio owes for a call or a message: what they say, when, and signed.
 *
 * @module
 */
import { SECOND_MS } from "../../../clock.ts";
import type { TwilioCallStatus } from "../fields/call_status.ts";
import { formatRfc2822 } from "../fields/rfc_2822.ts";
import { formatForm, type FormParameter } from "../form.ts";
import { formatTwilioSignature, TWILIO_SIGNATURE_HEADER } from "../webhook.ts";
import { endedAtMs, type SimulatedCall } from "./call.ts";
import type { SimulatedMessage } from "./message.ts";

/** One delivery, ready to be posted. */
export interface SimulatedCallback {
  /** Below the public URL. */
  path: string;
  /** A form. */
  body: string;
  /** With the signature. */
  headers: Record<string, string>;
  /** When it is due. */
  atMs: number;
}

/** Whose callbacks, and where they go. */
export interface CallbackTerms {
  /** `AC…`. */
  accountSid: string;
  /** The key. */
  authToken: string;
  /** Without a slash at its end. */
  publicUrl: string;
  /** Where calls are told of. */
  voicePath: string;
  /** Where messages are told of. */
  messagesPath: string;
}

/**
 * The callbacks of one call, in the order fired.
 *
 * An outbound call tells every stage, an inbound one its end alone. An end that is not `completed` has
 * no `CallDuration`, an empty one or a zero: which of them Twilio writes is not documented.
 */
export function callCallbacks(terms: CallbackTerms, call: SimulatedCall): SimulatedCallback[] {
  return stagesOf(call).map(({ status, atMs }, at) =>
    sign(terms, {
      path: terms.voicePath,
      atMs,
      token: `${call.sid}-${at}`,
      parameters: [
        ["CallSid", call.sid],
        ["AccountSid", terms.accountSid],
        ...(call.parentCallSid === null ? [] : [["ParentCallSid", call.parentCallSid] as const]),
        ["From", call.from],
        ["To", call.to],
        ["Caller", call.from],
        ["Called", call.to],
        ["CallStatus", status],
        ["ApiVersion", "2010-04-01"],
        ["Direction", call.direction],
        ...durationOf(call, status),
        ["Timestamp", formatRfc2822(atMs)],
        ["CallbackSource", "call-progress-events"],
        ["SequenceNumber", String(at)],
        ["FromCity", ""],
        ["FromCountry", "US"],
      ],
    })
  );
}

/** The callbacks of one message, in the order fired; of an inbound one, the message itself. */
export function messageCallbacks(
  terms: CallbackTerms,
  message: SimulatedMessage,
): SimulatedCallback[] {
  const { sid, outcome } = message;
  const stages = outcome === "received" || outcome === "sent"
    ? [{ status: outcome, atMs: message.settledAtMs }]
    : [
      { status: "sent", atMs: message.listedAtMs },
      { status: outcome, atMs: message.settledAtMs },
    ];
  return stages.map(({ status, atMs }, at) =>
    sign(terms, {
      path: terms.messagesPath,
      atMs,
      token: `${sid}-${at}`,
      parameters: [
        ["MessageSid", sid],
        ["SmsSid", sid],
        ...(status === "received"
          ? inboundParameters(message)
          : [["MessageStatus", status] as const]),
        ["SmsStatus", status],
        ["AccountSid", terms.accountSid],
        ["From", message.from],
        ["To", message.to],
        ["ApiVersion", "2010-04-01"],
        ...(status === "undelivered" || status === "failed"
          ? [["ErrorCode", "30003"] as const]
          : []),
      ],
    })
  );
}

type Pair = readonly [name: string, value: string];

function inboundParameters(message: SimulatedMessage): Pair[] {
  return [["Body", "  Invented text  "], ["NumMedia", "0"], [
    "NumSegments",
    String(message.segments),
  ]];
}

function stagesOf(call: SimulatedCall): { status: TwilioCallStatus; atMs: number }[] {
  const end = { status: call.outcome, atMs: endedAtMs(call) };
  if (call.direction === "inbound") return [end];
  const ringingAtMs = Math.min(call.createdAtMs + SECOND_MS, call.listedAtMs);
  const stages: { status: TwilioCallStatus; atMs: number }[] = [
    { status: "initiated", atMs: call.createdAtMs },
    { status: "ringing", atMs: ringingAtMs },
  ];
  if (call.outcome === "completed") stages.push({ status: "in-progress", atMs: call.listedAtMs });
  return [...stages, end];
}

function durationOf(call: SimulatedCall, status: TwilioCallStatus): Pair[] {
  if (status === "completed") {
    const minutes = Math.ceil(call.talkSeconds / 60);
    return [["CallDuration", String(call.talkSeconds)], ["Duration", String(minutes)]];
  }
  if (status === "no-answer") return [["CallDuration", "0"], ["SipResponseCode", "487"]];
  return status === "busy" ? [["CallDuration", ""], ["SipResponseCode", "486"]] : [];
}

function sign(
  { publicUrl, authToken, voicePath }: CallbackTerms,
  { path, atMs, token, parameters }: {
    path: string;
    atMs: number;
    token: string;
    parameters: readonly Pair[];
  },
): SimulatedCallback {
  const form: FormParameter[] = parameters.map(([name, value]) => ({ name, value }));
  // Voice over HTTPS is signed without the port, messages with it.
  const base = path === voicePath ? publicUrl.replace(/^(https:\/\/[^/]*?):\d+/, "$1") : publicUrl;
  const signature = formatTwilioSignature({ url: base + path, parameters: form, authToken });
  return {
    path,
    body: formatForm(form),
    headers: {
      "content-type": "application/x-www-form-urlencoded; charset=UTF-8",
      "i-twilio-idempotency-token": token,
      [TWILIO_SIGNATURE_HEADER]: signature,
    },
    atMs,
  };
}
