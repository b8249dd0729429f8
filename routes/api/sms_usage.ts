/**
 * What the reseller's own sending code reports: messages with their parts or prices, once per id.
 *
 * Goes to: `core/billing/record_usage.ts`, `routes/api/sms_usage_items.ts`.
 *
 * @module
 */
import { type Context, Hono } from "hono";
import { z } from "zod";
import type { Account } from "../../core/accounts/account.ts";
import {
  type RecordedItem,
  recordUsage,
  type UsageOutcome,
} from "../../core/billing/record_usage.ts";
import { accountKey } from "../../core/kv/keys.ts";
import { describeUsage, readStanding } from "../../core/sms_billing/billing_summary.ts";
import type { AppEnv } from "../caller.ts";
import type { AppDeps } from "../deps.ts";
import { doc, valid } from "../openapi.ts";
import { refuse } from "../outcomes.ts";
import { problem, type ProblemError } from "../problem.ts";
import { recordedShape, showRecorded, showSmsUsage, smsUsageShape } from "./shapes/sms_usage.ts";
import { usageRequest } from "./shapes/sms_usage_request.ts";
import { readItems, type ReportedItem } from "./sms_usage_items.ts";

const keyHeader = z.object({
  "idempotency-key": z.string().regex(/^[\x20-\x7e]{1,255}$/, "must be printable ASCII").optional()
    .meta({ description: "Needed where a message has no messageId, the same on repeat" }),
});

const usageAnswer = z.object({
  data: z.array(recordedShape),
  usage: smsUsageShape.nullable()
    .meta({ description: "The running period; null when several accounts were reported" }),
}).meta({ id: "SmsUsageAnswer" });

/** The type of {@link smsUsageRoutes}, for typed clients. */
export type SmsUsageRoutes = ReturnType<typeof buildRoutes>;

/** `/api/v1/sms/usage`. */
export function smsUsageRoutes(deps: AppDeps): SmsUsageRoutes {
  return buildRoutes(deps);
}

function buildRoutes(deps: AppDeps) {
  return new Hono<AppEnv>().post(
    "/sms/usage",
    doc({
      summary: "Report messages that were sent",
      description:
        "One message, up to 1,000 as `messages`, or an aggregate with `messageCount` and " +
        "`totalCost`. A message is counted once per messageId, whoever reports it; without one the " +
        "Idempotency-Key stands for it. `segments` wins over `text`; with neither it is one. " +
        "`cost` is charged as it is; without it the plan of `sms` gives the price. With an " +
        "account's key the account is its own.",
      tags: ["sms"],
      responses: {
        201: { description: "Counted", schema: usageAnswer },
        200: { description: "All of it was counted before", schema: usageAnswer },
      },
    }),
    valid("header", keyHeader),
    valid("json", usageRequest),
    async (c) => {
      const idempotencyKey = c.req.valid("header")["idempotency-key"] ?? null;
      const caller = c.var.caller!;
      const nowMs = deps.clock.now();
      const read = await readItems(c.req.valid("json"), { caller, idempotencyKey, nowMs });
      if (read.status === "refused") return problem(c, read.problem);
      return await postUsage(c, { deps, items: read.items, isKeyed: idempotencyKey !== null });
    },
  );
}

interface Report {
  deps: AppDeps;
  items: ReportedItem[];
  isKeyed: boolean;
}

async function postUsage(
  c: Context<AppEnv>,
  { deps, items, isKeyed }: Report,
): Promise<Response> {
  const ids = [...new Set(items.map(({ accountId }) => accountId))];
  const rows = await deps.store.getMany<Account>(ids.map(accountKey));
  const currencies = new Map(ids.map((id, i) => [id, rows[i]?.value.currency]));
  const refusal = refuseForeign(c, { items, currencies });
  if (refusal) return refusal;
  const recorded = new Map<ReportedItem, RecordedItem>();
  // Ids of the reporter's own name messages, those made from a key name requests: each is judged so.
  for (const group of Map.groupBy(items, ({ accountId, isKeyed }) => `${accountId} ${isKeyed}`)) {
    const [first] = group[1];
    const outcome = await recordUsage(deps, {
      accountId: first!.accountId,
      items: group[1].map(({ item }) => item),
      actor: c.var.caller!.actor,
      isKeyed: first!.isKeyed,
    });
    if (outcome.status !== "recorded") return refuseItem(c, { outcome, items: group[1] });
    for (const [i, item] of group[1].entries()) recorded.set(item, outcome.items[i]!);
  }
  const isNews = [...recorded.values()].some(({ state }) => state === "recorded");
  // A threshold may have closed a bill that Sippy has to be asked for.
  if (isNews) deps.actions.nudge();
  const currencyOf = ({ accountId }: ReportedItem) => currencies.get(accountId)!;
  return c.json(
    {
      data: items.map((item) => showRecorded(recorded.get(item)!, currencyOf(item))),
      usage: ids.length === 1
        ? await showUsageOf(deps, { accountId: ids[0]!, currency: currencies.get(ids[0]!)! })
        : null,
    },
    isNews ? 201 : 200,
    !isNews && isKeyed ? { "idempotency-replayed": "true" } : {},
  );
}

async function showUsageOf(
  { store, clock }: AppDeps,
  { accountId, currency }: { accountId: string; currency: string },
): Promise<z.infer<typeof smsUsageShape>> {
  const standing = await readStanding(store, accountId);
  const usage = describeUsage(standing, { atMs: clock.now() });
  return showSmsUsage({ accountId, currency, usage });
}

/** Nothing is recorded of a request that names an account we do not have, or another currency. */
function refuseForeign(
  c: Context<AppEnv>,
  { items, currencies }: {
    items: readonly ReportedItem[];
    currencies: ReadonlyMap<string, string | undefined>;
  },
): Response | null {
  const missing = items.filter(({ accountId }) => currencies.get(accountId) === undefined);
  if (missing.length > 0) {
    const errors = pointTo(missing, { member: "accountId", detail: "is not an account" });
    return problem(c, { code: "account_not_found", errors });
  }
  const foreign = items.filter(({ accountId, item }) =>
    item.currency !== null && item.currency !== currencies.get(accountId)
  );
  if (foreign.length === 0) return null;
  const errors = pointTo(foreign, { member: "currency", detail: "must be the account's currency" });
  return problem(c, { code: "currency_mismatch", errors });
}

function refuseItem(
  c: Context<AppEnv>,
  { outcome, items }: {
    outcome: Exclude<UsageOutcome, { status: "recorded" }>;
    items: readonly ReportedItem[];
  },
): Response {
  const at = "index" in outcome ? [items[outcome.index]!] : items;
  switch (outcome.status) {
    case "account_not_found":
      return refuse(c, outcome);
    case "currency_mismatch":
      return refuse(c, outcome, {
        errors: pointTo(at, { member: "currency", detail: "must be the account's currency" }),
      });
    case "unpriced":
      return refuse(c, outcome, {
        detail: `A message has no price: ${outcome.reason}`,
        errors: pointTo(at, {
          member: "cost",
          detail: `is needed: the plan gives no price (${outcome.reason})`,
        }),
      });
    case "key_reused":
      return refuse(c, outcome);
  }
}

function pointTo(
  items: readonly ReportedItem[],
  { member, detail }: { member: string; detail: string },
): ProblemError[] {
  return items.slice(0, 20).map(({ pointer }) => ({ pointer: `${pointer}/${member}`, detail }));
}
