/**
 * A message as one of its status callbacks shows it; the listing knows when it was sent and its price.
 *
 * @module
 */
import type { MessageReport } from "../../usage/message_usage.ts";
import type { TwilioMessageCallback } from "./callbacks.ts";
import { isMessageOver, rankMessageStatus } from "./fields/message_status.ts";

/** In our terms, under the names a listed row has, so that either adds to the other. Never a cost. */
export function reportOfCallback(
  { callback, receivedAtMs }: { callback: TwilioMessageCallback; receivedAtMs: number },
): MessageReport {
  const { messageSid, status, direction, from, to, segments, errorCode } = callback;
  return {
    carrier: "twilio",
    carrierMessageId: messageSid,
    direction,
    from,
    to,
    segments,
    status,
    rank: rankMessageStatus(status),
    isFinal: isMessageOver(status),
    costMicros: null,
    costCurrency: null,
    sentAtMs: receivedAtMs,
    fault: null,
    record: {
      sid: messageSid,
      status,
      num_segments: segments === null ? null : String(segments),
      from: from === "" ? null : from,
      to: to === "" ? null : to,
      error_code: errorCode,
    },
  };
}
