/**
 * The app: every mount point, one line each. Starts nothing, so tests can call it.
 *
 * @module
 */
import { Hono } from "hono";
import { answerFailure } from "./answer_failure.ts";
import { syncRoutes } from "./api/sync.ts";
import { accountRoutes } from "./api/accounts.ts";
import { apiKeyRoutes } from "./api/api_keys.ts";
import { auditLogRoutes } from "./api/audit_log.ts";
import { balanceRoutes } from "./api/balances.ts";
import { callRoutes } from "./api/calls.ts";
import { entryRoutes } from "./api/entries.ts";
import { jobRoutes } from "./api/jobs.ts";
import { ledgerVerificationRoutes } from "./api/ledger_verifications.ts";
import { messageRoutes } from "./api/messages.ts";
import { moneyRequestRoutes } from "./api/money_requests.ts";
import { noticeRoutes } from "./api/notices.ts";
import { numberRoutes } from "./api/numbers.ts";
import { portalLinkRoutes } from "./api/portal_links.ts";
import { ratePlanRoutes } from "./api/rate_plans.ts";
import { reconciliationRoutes } from "./api/reconciliations.ts";
import { smsBillRoutes } from "./api/sms_bills.ts";
import { smsCheckRoutes } from "./api/sms_checks.ts";
import { smsCycleRoutes } from "./api/sms_cycles.ts";
import { smsSettingsRoutes } from "./api/sms_settings.ts";
import { smsStatisticsRoutes } from "./api/sms_statistics.ts";
import { smsSummaryRoutes } from "./api/sms_summary.ts";
import { smsUsageRoutes } from "./api/sms_usage.ts";
import { telnyxCostRoutes } from "./api/telnyx_costs.ts";
import { statementRoutes } from "./api/statements.ts";
import { usageRecordRoutes } from "./api/usage_records.ts";
import { walletRoutes } from "./api/wallets.ts";
import { webhookEndpointRoutes } from "./api/webhook_endpoints.ts";
import { webhookEventRoutes } from "./api/webhook_events.ts";
import { authorize } from "./authorize.ts";
import type { AppEnv } from "./caller.ts";
import type { AppDeps } from "./deps.ts";
import { docsRoutes } from "./docs.tsx";
import { answerError } from "./error_page.tsx";
import { healthRoutes } from "./health.ts";
import { metricsRoutes } from "./metrics.ts";
import { renderLoginWith } from "./pages/login.tsx";
import { pageRoutes } from "./pages/routes.tsx";
import { readBody } from "./read_body.ts";
import { refuseForgery } from "./refuse_forgery.ts";
import { sandboxRoutes } from "./sandbox.ts";
import { stampAnswers } from "./security_headers.ts";
import { HOME_PATH, signInRoutes } from "./sign_in.ts";
import { staticRoutes } from "./static_files.ts";
import { blandWebhookRoutes } from "./webhooks/bland.ts";
import { createRefusal } from "./webhooks/refuse_delivery.ts";
import { telnyxWebhookRoutes } from "./webhooks/telnyx.ts";
import { twilioWebhookRoutes } from "./webhooks/twilio.ts";

/** The whole app over what it is handed. */
export function createApp(deps: AppDeps): Hono<AppEnv> {
  const app = new Hono<AppEnv>();
  app.use("*", stampAnswers(deps));
  app.use("*", refuseForgery(deps));
  app.use("*", authorize(deps));
  app.use("*", readBody(deps));

  app.route("/", healthRoutes(deps));
  app.route("/", metricsRoutes(deps));
  app.route("/", docsRoutes(deps, () => app));
  app.route("/", staticRoutes(deps.files));
  app.route("/", signInRoutes(deps, renderLoginWith(deps)));
  app.route("/", sandboxRoutes(deps));
  const webhookDeps = { ...deps, refuse: createRefusal(deps) };
  app.route("/", blandWebhookRoutes(webhookDeps));
  app.route("/", twilioWebhookRoutes(webhookDeps));
  app.route("/", telnyxWebhookRoutes(webhookDeps));
  app.route("/", telnyxCostRoutes(deps));
  app.route("/", syncRoutes(deps));
  app.route("/", smsCycleRoutes(deps));
  app.route("/", smsBillRoutes(deps));
  app.route("/", smsSettingsRoutes(deps));
  app.route("/", smsStatisticsRoutes(deps));
  app.route("/", smsSummaryRoutes(deps));
  app.route("/api/v1", accountRoutes(deps));
  app.route("/api/v1", apiKeyRoutes(deps));
  app.route("/api/v1", auditLogRoutes(deps));
  app.route("/api/v1", balanceRoutes(deps));
  app.route("/api/v1", callRoutes(deps));
  app.route("/api/v1", entryRoutes(deps));
  app.route("/api/v1", jobRoutes(deps));
  app.route("/api/v1", ledgerVerificationRoutes(deps));
  app.route("/api/v1", messageRoutes(deps));
  app.route("/api/v1", moneyRequestRoutes(deps));
  app.route("/api/v1", noticeRoutes(deps));
  app.route("/api/v1", numberRoutes(deps));
  app.route("/api/v1", portalLinkRoutes(deps));
  app.route("/api/v1", ratePlanRoutes(deps));
  app.route("/api/v1", reconciliationRoutes(deps));
  app.route("/api/v1", statementRoutes(deps));
  app.route("/api/v1", usageRecordRoutes(deps));
  app.route("/api/v1", smsCheckRoutes(deps));
  app.route("/api/v1", smsUsageRoutes(deps));
  app.route("/api/v1", walletRoutes(deps));
  app.route("/api/v1", webhookEndpointRoutes(deps));
  app.route("/api/v1", webhookEventRoutes(deps));
  app.route("/", pageRoutes(deps));
  app.get("/", (c) => c.redirect(HOME_PATH, 303));

  app.notFound((c) => answerError(deps, { c, code: "not_found" }));
  app.onError(answerFailure(deps));
  return app;
}
