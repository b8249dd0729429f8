/**
 * Speaks with the switch: signs in, sends one method call, and says whether it can have been executed.
 *
 * The first request is empty and has no credentials. From an address in the switch's `trusted_hosts` a
 * request without credentials is executed, so it must not hold anything worth executing; and it tells
 * whether our address is one of those.
 * Source: Sippy documentation, article 106909 (digest, trusted mode).
 *
 * Comes from: `core/carriers/sippy/client.ts`.
 * Goes to: `core/carriers/sippy/digest.ts`, `core/carriers/sippy/xml_rpc/encode.ts`,
 * `core/carriers/sippy/xml_rpc/decode.ts`.
 *
 * @module
 */
import { type Clock, SECOND_MS } from "../../clock.ts";
import type { Egress, EgressAnswer } from "../../egress.ts";
import type { Ids } from "../../ids.ts";
import type { Secret } from "../../secret.ts";
import { chooseChallenge, type DigestChallenge, signRequest } from "./digest.ts";
import { decodeAnswer } from "./xml_rpc/decode.ts";
import { encodeCall } from "./xml_rpc/encode.ts";
import { DOCUMENT_CHARACTERS_MAX } from "./xml_rpc/parse_document.ts";
import type { XmlRpcValue } from "./xml_rpc/value.ts";

/** How long the switch may take over a call. */
export const SIPPY_DEADLINE_MS = 30 * SECOND_MS;

/** How long the switch may take to challenge, which is no work. */
export const CHALLENGE_DEADLINE_MS = 10 * SECOND_MS;

/** What {@link openConversation} needs. */
export interface SippyAccess {
  /** The way out; must allow the origin of `url`. */
  egress: Egress;
  /** Measures how long the switch takes. */
  clock: Pick<Clock, "now">;
  /** Draws the client's nonce. */
  ids: Pick<Ids, "secret">;
  /** The whole address of the switch's XML-RPC. */
  url: string;
  /** The web login's name. */
  username: string;
  /** The API password, which is another than the web login's. */
  password: Secret;
}

/** One call of a method. */
export interface MethodCall {
  /** By its documented name. */
  method: string;
  /** The one struct every documented method takes. */
  parameters: XmlRpcValue;
  /** Not begun after this instant. */
  sendByMs?: number;
}

/** What came of a call; `tookMs` is the last request's, null when there was none. */
export type MethodAnswer =
  | { status: "answered"; value: XmlRpcValue; tookMs: number }
  | { status: "fault"; faultCode: number; faultString: string; tookMs: number }
  /** Certainly not executed. */
  | { status: "not_sent"; reason: string; tookMs: number | null }
  /** Perhaps executed. */
  | { status: "unknown"; reason: string; tookMs: number };

/** One sign-in, good for one call or for several after each other. */
export interface Conversation {
  /** Sends a call once; once more only after a 401, which proves that it was not executed. */
  call(call: MethodCall): Promise<MethodAnswer>;
}

/** A conversation that has not begun: the first call signs in. */
export function openConversation(access: SippyAccess): Conversation {
  let challenge: DigestChallenge | null = null;
  let requestCount = 0;

  function take(next: DigestChallenge): void {
    challenge = next;
    requestCount = 0;
  }
  async function send(body: string): Promise<Asked> {
    if (!challenge) throw new Error("Cannot sign a request: there is no challenge");
    requestCount += 1;
    return await ask(access, { body, ...sign(access, { challenge, requestCount }) });
  }
  async function call({ method, parameters, sendByMs }: MethodCall): Promise<MethodAnswer> {
    const encoded = encodeCall({ method, parameters: [parameters] });
    if (encoded.status === "not_encodable") return notSent(encoded.reason, null);
    let probeTookMs: number | null = null;
    if (!challenge) {
      const probe = await askForChallenge(access);
      if (probe.status === "not_sent") return probe;
      take(probe.challenge);
      probeTookMs = probe.tookMs;
    }
    if (isPast(access, sendByMs)) return notSent("signing in took too long", probeTookMs);
    const wasUsed = requestCount > 0;
    const first = await send(encoded.xml);
    const next = challengeOf(first.answer);
    // A nonce that served before may have been good for one request, whatever the switch calls it.
    if (!next || !(next.isStale || wasUsed)) return readAnswer(access, first);
    take(next);
    if (isPast(access, sendByMs)) return notSent("signing in took too long", first.tookMs);
    return readAnswer(access, await send(encoded.xml));
  }
  return { call };
}

type Asked = { answer: EgressAnswer; tookMs: number };

async function ask(
  { egress, clock, url }: SippyAccess,
  request: { body: string; headers?: Record<string, string>; deadlineMs?: number },
): Promise<Asked> {
  const startedAtMs = clock.now();
  const answer = await egress({
    url,
    method: "POST",
    body: request.body,
    headers: { "content-type": "text/xml; charset=utf-8", ...request.headers },
    deadlineMs: request.deadlineMs ?? SIPPY_DEADLINE_MS,
    maxBytes: DOCUMENT_CHARACTERS_MAX,
    // On a pooled connection the runtime would send a POST again by itself.
    once: true,
  });
  return { answer, tookMs: Math.max(0, clock.now() - startedAtMs) };
}

async function askForChallenge(
  access: SippyAccess,
): Promise<
  | { status: "challenged"; challenge: DigestChallenge; tookMs: number }
  | Extract<MethodAnswer, { status: "not_sent" }>
> {
  const { answer, tookMs } = await ask(access, { body: "", deadlineMs: CHALLENGE_DEADLINE_MS });
  if (answer.status === "unreachable") {
    return notSent(`the switch cannot be reached: ${answer.reason}`, tookMs);
  }
  const challenge = challengeOf(answer);
  if (challenge) return { status: "challenged", challenge, tookMs };
  if (answer.httpStatus === 401) {
    return notSent("the switch offers no digest login that is known here", tookMs);
  }
  if (answer.httpStatus === 200) {
    const cause = "our address is in its trusted_hosts";
    return notSent(`the switch asks for no password: ${cause}`, tookMs);
  }
  return notSent(`the switch answered HTTP ${answer.httpStatus} before signing in`, tookMs);
}

function challengeOf(answer: EgressAnswer): DigestChallenge | null {
  if (answer.status !== "answered" || answer.httpStatus !== 401) return null;
  return chooseChallenge(answer.headers.get("www-authenticate"));
}

function sign(
  { ids, url, username, password }: SippyAccess,
  { challenge, requestCount }: { challenge: DigestChallenge; requestCount: number },
): { headers: Record<string, string> } {
  const { pathname, search } = new URL(url);
  const authorization = signRequest(challenge, {
    username,
    password: password.reveal(),
    method: "POST",
    uri: pathname + search,
    requestCount,
    cnonce: ids.secret(18),
  });
  return { headers: { authorization } };
}

/** Words of `core/egress.ts` for what ended before a byte of the request was sent. */
const NEVER_LEFT = [
  "connection refused",
  "host name not found",
  "host not allowed",
  "request header not valid",
];

function readAnswer(access: SippyAccess, { answer, tookMs }: Asked): MethodAnswer {
  if (answer.status === "unreachable") {
    const status = NEVER_LEFT.includes(answer.reason) ? "not_sent" : "unknown";
    return { status, reason: answer.reason, tookMs };
  }
  if (answer.httpStatus === 401) return notSent(refusedLogin(answer), tookMs);
  if (answer.httpStatus !== 200) {
    return { status: "unknown", reason: `HTTP ${answer.httpStatus}`, tookMs };
  }
  const decoded = decodeAnswer(answer.text);
  if (decoded.status === "malformed") {
    return { status: "unknown", reason: decoded.reason, tookMs };
  }
  if (decoded.status === "answer") return { status: "answered", value: decoded.value, tookMs };
  const faultString = clean(access, decoded.faultString);
  return { status: "fault", faultCode: decoded.faultCode, faultString, tookMs };
}

function refusedLogin(answer: EgressAnswer): string {
  return challengeOf(answer)?.isStale
    ? "the switch called every nonce stale"
    : "the switch refused SIPPY_USERNAME and SIPPY_PASSWORD, or API calls are not allowed for them";
}

const FAULT_CHARACTERS_MAX = 300;

function clean({ password }: SippyAccess, text: string): string {
  const hidden = text.slice(0, 10 * FAULT_CHARACTERS_MAX).replaceAll(password.reveal(), "…");
  // deno-lint-ignore no-control-regex
  return hidden.replace(/[\u0000-\u001f\u007f-\u009f]+/g, " ")
    .slice(0, FAULT_CHARACTERS_MAX).toWellFormed();
}

function isPast({ clock }: SippyAccess, sendByMs: number | undefined): boolean {
  return sendByMs !== undefined && clock.now() > sendByMs;
}

function notSent(
  reason: string,
  tookMs: number | null,
): Extract<MethodAnswer, { status: "not_sent" }> {
  return { status: "not_sent", reason, tookMs };
}
