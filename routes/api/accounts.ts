/**
 * Accounts: the customers of the reseller.
 *
 * @module
 */
import { type Context, Hono } from "hono";
import { z } from "zod";
import { ACCOUNT_STATUSES, getAccount } from "../../core/accounts/account.ts";
import { changeAccount, openAccount } from "../../core/billing/open_account.ts";
import { isTimeZone } from "../../core/clock.ts";
import { SERVICES } from "../../core/rating/rate_plan.ts";
import type { AppEnv } from "../caller.ts";
import type { AppDeps } from "../deps.ts";
import { doc, valid } from "../openapi.ts";
import { refuse } from "../outcomes.ts";
import { problem } from "../problem.ts";
import { findFaults } from "./account_faults.ts";
import { findAccounts } from "./find_accounts.ts";
import { runSoon } from "./run_soon.ts";
import { accountShape, showAccount } from "./shapes/account.ts";
import { currencyField, idParam, pageFields } from "./shapes/fields.ts";
import { answerPage, listShape } from "./shapes/list.ts";

const nameField = z.string().trim().min(1).max(200);
const timezoneField = z.string().max(64).refine(isTimeZone, "must be an IANA time zone")
  .meta({ example: "Europe/Berlin" });
const blandKeyField = z.string().regex(/^[\x21-\x7e]{1,256}$/, "must be a key without spaces");
const ratePlansField = z.partialRecord(z.enum(SERVICES), z.string().min(1).max(64))
  .meta({ description: "Plans by service, where they differ from the defaults" });

const accountRequest = z.strictObject({
  id: z.string().regex(/^[A-Za-z0-9_-]{1,64}$/, "must be 1 to 64 of A-Z a-z 0-9 _ -").optional(),
  name: nameField,
  email: z.email().max(254).nullable().optional(),
  currency: currencyField.default("USD"),
  timezone: timezoneField.default("UTC"),
  sippyAccountId: z.int().positive().nullable().optional(),
  blandApiKey: blandKeyField.optional().meta({ description: "Never shown again" }),
  ratePlans: ratePlansField.default({}),
}).meta({ id: "AccountRequest" });

const accountChange = z.strictObject({
  name: nameField.optional(),
  email: z.email().max(254).nullable().optional(),
  status: z.enum(ACCOUNT_STATUSES).optional(),
  timezone: timezoneField.optional(),
  sippyAccountId: z.int().positive().nullable().optional(),
  blandApiKey: blandKeyField.nullable().optional()
    .meta({ description: "Never shown again; null takes it away" }),
  ratePlans: ratePlansField.optional(),
}).meta({ id: "AccountChange" });

const accountQuery = z.strictObject({
  search: z.string().trim().max(200).optional()
    .meta({ description: "Part of name, id or e-mail, or a number somebody holds now" }),
  status: z.enum(ACCOUNT_STATUSES).optional(),
  ...pageFields,
});

/** `/api/v1/accounts` and `/api/v1/accounts/:id`. */
export function accountRoutes(deps: AppDeps): Hono<AppEnv> {
  return new Hono<AppEnv>()
    .get(
      "/accounts",
      doc({
        summary: "List accounts",
        tags: ["accounts"],
        responses: { 200: { description: "A page", schema: listShape(accountShape) } },
      }),
      valid("query", accountQuery),
      async (c) => {
        const page = await findAccounts(deps, c.req.valid("query"));
        return answerPage(
          c,
          page && { data: page.accounts.map(showAccount), nextCursor: page.nextCursor },
        );
      },
    )
    .post(
      "/accounts",
      doc({
        summary: "Open an account with an empty wallet",
        description: "Calls that named the account before it existed are billed to it.",
        tags: ["accounts"],
        responses: { 201: { description: "Opened", schema: accountShape } },
      }),
      valid("json", accountRequest),
      (c) => postAccount(c, { deps, body: c.req.valid("json") }),
    )
    .get(
      "/accounts/:id",
      doc({
        summary: "Read an account",
        tags: ["accounts"],
        responses: { 200: { description: "The account", schema: accountShape } },
      }),
      valid("param", z.object({ id: idParam })),
      async (c) => {
        const account = await getAccount(deps.store, c.req.valid("param").id);
        return account ? c.json(showAccount(account)) : problem(c, { code: "account_not_found" });
      },
    )
    .patch(
      "/accounts/:id",
      doc({
        summary: "Change an account",
        description: "Members that are left out stay. The currency is fixed.",
        tags: ["accounts"],
        responses: { 200: { description: "As it is now", schema: accountShape } },
      }),
      valid("param", z.object({ id: idParam })),
      valid("json", accountChange),
      (c) => patchAccount(c, { deps, id: c.req.valid("param").id, body: c.req.valid("json") }),
    );
}

async function postAccount(
  c: Context<AppEnv>,
  { deps, body }: { deps: AppDeps; body: z.output<typeof accountRequest> },
): Promise<Response> {
  const { blandApiKey, ...asked } = body;
  const errors = await findFaults(deps, { ...body, accountId: null });
  if (errors.length > 0) return problem(c, { code: "validation", errors });
  const outcome = await openAccount(deps, {
    request: {
      ...asked,
      id: body.id ?? deps.ids.id(),
      email: body.email ?? null,
      sippyAccountId: body.sippyAccountId ?? null,
    },
    blandApiKey,
    actor: c.var.caller!.actor,
  });
  if (outcome.status === "account_exists") return refuse(c, outcome);
  await runSoon(deps, outcome.claimJobId);
  const { account } = outcome;
  return c.json(showAccount(account), 201, { location: `/api/v1/accounts/${account.id}` });
}

async function patchAccount(
  c: Context<AppEnv>,
  { deps, id, body }: { deps: AppDeps; id: string; body: z.output<typeof accountChange> },
): Promise<Response> {
  const earlier = await getAccount(deps.store, id);
  if (!earlier) return problem(c, { code: "account_not_found" });
  const errors = await findFaults(deps, { ...body, accountId: id, currency: earlier.currency });
  if (errors.length > 0) return problem(c, { code: "validation", errors });
  if (Object.keys(body).length === 0) return c.json(showAccount(earlier));
  const { blandApiKey, ...given } = body;
  const change = Object.fromEntries(
    Object.entries(given).filter(([, value]) => value !== undefined),
  );
  const outcome = await changeAccount(deps, {
    accountId: id,
    change,
    blandApiKey,
    actor: c.var.caller!.actor,
  });
  if (outcome.status === "account_not_found") return refuse(c, outcome);
  // Another plan may price what was parked, another key may be read for the first time.
  if (body.ratePlans || blandApiKey) deps.actions.nudge();
  return c.json(showAccount(outcome.account));
}
