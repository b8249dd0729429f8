/**
 * SMS bills for admins: listed, processed, approved, cancelled.
 *
 * Goes to: `core/sms_billing/list_bills.ts`, `core/sms_billing/process_bill.ts`.
 *
 * @module
 */
import { type Context, Hono } from "hono";
import { z } from "zod";
import {
  CLOSED_STATUSES,
  getNamedBill,
  listBills,
  nameBills,
} from "../../core/sms_billing/list_bills.ts";
import {
  approveBill,
  type BillOutcome,
  cancelBill,
  processBill,
} from "../../core/sms_billing/process_bill.ts";
import type { SmsBill } from "../../core/sms_billing/bill.ts";
import type { AppEnv } from "../caller.ts";
import type { AppDeps } from "../deps.ts";
import { doc, valid } from "../openapi.ts";
import { OUTCOMES, refuse } from "../outcomes.ts";
import { problem } from "../problem.ts";
import { runSoon } from "./run_soon.ts";
import { idParam, isPeriod, pageFields, PERIOD_ORDER, periodFields } from "./shapes/fields.ts";
import { showSmsBill, smsBillShape } from "./shapes/sms_bill.ts";

const billQuery = z.strictObject({
  status: z.enum(CLOSED_STATUSES).optional(),
  account: idParam.optional(),
  ...periodFields,
  ...pageFields,
}).refine(isPeriod, PERIOD_ORDER);

const ACTIONS = { process: processBill, approve: approveBill, cancel: cancelBill } as const;

/** Bills of one request. */
const BILLS_MAX = 100;

const billIdField = z.string().min(1).max(100);
const billRequest = z.strictObject({
  billingId: billIdField.optional().meta({ description: "One bill, to be processed" }),
  action: z.enum(["process", "approve", "cancel"]).optional(),
  billingIds: z.array(billIdField).min(1).max(BILLS_MAX).optional(),
}).superRefine(({ billingId, action, billingIds }, ctx) => {
  const refuseAt = (name: string, message: string) =>
    ctx.addIssue({ code: "custom", path: [name], message });
  if (billingId !== undefined && billingIds !== undefined) {
    refuseAt("billingIds", "does not go with billingId");
  }
  if (billingId === undefined && billingIds === undefined) refuseAt("billingId", "is missing");
  if (billingIds !== undefined && action === undefined) refuseAt("action", "is missing");
}).meta({ id: "SmsBillRequest" });

const listAnswer = z.object({ bills: z.array(smsBillShape), nextCursor: z.string().nullable() })
  .meta({ id: "SmsBillPage" });
const changeAnswer = z.object({
  bills: z.array(smsBillShape).meta({ description: "As they are now" }),
  errors: z.array(z.object({ billingId: z.string(), code: z.string(), detail: z.string() }))
    .meta({ description: "Bills of several that were refused" }),
}).meta({ id: "SmsBillChanges" });

/** `GET,POST /api/admin/sms/billing`. */
export function smsBillRoutes(deps: AppDeps): Hono<AppEnv> {
  return new Hono<AppEnv>()
    .get(
      "/api/admin/sms/billing",
      doc({
        summary: "List SMS bills, newest first",
        description:
          "`from` and `to` are about the closing of the bills. With account and status " +
          "together a page may be short, even empty, while its cursor goes on.",
        tags: ["sms"],
        responses: { 200: { description: "A page", schema: listAnswer } },
      }),
      valid("query", billQuery),
      (c) => answerBills(c, { deps, query: c.req.valid("query") }),
    )
    .post(
      "/api/admin/sms/billing",
      doc({
        summary: "Process, approve or cancel SMS bills",
        description:
          "Processing pays a pending bill or tries a failed one again; approving agrees " +
          "to one that waits for it, and pays it; only pending and failed ones are cancelled. Of " +
          "several bills each is judged by itself.",
        tags: ["sms"],
        responses: { 200: { description: "Done", schema: changeAnswer } },
      }),
      valid("json", billRequest),
      (c) => postBills(c, { deps, body: c.req.valid("json") }),
    );
}

async function answerBills(
  c: Context<AppEnv>,
  { deps, query }: { deps: AppDeps; query: z.output<typeof billQuery> },
): Promise<Response> {
  const { account: accountId, from: fromMs, to: untilMs, ...which } = query;
  const page = await listBills(deps.store, { accountId, fromMs, untilMs, ...which });
  if (!page) return problem(c, { code: "malformed_cursor" });
  return c.json({ bills: page.bills.map(showSmsBill), nextCursor: page.nextCursor });
}

async function postBills(
  c: Context<AppEnv>,
  { deps, body }: { deps: AppDeps; body: z.output<typeof billRequest> },
): Promise<Response> {
  const { billingId, action = "process", billingIds = [billingId!] } = body;
  const { actor } = c.var.caller!;
  const ids = [...new Set(billingIds)];
  if (ids.length === 1) return await postOne(c, { deps, action, billId: ids[0]!, actor });
  const bills: SmsBill[] = [];
  const errors: { billingId: string; code: string; detail: string }[] = [];
  for (const billId of ids) {
    const outcome = await ACTIONS[action](deps, { billId, actor });
    if (outcome.status === "bill_changed") bills.push(outcome.bill);
    else {
      errors.push({ billingId: billId, code: OUTCOMES[outcome.status], detail: why(outcome) });
    }
  }
  // What is asked of Sippy goes on behind this answer.
  deps.actions.nudge();
  return c.json({ bills: (await nameBills(deps.store, bills)).map(showSmsBill), errors });
}

async function postOne(
  c: Context<AppEnv>,
  { deps, action, billId, actor }: {
    deps: AppDeps;
    action: keyof typeof ACTIONS;
    billId: string;
    actor: string;
  },
): Promise<Response> {
  const outcome = await ACTIONS[action](deps, { billId, actor });
  if (outcome.status !== "bill_changed") return refuse(c, outcome, { detail: why(outcome) });
  if (outcome.jobId !== null) await runSoon(deps, outcome.jobId);
  const bill = await getNamedBill(deps.store, billId);
  return c.json({ bills: bill ? [showSmsBill(bill)] : [], errors: [] });
}

function why(outcome: Exclude<BillOutcome, { status: "bill_changed" }>): string {
  return outcome.status === "bill_not_found"
    ? "There is no such bill."
    : `The bill stays as it is: ${outcome.reason}.`;
}
