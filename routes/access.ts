/**
 * Who may call what: one row for every route of the app. A route without a row answers nobody.
 *
 * @module
 */
import type { Caller } from "./caller.ts";

/**
 * Who a row lets in. `viewer` is a person who may only look; `anyone` is never asked; a `carrier`
 * proves itself by its signature and a `monitor` by `METRICS_TOKEN`, both inside the route.
 */
export type CallerKind = Caller["kind"] | "viewer" | "anyone" | "carrier" | "monitor";

/** One route and who may call it. */
export interface AccessRow {
  /** `GET`, `POST`, … */
  method: string;
  /** As registered: `/api/v1/accounts/:id`. With `/accounts/:id` an account's caller must be that account. */
  path: string;
  /** Nobody else. */
  callers: readonly CallerKind[];
  /** Whether people see it in a browser: who is not signed in is sent to `/login`. */
  isPage: boolean;
}

const OPEN: readonly CallerKind[] = ["anyone"];
const CARRIER: readonly CallerKind[] = ["carrier"];
const MONITOR: readonly CallerKind[] = ["monitor"];
/** The schedulers' addresses change state by GET too, so a cookie never opens them. */
const CRON: readonly CallerKind[] = ["scheduler", "admin_program"];
/** Changes through the API are made with a key; people make theirs in the pages. */
const CHANGE: readonly CallerKind[] = ["admin_program"];
const READ: readonly CallerKind[] = ["admin_program", "admin_person", "viewer"];
const OWN_CHANGE: readonly CallerKind[] = [...CHANGE, "account_program"];
const OWN_READ: readonly CallerKind[] = [...READ, "account_program", "account_person"];
/** What names no account is about the caller's own. */
const OWN_ONLY: readonly CallerKind[] = ["account_program", "account_person"];
const PAGE_READ: readonly CallerKind[] = ["admin_person", "viewer"];
const PAGE_CHANGE: readonly CallerKind[] = ["admin_person"];
const PORTAL: readonly CallerKind[] = ["account_person"];

type Line = readonly [method: string, path: string, callers: readonly CallerKind[]];

const OPEN_LINES: readonly Line[] = [
  ["GET", "/", OPEN],
  ["GET", "/healthz", OPEN],
  ["GET", "/readyz", OPEN],
  ["GET", "/metrics", MONITOR],
  ["GET", "/openapi.json", OPEN],
  ["GET", "/docs", OPEN],
  ["GET", "/problems/:code", OPEN],
  ["GET", "/static/:hash/:name", OPEN],
  ["GET", "/login", OPEN],
  ["POST", "/login", OPEN],
  ["POST", "/logout", OPEN],
  ["POST", "/sandbox/clock", OPEN],
  ["POST", "/api/webhooks/bland", CARRIER],
  ["POST", "/api/telnyx/webhooks/calls", CARRIER],
  ["POST", "/api/telnyx/webhooks/messages", CARRIER],
  ["POST", "/webhook/twilio/voice", CARRIER],
  ["POST", "/webhook/twilio/messages", CARRIER],
];

const SEED_LINES: readonly Line[] = [
  ["GET", "/api/cron/process-call-costs", CRON],
  ["POST", "/api/cron/process-call-costs", CRON],
  ["GET", "/api/billing/balance", READ],
  ["POST", "/api/billing/fetch-call-cost", CHANGE],
  ["GET", "/api/calls/scheduled-sync", CRON],
  ["POST", "/api/calls/scheduled-sync", CRON],
  ["POST", "/api/calls/sync", OWN_CHANGE],
  ["GET", "/api/cron/process-sms-billing", CRON],
  ["POST", "/api/cron/process-sms-billing", CRON],
  ["GET", "/api/admin/sms/billing", READ],
  ["POST", "/api/admin/sms/billing", CHANGE],
  ["GET", "/api/admin/sms/billing-settings", READ],
  ["PUT", "/api/admin/sms/billing-settings", CHANGE],
  ["GET", "/api/admin/sms/billing-stats", READ],
  ["GET", "/api/user/billing-summary", OWN_ONLY],
];

const API_LINES: readonly Line[] = [
  ["GET", "/accounts", READ],
  ["POST", "/accounts", CHANGE],
  ["GET", "/accounts/:id", OWN_READ],
  ["PATCH", "/accounts/:id", CHANGE],
  ["GET", "/accounts/:id/numbers", OWN_READ],
  ["POST", "/accounts/:id/numbers", CHANGE],
  ["DELETE", "/accounts/:id/numbers/:number", CHANGE],
  ["GET", "/accounts/:id/wallet", OWN_READ],
  ["PATCH", "/accounts/:id/wallet", CHANGE],
  ["POST", "/accounts/:id/top-ups", CHANGE],
  ["POST", "/accounts/:id/adjustments", CHANGE],
  ["POST", "/accounts/:id/refunds", CHANGE],
  ["GET", "/accounts/:id/entries", OWN_READ],
  ["GET", "/accounts/:id/balance", OWN_READ],
  ["GET", "/accounts/:id/statement", OWN_READ],
  ["GET", "/accounts/:id/api-keys", READ],
  ["POST", "/accounts/:id/api-keys", CHANGE],
  ["DELETE", "/accounts/:id/api-keys/:keyId", CHANGE],
  ["GET", "/accounts/:id/portal-links", READ],
  ["POST", "/accounts/:id/portal-links", CHANGE],
  ["DELETE", "/accounts/:id/portal-links/:linkId", CHANGE],
  ["GET", "/calls", OWN_READ],
  ["GET", "/calls/:id", OWN_READ],
  ["GET", "/messages", OWN_READ],
  ["GET", "/messages/:id", OWN_READ],
  ["POST", "/sms/checks", OWN_CHANGE],
  ["POST", "/sms/usage", OWN_CHANGE],
  ["GET", "/usage-records", OWN_READ],
  ["GET", "/rate-plans", READ],
  ["GET", "/rate-plans/:id", READ],
  ["PUT", "/rate-plans/:id", CHANGE],
  ["GET", "/webhook-events", READ],
  ["POST", "/webhook-events/:id/replays", CHANGE],
  ["GET", "/jobs", READ],
  ["GET", "/jobs/:id", READ],
  ["POST", "/jobs/:id/retries", CHANGE],
  ["GET", "/ledger-verifications", READ],
  ["GET", "/ledger-verifications/:id", READ],
  ["POST", "/ledger-verifications", CHANGE],
  ["GET", "/reconciliations", READ],
  ["POST", "/reconciliations", CHANGE],
  ["GET", "/audit-log", READ],
  ["GET", "/notices", OWN_READ],
  ["POST", "/notices/:id/reads", CHANGE],
  ["GET", "/webhook-endpoints", READ],
  ["POST", "/webhook-endpoints", CHANGE],
  ["GET", "/webhook-endpoints/:id", READ],
  ["DELETE", "/webhook-endpoints/:id", CHANGE],
  ["POST", "/webhook-endpoints/:id/rotations", CHANGE],
  ["POST", "/webhook-endpoints/:id/tests", CHANGE],
  ["GET", "/webhook-endpoints/:id/deliveries", READ],
];

const PAGE_LINES: readonly Line[] = [
  ["GET", "/admin", PAGE_READ],
  ["POST", "/admin/verifications", PAGE_CHANGE],
  ["GET", "/admin/accounts", PAGE_READ],
  ["GET", "/admin/new-account", PAGE_CHANGE],
  ["POST", "/admin/accounts", PAGE_CHANGE],
  ["GET", "/admin/accounts/:id", PAGE_READ],
  ["GET", "/admin/accounts/:id/top-up", PAGE_CHANGE],
  ["POST", "/admin/accounts/:id/top-up", PAGE_CHANGE],
  ["GET", "/admin/accounts/:id/refund", PAGE_CHANGE],
  ["POST", "/admin/accounts/:id/refund", PAGE_CHANGE],
  ["GET", "/admin/accounts/:id/adjustment", PAGE_CHANGE],
  ["POST", "/admin/accounts/:id/adjustment", PAGE_CHANGE],
  ["GET", "/admin/accounts/:id/settings", PAGE_CHANGE],
  ["POST", "/admin/accounts/:id/settings", PAGE_CHANGE],
  ["GET", "/admin/accounts/:id/details", PAGE_CHANGE],
  ["POST", "/admin/accounts/:id/details", PAGE_CHANGE],
  ["GET", "/admin/accounts/:id/status", PAGE_CHANGE],
  ["POST", "/admin/accounts/:id/status", PAGE_CHANGE],
  ["POST", "/admin/accounts/:id/numbers", PAGE_CHANGE],
  ["POST", "/admin/accounts/:id/number-releases", PAGE_CHANGE],
  ["POST", "/admin/accounts/:id/api-keys", PAGE_CHANGE],
  ["POST", "/admin/accounts/:id/api-key-revocations", PAGE_CHANGE],
  ["POST", "/admin/accounts/:id/portal-links", PAGE_CHANGE],
  ["POST", "/admin/accounts/:id/portal-link-revocations", PAGE_CHANGE],
  ["GET", "/admin/calls", PAGE_READ],
  ["GET", "/admin/calls/:id", PAGE_READ],
  ["GET", "/admin/messages", PAGE_READ],
  ["GET", "/billing", PAGE_READ],
  ["POST", "/billing/sync", PAGE_CHANGE],
  ["GET", "/billing/sync/:jobId/stream", PAGE_READ],
  ["GET", "/admin/calls/unassigned/:number", PAGE_READ],
  ["POST", "/admin/calls/unassigned/:number", PAGE_CHANGE],
  ["GET", "/admin/sms", PAGE_READ],
  ["GET", "/admin/sms/bills/:id", PAGE_READ],
  ["GET", "/admin/sms/bills/:id/actions", PAGE_CHANGE],
  ["POST", "/admin/sms/bills/:id/actions", PAGE_CHANGE],
  ["POST", "/admin/sms/bill-selections", PAGE_CHANGE],
  ["POST", "/admin/sms/cycles", PAGE_CHANGE],
  ["GET", "/admin/sms/jobs/:id", PAGE_READ],
  ["GET", "/admin/sms/jobs/:id/stream", PAGE_READ],
  ["POST", "/admin/sms/settings", PAGE_CHANGE],
  ["GET", "/admin/rate-plans", PAGE_READ],
  ["GET", "/admin/rate-plans/:id", PAGE_READ],
  ["POST", "/admin/rate-plans/:id/versions", PAGE_CHANGE],
  ["GET", "/admin/reconciliation", PAGE_READ],
  ["POST", "/admin/reconciliation", PAGE_CHANGE],
  ["GET", "/admin/jobs", PAGE_READ],
  ["POST", "/admin/jobs/:id/retries", PAGE_CHANGE],
  ["GET", "/admin/events", PAGE_READ],
  ["POST", "/admin/events/:id/replays", PAGE_CHANGE],
  ["GET", "/admin/notices", PAGE_READ],
  ["POST", "/admin/notices/reads", PAGE_CHANGE],
  ["POST", "/admin/notices/:id/reads", PAGE_CHANGE],
  ["POST", "/admin/notices/endpoints", PAGE_CHANGE],
  ["GET", "/admin/notices/endpoints/:id", PAGE_READ],
  ["POST", "/admin/notices/endpoints/:id/tests", PAGE_CHANGE],
  ["POST", "/admin/notices/endpoints/:id/resends", PAGE_CHANGE],
  ["POST", "/admin/notices/endpoints/:id/rotations", PAGE_CHANGE],
  ["POST", "/admin/notices/endpoints/:id/removals", PAGE_CHANGE],
  ["GET", "/portal/open/:token", OPEN],
  ["GET", "/portal/open", OPEN],
  ["POST", "/portal/open", OPEN],
  ["GET", "/portal", PORTAL],
  ["GET", "/portal/calls", PORTAL],
  ["GET", "/portal/calls/:id", PORTAL],
  ["GET", "/portal/messages", PORTAL],
  ["GET", "/portal/bills", PORTAL],
  ["GET", "/portal/bills/:id", PORTAL],
  ["GET", "/portal/statements", PORTAL],
  ["POST", "/portal/sync", PORTAL],
  ["GET", "/portal/sync/:jobId/stream", PORTAL],
];

const rows = (
  lines: readonly Line[],
  { prefix = "", isPage = false }: { prefix?: string; isPage?: boolean } = {},
): AccessRow[] =>
  lines.map(([method, path, callers]) => ({ method, path: prefix + path, callers, isPage }));

/** Every route of the app and who may call it. */
export const ACCESS: readonly AccessRow[] = [
  ...rows(OPEN_LINES),
  ...rows(SEED_LINES),
  ...rows(API_LINES, { prefix: "/api/v1" }),
  ...rows(PAGE_LINES, { isPage: true }),
];

const BY_ROUTE = new Map(ACCESS.map((row) => [`${row.method} ${row.path}`, row]));

/** The row of a route as it is registered; null when it has none and nobody may call it. */
export function findAccess({ method, path }: { method: string; path: string }): AccessRow | null {
  // The path of a static file carries the hash of its content.
  const known = path.replace(/^\/static\/[0-9a-f]{8}\/[\w.-]+$/, "/static/:hash/:name");
  return BY_ROUTE.get(`${method} ${known}`) ?? null;
}

/** What a caller is, for the table. */
export function kindOf(caller: Caller): CallerKind {
  return caller.kind === "admin_person" && caller.role === "viewer" ? "viewer" : caller.kind;
}
