/**
 * What may go wrong with a simulated Bland: every knob is off until somebody turns it.
 *
 * @module
 */
import { formatJsonKeepingNumbers } from "../../json_numbers.ts";

/** The knobs; set them at any time, they act from the next request on. */
export interface BlandFaults {
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
  /** Every row of a list comes twice. */
  hasDuplicateRows: boolean;
  /** Lists say no `total_count`. */
  hidesTotalCount: boolean;
  /** Lists never return more rows than this, whatever they were asked for; null for no clamp. */
  clampRowsMax: number | null;
  /** List rows have the members of the documented example and no others. */
  hasMinimalRows: boolean;
  /** A list that would contain the row of this index is answered with 500; null for none. */
  failAtIndex: number | null;
}

/** All knobs off. */
export function createBlandFaults(): BlandFaults {
  return {
    failNext: { httpStatus: 500, count: 0 },
    retryAfter: null,
    htmlNext: 0,
    truncateNext: 0,
    slowMs: 0,
    hasDuplicateRows: false,
    hidesTotalCount: false,
    clampRowsMax: null,
    hasMinimalRows: false,
    failAtIndex: null,
  };
}

/** The error Bland documents for a status. */
export function answerError(httpStatus: number, retryAfter: string | null = null): Response {
  const body = httpStatus === 401
    ? { data: null, errors: [{ error: "AUTH_FAILURE", message: "Unauthorized" }] }
    : { status: "error", message: ERROR_MESSAGES[httpStatus] ?? "Internal server error" };
  const headers: HeadersInit = retryAfter === null ? {} : { "retry-after": retryAfter };
  return Response.json(body, { status: httpStatus, headers });
}

const ERROR_MESSAGES: Record<number, string> = {
  400: "Invalid parameters",
  403: "Account flagged",
  404: "Call not found",
  429: "Rate limit exceeded",
};

/** Spends one turn of the knobs that count down; null when the request is to be answered truly. */
export function takeFault(faults: BlandFaults): Response | null {
  if (faults.failNext.count > 0) {
    faults.failNext.count -= 1;
    return answerError(faults.failNext.httpStatus, faults.retryAfter);
  }
  if (faults.htmlNext > 0) {
    faults.htmlNext -= 1;
    const headers = { "content-type": "text/html; charset=utf-8" };
    return new Response("<!doctype html><title>Just a moment</title>", { headers });
  }
  return null;
}

/** A JSON answer with its numbers as written, cut in the middle when that knob is on. */
export function answerJson(faults: BlandFaults, value: unknown): Response {
  const text = formatJsonKeepingNumbers(value);
  const isCut = faults.truncateNext > 0;
  if (isCut) faults.truncateNext -= 1;
  const body = isCut ? text.slice(0, Math.floor(text.length / 2)) : text;
  return new Response(body, { headers: { "content-type": "application/json; charset=utf-8" } });
}
