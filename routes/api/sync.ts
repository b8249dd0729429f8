/**
 * The addresses that start a sync: the schedulers' and the button's.
 *
 * @module
 */
import { type Context, Hono } from "hono";
import { z } from "zod";
import type { SyncOutcome } from "../../core/billing/sync_outcome.ts";
import { formatInstant } from "../../core/clock.ts";
import { type AppEnv, ownAccountId } from "../caller.ts";
import type { AppDeps } from "../deps.ts";
import { doc, valid } from "../openapi.ts";
import { problem } from "../problem.ts";

const count = z.int().min(0);
const syncAnswer = z.object({
  success: z.boolean(),
  accounts: count,
  fetched: count,
  stored: count,
  updated: count,
  billed: count,
  waitingFunds: count,
  unassigned: count,
  failed: count,
  timestamp: z.iso.datetime(),
  error: z.string().optional().meta({ description: "Why it did not succeed" }),
}).meta({ id: "SyncAnswer" });
const syncRequest = z.strictObject({ userId: z.string().regex(/^[A-Za-z0-9_-]{1,64}$/) });

/** `GET,POST /api/calls/scheduled-sync` and `POST /api/calls/sync`. */
export function syncRoutes(deps: AppDeps): Hono<AppEnv> {
  const described = doc({
    summary: "Fetch calls from the carriers and bill them",
    description: "When this answers, what was fetched is billed. Repeating it changes nothing.",
    tags: ["sync"],
    responses: {
      200: { description: "Synced", schema: syncAnswer },
      409: { description: "Another sync is still under way", schema: syncAnswer },
      502: {
        description: "The carrier failed; the next run reads the same stretch again",
        schema: syncAnswer,
      },
    },
  });
  return new Hono<AppEnv>()
    .on(["GET", "POST"], "/api/calls/scheduled-sync", described, async (c) => {
      return answerSync(c, {
        deps,
        outcome: await deps.actions.syncCalls({ actor: c.var.caller!.actor }),
      });
    })
    .post("/api/calls/sync", described, valid("json", syncRequest), async (c) => {
      const { userId: accountId } = c.req.valid("json");
      const caller = c.var.caller!;
      const own = ownAccountId(caller);
      if (own !== null && own !== accountId) return problem(c, { code: "account_not_found" });
      return answerSync(c, {
        deps,
        outcome: await deps.actions.syncCalls({ accountId, actor: caller.actor }),
      });
    });
}

function answerSync(
  c: Context<AppEnv>,
  { deps, outcome }: { deps: AppDeps; outcome: SyncOutcome },
): Response {
  const { status, reason, counts } = outcome;
  if (status === "account_not_found") return problem(c, { code: "account_not_found" });
  const timestamp = formatInstant(deps.clock.now());
  if (status === "synced") return c.json({ success: true, ...counts, timestamp });
  if (status === "not_configured") {
    return problem(c, { code: "not_configured", detail: reason ?? "" });
  }
  const body = { success: false, ...counts, timestamp, error: reason ?? status };
  return c.json(body, status === "busy" ? 409 : 502);
}
