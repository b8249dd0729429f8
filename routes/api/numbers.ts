/**
 * Numbers: which of them an account holds, since when and until when.
 *
 * @module
 */
import { type Context, Hono } from "hono";
import { z } from "zod";
import type { Holding, NumberRow } from "../../core/accounts/numbers.ts";
import { assignNumber, releaseNumber } from "../../core/billing/claim_calls.ts";
import { formatInstant } from "../../core/clock.ts";
import { accountKey, numberByAccountPrefix, numberKey } from "../../core/kv/keys.ts";
import { listPage } from "../../core/kv/page.ts";
import { isE164 } from "../../core/numbering.ts";
import { type AppEnv, ownAccountId } from "../caller.ts";
import type { AppDeps } from "../deps.ts";
import { doc, valid } from "../openapi.ts";
import { refuse } from "../outcomes.ts";
import { problem } from "../problem.ts";
import { runSoon } from "./run_soon.ts";
import { numberShape, showNumber } from "./shapes/account.ts";
import { CARRIERS } from "./shapes/call.ts";
import { idParam, instantField, pageFields } from "./shapes/fields.ts";
import { answerPage, listShape } from "./shapes/list.ts";

const numberRequest = z.strictObject({
  number: z.string().refine(isE164, "must be in E.164 form, such as +12025550123")
    .meta({ example: "+12025550123" }),
  carrier: z.enum(CARRIERS).nullable().optional().meta({ description: "Left out: every carrier" }),
  from: instantField.optional().meta({ description: "Left out: now. Earlier usage is billed" }),
}).meta({ id: "NumberRequest" });

/** `/api/v1/accounts/:id/numbers`. */
export function numberRoutes(deps: AppDeps): Hono<AppEnv> {
  return new Hono<AppEnv>()
    .get(
      "/accounts/:id/numbers",
      doc({
        summary: "List the numbers an account holds or held",
        description: "`limit` counts numbers; one that was held several times has several rows.",
        tags: ["numbers"],
        responses: { 200: { description: "A page", schema: listShape(numberShape) } },
      }),
      valid("param", z.object({ id: idParam })),
      valid("query", z.strictObject(pageFields)),
      async (c) => {
        const accountId = c.req.valid("param").id;
        if (!await deps.store.get(accountKey(accountId))) {
          return problem(c, { code: "account_not_found" });
        }
        return answerPage(c, await pageNumbers(deps, { accountId, ...c.req.valid("query") }));
      },
    )
    .post(
      "/accounts/:id/numbers",
      doc({
        summary: "Assign a number from an instant on",
        description: "Usage since then that nobody owned is billed when the answer arrives.",
        tags: ["numbers"],
        responses: {
          200: { description: "It was this account's already", schema: numberShape },
          201: { description: "Assigned", schema: numberShape },
        },
      }),
      valid("param", z.object({ id: idParam })),
      valid("json", numberRequest),
      (c) => postNumber(c, { deps, id: c.req.valid("param").id, body: c.req.valid("json") }),
    )
    .delete(
      "/accounts/:id/numbers/:number",
      doc({
        summary: "Release a number now",
        description: "Usage that started before stays the account's.",
        tags: ["numbers"],
        responses: { 204: { description: "Released" } },
      }),
      valid("param", z.object({ id: idParam, number: z.string().max(64) })),
      async (c) => {
        const { id: accountId, number } = c.req.valid("param");
        const actor = c.var.caller!.actor;
        const outcome = await releaseNumber(deps, { number, accountId, actor });
        return outcome.status === "number_not_held" ? refuse(c, outcome) : c.body(null, 204);
      },
    );
}

async function postNumber(
  c: Context<AppEnv>,
  { deps, id, body }: { deps: AppDeps; id: string; body: z.output<typeof numberRequest> },
): Promise<Response> {
  const { number, carrier = null, from } = body;
  const holding = { accountId: id, carrier, fromMs: from ?? deps.clock.now(), toMs: null };
  const caller = c.var.caller!;
  const outcome = await assignNumber(deps, { number, holding, actor: caller.actor });
  if (outcome.status === "account_not_found") return refuse(c, outcome);
  if (outcome.status === "number_held") {
    const detail = ownAccountId(caller) === null ? describeHolder(outcome.holding) : undefined;
    return refuse(c, outcome, { detail });
  }
  if (outcome.claimJobId !== undefined) await runSoon(deps, outcome.claimJobId);
  return c.json(showNumber(outcome), outcome.status === "number_assigned" ? 201 : 200);
}

function describeHolder({ accountId, fromMs, toMs }: Holding): string {
  const until = toMs === null ? "" : ` until ${formatInstant(toMs)}`;
  return `Account ${accountId} holds it from ${formatInstant(fromMs)}${until}.`;
}

async function pageNumbers(
  { store }: AppDeps,
  { accountId, ...which }: { accountId: string; cursor?: string | undefined; limit: number },
): Promise<{ data: object[]; nextCursor: string | null } | null> {
  const page = await listPage<object>(store, {
    prefix: numberByAccountPrefix(accountId),
    ...which,
  });
  if (!page) return null;
  const rows = await store.getMany<NumberRow>(page.rows.map(({ key }) => numberKey(key[2]!)));
  const data = rows.flatMap((row) =>
    row?.value.holdings.filter((one) => one.accountId === accountId)
      .map((holding) => showNumber({ number: row.value.number, holding })) ?? []
  );
  return { data, nextCursor: page.nextCursor };
}
