/**
 * What may go wrong with a simulated Telnyx: every knob is off until somebody turns it.
 *
 * @module
 */
import { SECOND_MS } from "../../../clock.ts";

/** The knobs; set them at any time, they act on what happens from then on. */
export interface TelnyxFaults {
  /** Whether ended legs tell their cost; Telnyx's own default is off. */
  sendsCallCost: boolean;
  /** From a leg's hangup to its `call.cost`. */
  callCostAfterMs: number;
  /** Every `call.cost` says `error` and tells nothing. */
  hasFailedCallCosts: boolean;
  /** Final messages come without a cost; their records have it. */
  hasNullMessageCosts: boolean;
  /** Share of webhooks that never come, 0 to 1. */
  lossShare: number;
  /** Kinds of events that never come. */
  lostKinds: Set<string>;
  /** Share of webhooks that come twice, 0 to 1. */
  duplicateShare: number;
  /** Every webhook comes so much later. */
  delayMs: number;
  /** And by up to so much more, drawn for each, which mixes their order. */
  disorderMs: number;
  /** From the end of a call or message to its records. */
  recordsAfterMs: number;
  /** From those to the `sip-trunking` ones; until then a call shows `call-control` alone. */
  trunkRecordsAfterMs: number;
  /** Every row of a list comes twice. */
  hasDuplicateRows: boolean;
  /** What usage placed from now on is priced in. */
  currency: string;
  /** Costs and rates are written like `5.0E-3`. */
  isScientific: boolean;
  /** Types this account is refused, as some accounts are `webrtc`. */
  refusedTypes: Set<string>;
  /** A filter on a field that a type lacks finds nothing, instead of being refused. */
  ignoresUnknownFields: boolean;
  /** Filters besides the type are ignored. */
  ignoresFilters: boolean;
  /** Requests for detail records in one minute of UTC. */
  quotaPerMinute: number;
  /** The next `count` requests are answered with this HTTP status in the documented error shape. */
  failNext: { httpStatus: number; count: number };
  /** `Retry-After` sent along with such an answer, raw; null for none, as Telnyx does. */
  retryAfter: string | null;
  /** So many next answers are a page of HTML with status 200. */
  htmlNext: number;
  /** So many next answers are cut in the middle. */
  truncateNext: number;
  /** So many next lists are empty. */
  emptyNext: number;
  /** Every answer waits so long on the simulator's clock. */
  slowMs: number;
}

/** All knobs off. */
export function createTelnyxFaults(): TelnyxFaults {
  return {
    sendsCallCost: true,
    callCostAfterMs: 6 * SECOND_MS,
    hasFailedCallCosts: false,
    hasNullMessageCosts: false,
    lossShare: 0,
    lostKinds: new Set(),
    duplicateShare: 0,
    delayMs: 0,
    disorderMs: 0,
    recordsAfterMs: 20 * SECOND_MS,
    trunkRecordsAfterMs: 0,
    hasDuplicateRows: false,
    currency: "USD",
    isScientific: false,
    refusedTypes: new Set(),
    ignoresUnknownFields: false,
    ignoresFilters: false,
    quotaPerMinute: 40,
    failNext: { httpStatus: 500, count: 0 },
    retryAfter: null,
    htmlNext: 0,
    truncateNext: 0,
    emptyNext: 0,
    slowMs: 0,
  };
}

/** The error Telnyx documents for a status; both 400 and 429 carry code 10011. */
export function answerError(httpStatus: number, headers: Record<string, string> = {}): Response {
  const [code, title, detail] = ERRORS[httpStatus] ?? ["10000", "Internal error", "Try again."];
  return Response.json({ errors: [{ code, title, detail }] }, { status: httpStatus, headers });
}

const ERRORS: Record<number, readonly [code: string, title: string, detail: string]> = {
  400: ["10011", "Bad Request", "No matching record type or filter was found."],
  401: ["10009", "Authentication failed", "The API key is missing or not valid."],
  403: ["10010", "Authorization failed", "You do not have permission."],
  404: ["10005", "Resource not found", "The requested resource or URL could not be found."],
  429: ["10011", "Too many requests", "The request quota is used up."],
};

/** Spends one turn of the knobs that count down; null when the request is to be answered truly. */
export function takeFault(faults: TelnyxFaults): Response | null {
  if (faults.failNext.count > 0) {
    faults.failNext.count -= 1;
    const { retryAfter } = faults;
    return answerError(
      faults.failNext.httpStatus,
      retryAfter === null ? {} : { "retry-after": retryAfter },
    );
  }
  if (faults.htmlNext > 0) {
    faults.htmlNext -= 1;
    const headers = { "content-type": "text/html; charset=utf-8" };
    return new Response("<!doctype html><title>Just a moment</title>", { headers });
  }
  return null;
}

/** A JSON answer, cut in the middle when that knob is on. */
export function answerJson(faults: TelnyxFaults, value: unknown): Response {
  const text = JSON.stringify(value);
  const isCut = faults.truncateNext > 0;
  if (isCut) faults.truncateNext -= 1;
  const body = isCut ? text.slice(0, Math.floor(text.length / 2)) : text;
  return new Response(body, { headers: { "content-type": "application/json; charset=utf-8" } });
}
