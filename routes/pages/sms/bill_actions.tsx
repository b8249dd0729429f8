/**
 * Doing something with one bill: what follows from it is shown, a reason is asked for, then it is done.
 *
 * Goes to: `core/sms_billing/act_on_bill.ts`, `core/sms_billing/review_bill.ts`.
 *
 * @module
 */
import { type Context, Hono } from "hono";
import type { JSX } from "hono/jsx/jsx-runtime";
import { z } from "zod";
import { formatMoney } from "../../../core/money.ts";
import { actOnBill, type BillActionOutcome } from "../../../core/sms_billing/act_on_bill.ts";
import { payableMicros } from "../../../core/sms_billing/bill.ts";
import { reviewBill } from "../../../core/sms_billing/review_bill.ts";
import { availableMicros } from "../../../core/wallet/wallet.ts";
import type { AppEnv } from "../../caller.ts";
import type { AppDeps } from "../../deps.ts";
import { PageHead } from "../components.tsx";
import { type Change, ConfirmForm } from "../confirm_form.tsx";
import { ErrorSummary, type FormError } from "../forms.tsx";
import { actorOf, redirectWith, showPage } from "../frame.tsx";
import type { Flash } from "../layout.tsx";
import { errorOf, readForm, type Typed } from "../read_form.ts";
import { stateWord } from "../strings.ts";
import { MoneyText } from "../values.tsx";
import { type Deed, DEEDS, deedsFor, deedWords } from "./bill_deeds.ts";
import { showMissingBill } from "./bill_page.tsx";
import { type BillView, readBill } from "./bill_view.ts";
import { BillBadge, billHref, failureWords, messagesWords, SMS_PATH } from "./bill_words.tsx";

/** Why something is done with bills; required. */
export const reasonText: z.ZodType<string, string> = z.string({ error: "Give a reason" })
  .min(1, "Give a reason").max(300, "The reason may have 300 letters")
  .transform((text) => text.replace(/\s+/g, " "));

const actionForm = z.strictObject({
  do: z.enum(DEEDS, { error: "Choose what to do on the page of the bill" }),
  reason: reasonText,
});

/** `GET,POST /admin/sms/bills/:id/actions`. */
export function billActionPages(deps: AppDeps): Hono<AppEnv> {
  const path = `${SMS_PATH}/bills/:id/actions` as const;
  return new Hono<AppEnv>()
    .get(path, async (c) => {
      const view = await readBill(deps.store, c.req.param("id"));
      if (!view) return showMissingBill(c, deps);
      const deed = deedsFor(view.bill).find((one) => one === c.req.query("do"));
      if (!deed) return c.redirect(billHref(view.bill.id), 303);
      return showDeed(c, { deps, view, deed, typed: {}, errors: [] });
    })
    .post(path, async (c) => {
      const view = await readBill(deps.store, c.req.param("id"));
      return view ? await postDeed(c, { deps, view }) : showMissingBill(c, deps);
    });
}

interface Shown {
  deps: AppDeps;
  view: BillView;
  deed: Deed;
  typed: Typed;
  errors: readonly FormError[];
}

function showDeed(c: Context<AppEnv>, { deps, view, deed, typed, errors }: Shown): Response {
  const { bill } = view;
  const { verb, meaning, isDangerous } = deedWords(deed, bill);
  const title = `Bill ${bill.id}: ${verb}`;
  const body = (
    <>
      <PageHead
        title={title}
        above={{ href: billHref(bill.id), label: `Bill ${bill.id}` }}
        lead={meaning}
      />
      <ErrorSummary errors={errors} />
      <ConfirmForm
        action={`${billHref(bill.id)}/actions`}
        formId=""
        hidden={{ do: deed }}
        submitLabel={verb}
        isDangerous={isDangerous}
        cancelHref={billHref(bill.id)}
        changes={changesOf({ view, deed })}
        reason={{ value: typed.reason, error: errorOf(errors, "reason") }}
      />
    </>
  );
  return showPage(c, { deps, title, body, status: errors.length > 0 ? 422 : 200 });
}

function changesOf({ view, deed }: Pick<Shown, "view" | "deed">): Change[] {
  const { bill, wallet } = view;
  const { to } = deedWords(deed, bill);
  const changes: Change[] = [{
    label: `${messagesWords(bill.messageCount)} of ${view.accountName}`,
    before: <BillBadge bill={bill} />,
    after: stateWord(to),
  }, {
    label: "Still to be paid",
    before: <Amount micros={payableMicros(bill)} view={view} />,
    after: <Amount micros={to === "processing" ? payableMicros(bill) : 0n} view={view} />,
  }];
  const takes = deed === "process" || deed === "approve";
  if (!wallet || bill.payment !== "wallet" || !takes) return changes;
  const available = availableMicros(wallet);
  return [...changes, {
    label: "Available in the wallet",
    before: <Amount micros={available} view={view} />,
    after: <Amount micros={available - payableMicros(bill)} view={view} />,
  }];
}

function Amount({ micros, view }: { micros: bigint; view: BillView }): JSX.Element {
  return <MoneyText money={formatMoney(micros, view.bill.currency)} />;
}

async function postDeed(
  c: Context<AppEnv>,
  { deps, view }: Pick<Shown, "deps" | "view">,
): Promise<Response> {
  const billId = view.bill.id;
  const form = await readForm(c, actionForm);
  if (form.status === "invalid") {
    const { typed, errors } = form;
    const deed = DEEDS.find((one) => one === typed.do);
    if (!deed) return c.redirect(billHref(billId), 303);
    return showDeed(c, { deps, view, deed, typed, errors });
  }
  const outcome = await perform(deps, {
    billId,
    deed: form.values.do,
    reason: form.values.reason,
    actor: actorOf(c),
  });
  if (outcome.status === "bill_not_found") return showMissingBill(c, deps);
  if (outcome.status === "bill_changed" && outcome.jobId !== null) deps.actions.nudge();
  return redirectWith(c, { to: billHref(billId), flash: flashOf(outcome) });
}

const DECISIONS = {
  collected: "collected",
  not_collected: "not_collected",
  write_off: "cancel",
} as const;

async function perform(
  deps: AppDeps,
  { billId, deed, reason, actor }: { billId: string; deed: Deed; reason: string; actor: string },
): Promise<BillActionOutcome> {
  if (deed === "process" || deed === "approve" || deed === "cancel") {
    return await actOnBill(deps, { billId, action: deed, reason, actor });
  }
  return await reviewBill(deps, { billId, decision: DECISIONS[deed], reason, actor });
}

function flashOf(outcome: Exclude<BillActionOutcome, { status: "bill_not_found" }>): Flash {
  const { id, status, failureReason } = outcome.bill;
  switch (outcome.status) {
    case "bill_state_conflict":
      return { tone: "negative", text: `Nothing was changed: ${outcome.reason}.` };
    case "bill_as_wanted":
      return { tone: "positive", text: `Bill ${id} is ${stateWord(status)} already.` };
    case "bill_changed":
      break;
  }
  if (outcome.jobId !== null && status !== "paid" && status !== "cancelled") {
    const why = status === "failed" && failureReason !== "not_collected"
      ? ` At first it failed: ${failureWords(failureReason ?? "not told")}.`
      : "";
    const isWell = why === "";
    return {
      tone: isWell ? "positive" : "negative",
      text: `The payment of bill ${id} is ${isWell ? "under way" : "tried again by itself"}.${why}`,
    };
  }
  if (status === "failed") {
    const text = `Bill ${id} was not paid: ${failureWords(failureReason ?? "not told")}.`;
    return { tone: "negative", text };
  }
  return { tone: "positive", text: `Bill ${id} is ${stateWord(status)}.` };
}
