/**
 * The terms of SMS billing for admins: the installation's and each account's own.
 *
 * Goes to: `core/sms_billing/terms.ts`.
 *
 * @module
 */
import { type Context, Hono } from "hono";
import { z } from "zod";
import { getAccount } from "../../core/accounts/account.ts";
import type { SmsLevel, SmsTerms } from "../../core/sms_billing/settings.ts";
import { getSmsTerms, setAccountLevel, setGlobalLevel } from "../../core/sms_billing/terms.ts";
import type { AppEnv } from "../caller.ts";
import type { AppDeps } from "../deps.ts";
import { doc, valid } from "../openapi.ts";
import { refuse } from "../outcomes.ts";
import { problem } from "../problem.ts";
import { etagOf, namesEtag } from "./shapes/etag.ts";
import { idParam } from "./shapes/fields.ts";
import {
  levelOf,
  showLevel,
  showSmsTerms,
  smsLevelRequest,
  smsTermsShape,
} from "./shapes/sms_settings.ts";

const settingsQuery = z.strictObject({
  account: idParam.optional().meta({ description: "The account's terms; without it the global" }),
  includeGlobal: z.enum(["true", "false"]).optional()
    .meta({ description: "The global terms are always in the answer" }),
});

/** `GET,PUT /api/admin/sms/billing-settings`. */
export function smsSettingsRoutes(deps: AppDeps): Hono<AppEnv> {
  return new Hono<AppEnv>()
    .get(
      "/api/admin/sms/billing-settings",
      doc({
        summary: "Read the terms of SMS billing",
        description:
          "The ETag stands for one level: the account's with `account`, else the global.",
        tags: ["sms"],
        responses: { 200: { description: "The terms", schema: smsTermsShape } },
      }),
      valid("query", settingsQuery),
      (c) => answerTerms(c, { deps, accountId: c.req.valid("query").account ?? null }),
    )
    .put(
      "/api/admin/sms/billing-settings",
      doc({
        summary: "Replace one level of the terms of SMS billing",
        description: "Needs If-Match with the ETag of that level. Members that are left out are " +
          "inherited. The change takes effect on the period that is running.",
        tags: ["sms"],
        responses: { 200: { description: "As they are now", schema: smsTermsShape } },
      }),
      valid("query", settingsQuery),
      valid("json", smsLevelRequest),
      (c) =>
        putLevel(c, {
          deps,
          accountId: c.req.valid("query").account ?? null,
          level: levelOf(c.req.valid("json")),
        }),
    );
}

async function answerTerms(
  c: Context<AppEnv>,
  { deps, accountId }: { deps: AppDeps; accountId: string | null },
): Promise<Response> {
  if (accountId !== null && !await getAccount(deps.store, accountId)) {
    return problem(c, { code: "account_not_found" });
  }
  return showTerms(c, { accountId, terms: await getSmsTerms(deps.store, accountId) });
}

async function putLevel(
  c: Context<AppEnv>,
  { deps, accountId, level }: { deps: AppDeps; accountId: string | null; level: SmsLevel },
): Promise<Response> {
  const ifMatch = c.req.header("if-match");
  if (ifMatch === undefined) return problem(c, { code: "precondition_required" });
  const change = {
    level,
    isExpected: (present: SmsLevel) => namesEtag(ifMatch, levelEtag(present)),
    actor: c.var.caller!.actor,
  };
  const outcome = accountId === null
    ? await setGlobalLevel(deps, change)
    : await setAccountLevel(deps, { ...change, accountId });
  if (outcome.status === "settings_changed") {
    deps.actions.nudge();
    return showTerms(c, { accountId, terms: outcome.terms });
  }
  if (outcome.status !== "currency_mismatch") return refuse(c, outcome);
  const detail = "must be the account's currency";
  return refuse(c, outcome, { errors: [{ pointer: "/currency", detail }] });
}

function showTerms(
  c: Context<AppEnv>,
  { accountId, terms }: { accountId: string | null; terms: SmsTerms },
): Response {
  const withAccount = accountId !== null;
  const etag = levelEtag(withAccount ? terms.account : terms.global);
  return c.json(showSmsTerms(terms, { withAccount }), 200, { etag });
}

const levelEtag = (level: SmsLevel): string => etagOf(JSON.stringify(showLevel(level)));
