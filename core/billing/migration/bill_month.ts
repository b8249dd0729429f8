/**
 * The first bill of an account that comes from another system: one month's usage, closed, and left for a
 * person to have paid.
 *
 * Goes to: `core/sms_billing/close_bill.ts`, `core/sms_billing/count_usage.ts`,
 * `core/wallet/change_wallet.ts`.
 *
 * @module
 */
import type { Account } from "../../accounts/account.ts";
import { parseInstant } from "../../clock.ts";
import type { Batch } from "../../kv/batch.ts";
import { accountKey, messageChargeKey, smsAccountKey, smsUsageKey } from "../../kv/keys.ts";
import { formatMicros } from "../../money.ts";
import { traceReported } from "../../rating/rate_message.ts";
import { getSmsAccount, type SmsBill, stageBill } from "../../sms_billing/bill.ts";
import { closeBill } from "../../sms_billing/close_bill.ts";
import { addUsage, emptyBill } from "../../sms_billing/count_usage.ts";
import { readSmsTerms } from "../../sms_billing/settings.ts";
import { type Message, stageMessage } from "../../usage/messages.ts";
import { changeWallet } from "../../wallet/change_wallet.ts";
import type { BillingDeps } from "../bill_due.ts";
import { type MessageCharge, REPORTED_PRICE } from "../message_charge.ts";
import { countingReads } from "../rate_messages.ts";
import { usageId } from "../record_usage.ts";
import type { MigrationRow } from "./read_rows.ts";

/** One account's usage of one month. */
export interface Month {
  /** Whose. */
  accountId: string;
  /** `YYYY-MM`. */
  month: string;
  /** All of that month. */
  rows: MigrationRow[];
  /** Kept in the audit record. */
  actor: string;
}

/** Makes the bill, or skips it when the account has one for this month already. */
export async function billMonth(deps: BillingDeps, month: Month): Promise<"created" | "skipped"> {
  const { accountId } = month;
  const atMs = deps.clock.now();
  const reportedId = `migration-${month.month}`;
  const runId = deps.ids.id();
  const outcome = await changeWallet(deps, {
    accountId,
    reads: [...countingReads(accountId), smsUsageKey(accountId, reportedId)],
    stage: async (batch) => {
      const claimKey = smsUsageKey(accountId, reportedId);
      const claim = await batch.get<{ runId?: string }>(claimKey);
      // A claim of this very call: it was committed, and only the reply was lost.
      if (claim) return { status: claim.runId === runId ? "created" as const : "skipped" as const };
      const messageId = usageId(accountId, reportedId);
      batch.set(claimKey, { messageId, runId });
      await stageMonth(batch, { deps, month, messageId, reportedId, atMs });
      return { status: "created" as const };
    },
  });
  if (outcome.status === "account_not_found") {
    throw new Error(`Cannot bill ${accountId}: it has no wallet`);
  }
  return outcome.status;
}

async function stageMonth(
  batch: Batch,
  { deps, month, messageId, reportedId, atMs }: {
    deps: BillingDeps;
    month: Month;
    messageId: string;
    reportedId: string;
    atMs: number;
  },
): Promise<void> {
  const account = (await batch.getChecked<Account>(accountKey(month.accountId)))!;
  const { effective } = await readSmsTerms(batch, account.id);
  const smsAccount = await getSmsAccount(batch, account.id);
  const startMs = parseInstant(`${month.month}-01T00:00:00Z`)!;
  const { frequency } = effective;
  const empty = emptyBill({
    account,
    number: smsAccount.billCount + 1,
    frequency,
    periodStartMs: startMs,
    periodEndMs: null,
    atMs,
  });
  batch.set(smsAccountKey(account.id), { ...smsAccount, billCount: smsAccount.billCount + 1 });
  const bill = month.rows.reduce(addRow, empty);
  const counted = { billId: bill.id, amountMicros: bill.totalMicros };
  stageMessage(batch, { before: null, after: monthMessage(bill, { messageId, reportedId, atMs }) });
  batch.set(messageChargeKey(messageId), monthCharge(bill, { messageId, counted, atMs }));
  await stageBill(batch, { before: null, after: bill });
  const terms = { ...effective, autoProcess: false };
  const newId = () => deps.ids.id();
  await closeBill(batch, { bill, periodEndMs: atMs, terms, atMs, actor: month.actor, newId });
}

function addRow(bill: SmsBill, row: MigrationRow): SmsBill {
  const { country, prefix, messages: count, segments, costMicros: amountMicros } = row;
  const service = "sms";
  const sentAtMs = bill.periodStartMs;
  return addUsage(bill, { service, sentAtMs, country, prefix, count, segments, amountMicros });
}

/** One message stands for all of the month. */
function monthMessage(
  bill: SmsBill,
  { messageId, reportedId, atMs }: { messageId: string; reportedId: string; atMs: number },
): Message {
  return {
    id: messageId,
    carrier: "sms",
    carrierMessageId: reportedId,
    accountId: bill.accountId,
    direction: "outbound",
    from: "",
    to: "",
    segments: bill.segments,
    count: bill.messageCount,
    status: "migrated",
    isFinal: true,
    costMicros: null,
    costCurrency: null,
    country: null,
    prefix: null,
    sentAtMs: bill.periodStartMs,
    fault: null,
    record: { [REPORTED_PRICE]: formatMicros(bill.totalMicros) },
    sourceId: "sms:migration",
    revision: 1,
    learnedAtMs: atMs,
  };
}

function monthCharge(
  bill: SmsBill,
  { messageId, counted, atMs }: {
    messageId: string;
    counted: MessageCharge["counted"][number];
    atMs: number;
  },
): MessageCharge {
  const { accountId, currency, segments, totalMicros } = bill;
  return {
    messageId,
    accountId,
    service: "sms",
    state: "rated",
    reason: null,
    revision: 1,
    amountMicros: totalMicros,
    trace: traceReported({ plan: "sms", currency, segments, reportedMicros: totalMicros }),
    billId: bill.id,
    counted: [counted],
    costMicros: 0n,
    atMs,
  };
}
