/**
 * The answer to a delivery that its carrier did not sign.
 *
 * A flood of them must not become a flood of commits: from an address that sent too many within a minute
 * the rest is answered without a look at the database. Who signs well is never counted, so a carrier that
 * shares an address with a forger, as all do behind a proxy, is heard all the same.
 *
 * Goes to: `routes/minute_counts.ts`, `core/jobs/inbox.ts`.
 *
 * @module
 */
import type { Context } from "hono";
import { countRefused } from "../../core/jobs/inbox.ts";
import type { AppEnv } from "../caller.ts";
import type { AppDeps } from "../deps.ts";
import { createMinuteCounts } from "../minute_counts.ts";
import { problem } from "../problem.ts";

/** Refused deliveries of one address, at all webhook addresses together, that are still counted in a minute. */
export const REFUSED_DELIVERIES_MAX = 100;
/** Addresses told apart within a minute; all further ones share what one may send. */
const ADDRESSES_MAX = 10_000;

/** Answers 403 and counts it, or 429 once there were too many. */
export type RefuseDelivery = (
  c: Context<AppEnv>,
  refused: { carrier: string; detail: string },
) => Promise<Response>;

/** What the routes of webhooks need. */
export type WebhookDeps = AppDeps & { refuse: RefuseDelivery };

/** One for all webhook addresses. */
export function createRefusal(deps: AppDeps): RefuseDelivery {
  const counts = createMinuteCounts(deps.clock, { namesMax: ADDRESSES_MAX });
  return async (c, { carrier, detail }) => {
    const address = c.env?.remoteAddress ?? "unknown";
    const { count, retryAfterSeconds } = counts.count(address);
    if (count > REFUSED_DELIVERIES_MAX) {
      if (count === REFUSED_DELIVERIES_MAX + 1) {
        deps.log("warn", "Too many deliveries with a wrong signature", { carrier, address });
      }
      const headers = { "retry-after": String(retryAfterSeconds) };
      return problem(c, { code: "rate_limited", headers });
    }
    await countRefused(deps, carrier);
    return problem(c, { code: "forbidden", detail });
  };
}
