/**
 * Verifications of the ledger: every wallet recomputed from its entries, and the first differences.
 *
 * @module
 */
import { type Context, Hono } from "hono";
import { z } from "zod";
import {
  getVerification,
  listVerifications,
  startVerification,
} from "../../core/billing/verify_ledger.ts";
import type { AppEnv } from "../caller.ts";
import type { AppDeps } from "../deps.ts";
import { doc, valid } from "../openapi.ts";
import { refuse } from "../outcomes.ts";
import { problem } from "../problem.ts";
import { runSoon } from "./run_soon.ts";
import { idParam, pageFields } from "./shapes/fields.ts";
import { answerPage, listShape } from "./shapes/list.ts";
import { showVerification, verificationShape } from "./shapes/work.ts";

const verificationRequest = z.strictObject({
  accountId: idParam.optional().meta({ description: "Left out: every wallet" }),
}).meta({ id: "LedgerVerificationRequest" });

/** `/api/v1/ledger-verifications` and `/api/v1/ledger-verifications/:id`. */
export function ledgerVerificationRoutes(deps: AppDeps): Hono<AppEnv> {
  return new Hono<AppEnv>()
    .get(
      "/ledger-verifications",
      doc({
        summary: "List verifications, newest first",
        tags: ["ledger"],
        responses: { 200: { description: "A page", schema: listShape(verificationShape) } },
      }),
      valid("query", z.strictObject(pageFields)),
      async (c) => {
        const page = await listVerifications(deps.store, c.req.valid("query"));
        return answerPage(
          c,
          page && {
            data: page.rows.map((row) => showVerification(row.value)),
            nextCursor: page.nextCursor,
          },
        );
      },
    )
    .post(
      "/ledger-verifications",
      doc({
        summary: "Verify the ledger",
        description: "Looks for about twenty seconds; what is left goes on as a job, and the " +
          "answer says running.",
        tags: ["ledger"],
        responses: { 201: { description: "What was found so far", schema: verificationShape } },
      }),
      valid("json", verificationRequest),
      (c) => postVerification(c, { deps, body: c.req.valid("json") }),
    )
    .get(
      "/ledger-verifications/:id",
      doc({
        summary: "Read a verification",
        tags: ["ledger"],
        responses: { 200: { description: "What was found", schema: verificationShape } },
      }),
      valid("param", z.object({ id: idParam })),
      async (c) => {
        const found = await getVerification(deps.store, c.req.valid("param").id);
        return found ? c.json(showVerification(found)) : problem(c, { code: "not_found" });
      },
    );
}

async function postVerification(
  c: Context<AppEnv>,
  { deps, body }: { deps: AppDeps; body: z.output<typeof verificationRequest> },
): Promise<Response> {
  const outcome = await startVerification(deps, {
    accountId: body.accountId ?? null,
    actor: c.var.caller!.actor,
  });
  if (outcome.status === "account_not_found") return refuse(c, outcome);
  const { verification, jobId } = outcome;
  await runSoon(deps, jobId);
  const found = await getVerification(deps.store, verification.id) ?? verification;
  if (found.state === "running") deps.actions.nudge();
  const location = `/api/v1/ledger-verifications/${verification.id}`;
  return c.json(showVerification(found), 201, { location });
}
