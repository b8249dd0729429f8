/**
 * Doing the same with the bills that were picked: a summary first, then a job.
 *
 * Goes to: `core/sms_billing/bulk_bills.ts`.
 *
 * @module
 */
import { type Context, Hono } from "hono";
import type { JSX } from "hono/jsx/jsx-runtime";
import { z } from "zod";
import { smsBillKey } from "../../../core/kv/keys.ts";
import { formatMoney } from "../../../core/money.ts";
import { BILL_ACTIONS, type BillAction } from "../../../core/sms_billing/act_on_bill.ts";
import { payableMicros, type SmsBill } from "../../../core/sms_billing/bill.ts";
import { BULK_BILLS_MAX, startBillBulk } from "../../../core/sms_billing/bulk_bills.ts";
import { nameBills, type NamedBill } from "../../../core/sms_billing/list_bills.ts";
import type { AppEnv } from "../../caller.ts";
import type { AppDeps } from "../../deps.ts";
import { PageHead } from "../components.tsx";
import { ReasonField } from "../confirm_form.tsx";
import { formatCount } from "../format.ts";
import { ErrorSummary, type FormError } from "../forms.tsx";
import { actorOf, redirectWith, showPage } from "../frame.tsx";
import { WORDS } from "../strings.ts";
import { Table } from "../table.tsx";
import { MoneyText } from "../values.tsx";
import { reasonText } from "./bill_actions.tsx";
import { SELECTION_PATH } from "./bill_table.tsx";
import { BillBadge, billHref, BILLS_PATH } from "./bill_words.tsx";
import { jobHref } from "./job_words.ts";

const selectionForm = z.object({
  action: z.enum(BILL_ACTIONS),
  bill: z.array(z.string().min(1).max(100)).min(1).max(BULK_BILLS_MAX),
  form_id: z.uuid().optional(),
  reason: z.string().max(1_000).default(""),
});

/** `POST /admin/sms/bill-selections`: the summary, and with its form id the start. */
export function selectionPages(deps: AppDeps): Hono<AppEnv> {
  return new Hono<AppEnv>().post(SELECTION_PATH, (c) => postSelection(c, deps));
}

type Selection = z.output<typeof selectionForm>;

async function postSelection(c: Context<AppEnv>, deps: AppDeps): Promise<Response> {
  const form = selectionForm.safeParse(await readFields(c));
  if (!form.success) {
    const text = "No bill was picked, so nothing was done. Tick bills in the list first.";
    return redirectWith(c, { to: BILLS_PATH, flash: { text, tone: "negative" } });
  }
  const selection = form.data;
  const bills = await readPicked(deps, selection.bill);
  if (selection.form_id === undefined) {
    return showSummary(c, { deps, selection, bills, formId: deps.ids.id(), errors: [] });
  }
  const reason = reasonText.safeParse(selection.reason);
  if (!reason.success) {
    const message = reason.error.issues[0]?.message ?? "Give a reason";
    const errors = [{ name: "reason", message }];
    return showSummary(c, { deps, selection, bills, formId: selection.form_id, errors });
  }
  const bulk = await startBillBulk(deps, {
    id: selection.form_id,
    action: selection.action,
    billIds: bills.map(({ bill }) => bill.id),
    reason: reason.data,
    actor: actorOf(c),
  });
  deps.actions.nudge();
  return c.redirect(jobHref(bulk.id), 303);
}

/** One field may come many times here; of the others only the last one counts. */
async function readFields(c: Context<AppEnv>): Promise<unknown> {
  const { bill, ...fields } = await c.req.parseBody({ all: true });
  const texts = Object.fromEntries(
    Object.entries(fields).map(([name, value]) => [
      name,
      typeof value === "string" ? value.replaceAll("\u0000", "").toWellFormed().trim() : value,
    ]),
  );
  return { ...texts, bill: bill === undefined ? [] : [bill].flat() };
}

/** Those that are there and closed, each once, in the order they were picked. */
async function readPicked({ store }: AppDeps, billIds: readonly string[]): Promise<NamedBill[]> {
  const ids = [...new Set(billIds)];
  const rows = await store.getMany<SmsBill>(ids.map(smsBillKey));
  const bills = rows.flatMap((row) => row && row.value.status !== "open" ? [row.value] : []);
  return await nameBills(store, bills);
}

interface Summary {
  deps: AppDeps;
  selection: Selection;
  bills: NamedBill[];
  formId: string;
  errors: readonly FormError[];
}

const TITLES: Readonly<Record<BillAction, { verb: string; meaning: string }>> = {
  process: {
    verb: "Process",
    meaning:
      "Each is paid from what its terms say. One that is not pending or failed is left alone.",
  },
  approve: {
    verb: "Approve",
    meaning: "Each is agreed to and paid. One that does not wait for approval is left alone.",
  },
  cancel: {
    verb: "Cancel",
    meaning: "Their messages are charged to nobody. This cannot be taken back. One that is paid, " +
      "or for which Sippy was asked, is left alone.",
  },
};

function showSummary(c: Context<AppEnv>, summary: Summary): Response {
  const { deps, selection, bills, errors } = summary;
  const { verb, meaning } = TITLES[selection.action];
  const title = `${verb} ${formatCount(bills.length)} ${bills.length === 1 ? "bill" : "bills"}`;
  const body = (
    <>
      <PageHead
        title={title}
        above={{ href: BILLS_PATH, label: "Bills" }}
        lead={meaning}
      />
      <ErrorSummary errors={errors} />
      <Totals bills={bills} />
      <SummaryForm {...summary} verb={title} />
    </>
  );
  return showPage(c, { deps, title, body, status: errors.length > 0 ? 422 : 200 });
}

function Totals({ bills }: Pick<Summary, "bills">): JSX.Element {
  const byCurrency = Map.groupBy(bills, ({ bill }) => bill.currency);
  return (
    <p>
      To be paid in all: {[...byCurrency].map(([currency, some], at) => (
        <>
          {at > 0 && ", "}
          <MoneyText
            money={formatMoney(
              some.reduce((sum, { bill }) => sum + payableMicros(bill), 0n),
              currency,
            )}
          />
        </>
      ))}
    </p>
  );
}

/** The bills travel along as fields of one name, so this form is written out. */
function SummaryForm(
  { selection, bills, formId, errors, verb }: Summary & { verb: string },
): JSX.Element {
  const isDangerous = selection.action === "cancel";
  return (
    <form class="form" method="post" action={SELECTION_PATH}>
      <input type="hidden" name="action" value={selection.action} />
      <input type="hidden" name="form_id" value={formId} />
      {bills.map(({ bill }) => <input key={bill.id} type="hidden" name="bill" value={bill.id} />)}
      <Table
        caption="The bills that were picked"
        columns={[
          { key: "bill", label: "Bill" },
          { key: "account", label: "Account" },
          { key: "status", label: "Status now" },
          { key: "payable", label: "To be paid", kind: "number" },
        ]}
        rows={bills.map(({ bill, accountName }) => ({
          bill: <a href={billHref(bill.id)}>{bill.id}</a>,
          account: accountName,
          status: <BillBadge bill={bill} />,
          payable: <MoneyText money={formatMoney(payableMicros(bill), bill.currency)} />,
        }))}
      />
      <ReasonField value={selection.reason} error={errors[0]?.message} />
      <div class="actions row">
        <button class={`button ${isDangerous ? "danger" : "primary"}`} type="submit">{verb}</button>
        <a class="button" href={BILLS_PATH}>{WORDS.form.cancel}</a>
      </div>
    </form>
  );
}
