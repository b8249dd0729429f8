/**
 * What may go wrong with a simulated Twilio: every knob is off until somebody turns it.
 *
 * @module
 */
import { formatJsonKeepingNumbers } from "../../json_numbers.ts";

/** The knobs; set them at any time, they act from the next request or callback on. */
export interface TwilioFaults {
  /** The next `count` requests are answered with this HTTP status in the documented error shape. */
  failNext: { httpStatus: number; count: number };
  /** `Retry-After` sent along with such an answer, raw; null for none. */
  retryAfter: string | null;
  /** So many next answers are a page of HTML with status 200. */
  htmlNext: number;
  /** So many next answers are cut in the middle. */
  truncateNext: number;
  /** Every answer waits so long on the simulator's clock. */
  slowMs: number;
  /** Every request is answered 401, as after a token was changed. */
  refusesCredentials: boolean;
  /** Every row of a list comes twice. */
  hasDuplicateRows: boolean;
  /** Lists never return more rows than this, whatever they were asked for; null for no clamp. */
  clampRowsMax: number | null;
  /** A window's time of day is left out of account: its whole first day is listed. */
  comparesDaysOnly: boolean;
  /** The page of this number, from 0, is answered with 500; null for none. */
  failAtPage: number | null;
  /** `next_page_uri` of every page, raw; null for the true one. */
  nextPageUri: string | null;
  /** Chances in [0, 1] and a longest delay, drawn anew for every callback. */
  callbacks: { lossChance: number; repeatChance: number; delayMsMax: number };
}

/** All knobs off. */
export function createTwilioFaults(): TwilioFaults {
  return {
    failNext: { httpStatus: 500, count: 0 },
    retryAfter: null,
    htmlNext: 0,
    truncateNext: 0,
    slowMs: 0,
    refusesCredentials: false,
    hasDuplicateRows: false,
    clampRowsMax: null,
    comparesDaysOnly: false,
    failAtPage: null,
    nextPageUri: null,
    callbacks: { lossChance: 0, repeatChance: 0, delayMsMax: 0 },
  };
}

/** An error body as the official package reads it. */
export function answerError(httpStatus: number, retryAfter: string | null = null): Response {
  const [code, message] = ERRORS[httpStatus] ?? [20500, "Internal server error"];
  const body = { code, message, more_info: `https://www.twilio.com/docs/errors/${code}` };
  const headers: HeadersInit = retryAfter === null ? {} : { "retry-after": retryAfter };
  return Response.json({ ...body, status: httpStatus }, { status: httpStatus, headers });
}

const ERRORS: Record<number, [code: number, message: string]> = {
  400: [20001, "Invalid parameter"],
  401: [20003, "Authenticate"],
  403: [20403, "Forbidden"],
  404: [20404, "The requested resource was not found"],
  429: [20429, "Too Many Requests"],
  503: [20503, "Service unavailable"],
};

/** Spends one turn of the knobs that count down; null when the request is to be answered truly. */
export function takeFault(faults: TwilioFaults): Response | null {
  if (faults.failNext.count > 0) {
    faults.failNext.count -= 1;
    return answerError(faults.failNext.httpStatus, faults.retryAfter);
  }
  if (faults.htmlNext > 0) {
    faults.htmlNext -= 1;
    const headers = { "content-type": "text/html; charset=utf-8" };
    return new Response("<!doctype html><title>Just a moment</title>", { headers });
  }
  return faults.refusesCredentials ? answerError(401) : null;
}

/** A JSON answer with its numbers as written, cut in the middle when that knob is on. */
export function answerJson(faults: TwilioFaults, value: unknown): Response {
  const text = formatJsonKeepingNumbers(value);
  const isCut = faults.truncateNext > 0;
  if (isCut) faults.truncateNext -= 1;
  const body = isCut ? text.slice(0, Math.floor(text.length / 2)) : text;
  return new Response(body, { headers: { "content-type": "application/json;charset=utf-8" } });
}
