/**
 * What the words of the domain mean to a caller: a success status, or the code of a problem.
 *
 * A new word does not compile until somebody has decided.
 *
 * @module
 */
import type { Context } from "hono";
import type { AssignOutcome } from "../core/accounts/numbers.ts";
import type { releaseNumber } from "../core/billing/claim_calls.ts";
import type { MoneyOutcome } from "../core/billing/move_money.ts";
import type { changeAccount, OpenOutcome } from "../core/billing/open_account.ts";
import type { UsageOutcome } from "../core/billing/record_usage.ts";
import type { SettingsOutcome } from "../core/billing/set_wallet.ts";
import type { SyncOutcome } from "../core/billing/sync_outcome.ts";
import type { retryJob } from "../core/jobs/job.ts";
import type { AddEndpointOutcome, removeEndpoint, rotateSecret } from "../core/notices/endpoint.ts";
import type { readNotice } from "../core/notices/read_notices.ts";
import type { PlanOutcome } from "../core/rating/plans.ts";
import type { BillOutcome } from "../core/sms_billing/process_bill.ts";
import type { TermsOutcome } from "../core/sms_billing/terms.ts";
import type { MakeKeyOutcome, RevokeKeyOutcome } from "../core/accounts/api_keys.ts";
import { problem, type ProblemCode, type ProblemInput } from "./problem.ts";

/** Everything a domain may answer that a route passes on. */
export type Outcome =
  | AssignOutcome
  | OpenOutcome
  | SettingsOutcome
  | MoneyOutcome
  | PlanOutcome
  | SyncOutcome
  | MakeKeyOutcome
  | RevokeKeyOutcome
  | AddEndpointOutcome
  | UsageOutcome
  | TermsOutcome
  | BillOutcome
  | Awaited<ReturnType<typeof rotateSecret | typeof removeEndpoint | typeof readNotice>>
  | Awaited<ReturnType<typeof releaseNumber | typeof changeAccount | typeof retryJob>>;

/** One word of a domain. */
export type OutcomeStatus = Outcome["status"];

/** Every word with what it means over HTTP. */
export const OUTCOMES = {
  account_opened: 201,
  account_changed: 200,
  account_exists: "account_exists",
  account_not_found: "account_not_found",
  number_assigned: 201,
  number_already_assigned: 200,
  number_released: 200,
  number_held: "number_held",
  number_not_held: "not_found",
  wallet_changed: 200,
  changed_meanwhile: "changed_meanwhile",
  posted: 201,
  already_posted: 201,
  key_reused: "key_reused",
  insufficient_funds: "insufficient_funds",
  balance_out_of_range: "validation",
  stored: 200,
  plan_fixed: "state_conflict",
  version_in_force_changed: "state_conflict",
  synced: 200,
  busy: "state_conflict",
  carrier_unavailable: "carrier_unavailable",
  not_configured: "not_configured",
  job_due: 201,
  job_running: "state_conflict",
  job_not_found: "not_found",
  api_key_made: 201,
  api_key_revoked: 200,
  api_key_not_found: "not_found",
  recorded: 201,
  unpriced: "validation",
  currency_mismatch: "currency_mismatch",
  settings_changed: 200,
  bill_changed: 200,
  bill_not_found: "not_found",
  bill_state_conflict: "state_conflict",
  notice_read: 201,
  notice_not_found: "not_found",
  endpoint_added: 201,
  endpoint_rotated: 201,
  endpoint_removed: 200,
  endpoint_not_found: "not_found",
  target_refused: "validation",
  too_many_endpoints: "state_conflict",
} as const satisfies Record<OutcomeStatus, ProblemCode | 200 | 201>;

/** Words that are refusals. */
export type Refusal = {
  [Word in OutcomeStatus]: (typeof OUTCOMES)[Word] extends ProblemCode ? Word : never;
}[OutcomeStatus];

/** The problem for a refusal; `more` says what is particular this time. */
export function refuse(
  c: Context,
  { status }: { status: Refusal },
  more: Omit<ProblemInput, "code"> = {},
): Response {
  return problem(c, { code: OUTCOMES[status], ...more });
}
