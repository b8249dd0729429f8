/**
 * The log line by which people watch Twilio calls being billed, as they know it.
 *
 * @module
 */
import type { Log } from "../core/log.ts";
import type { Call } from "../core/usage/calls.ts";

/** `Tracked call CAxxxx: 180 seconds for client <accountId>`, for each Twilio call just billed. */
export function logTracked(
  { log }: { log: Log },
  { ids, fresh }: { ids: readonly string[]; fresh: ReadonlyMap<string, Call> },
): void {
  for (const id of ids) {
    const call = fresh.get(id);
    if (call?.carrier !== "twilio") continue;
    const { carrierCallId, durationSeconds, accountId } = call;
    log(
      "info",
      `Tracked call ${carrierCallId}: ${durationSeconds} seconds for client ${accountId}`,
    );
  }
}
