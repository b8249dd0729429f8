/**
 * SMS billing as tests drive it: usage reported for `acme`, terms set, bills read, and the books of bills.
 *
 * Goes to: `tests/support/world.ts`.
 *
 * @module
 */
import assert from "node:assert/strict";
import type { BillingDeps } from "../../core/billing/bill_due.ts";
import type { MessageCharge } from "../../core/billing/message_charge.ts";
import { recordUsage, type UsageItem, type UsageOutcome } from "../../core/billing/record_usage.ts";
import { everyRow } from "../../core/kv/page.ts";
import type { Store } from "../../core/kv/store.ts";
import type { Message } from "../../core/usage/messages.ts";
import {
  isAwaiting,
  isUnpaid,
  payableMicros,
  type SmsAccount,
} from "../../core/sms_billing/bill.ts";
import type { SmsBill } from "../../core/sms_billing/bill.ts";
import { closeDueBills, type CycleTally } from "../../core/sms_billing/close_due.ts";
import type { SmsFrequency, SmsLevel } from "../../core/sms_billing/settings.ts";
import { setAccountLevel } from "../../core/sms_billing/terms.ts";
import type { Entry } from "../../core/wallet/entry.ts";
import { STRANGER } from "./world.ts";

/** One reported message: one segment to {@link STRANGER} for 0.50, sent now. */
export function usageItem(
  deps: Pick<BillingDeps, "clock">,
  messageId: string,
  told: Partial<UsageItem> = {},
): UsageItem {
  return {
    messageId,
    to: STRANGER,
    from: null,
    segments: 1,
    count: 1,
    priceMicros: 500_000n,
    currency: null,
    country: "US",
    prefix: "+1",
    sentAtMs: deps.clock.now(),
    fingerprint: messageId,
    ...told,
  };
}

/** Reports messages of an account. */
export function report(
  deps: BillingDeps,
  items: UsageItem[],
  accountId = "acme",
): Promise<UsageOutcome> {
  return recordUsage(deps, { accountId, items, actor: "test" });
}

/** Sets an account's own terms, whatever they were. */
export async function setTerms(
  deps: BillingDeps,
  level: SmsLevel,
  accountId = "acme",
): Promise<void> {
  const set = await setAccountLevel(deps, {
    accountId,
    level,
    isExpected: () => true,
    actor: "test",
  });
  assert.equal(set.status, "settings_changed");
}

/** Runs the cycles that are due, of one frequency or of all. */
export function runCycle(deps: BillingDeps, frequency?: SmsFrequency): Promise<CycleTally> {
  return closeDueBills(deps, { frequency, actor: "cron", untilMs: deps.clock.now() + 60_000 });
}

/** Every bill of an account, or of all, in the order of their ids' numbers. */
export async function billsOf(store: Store, accountId?: string): Promise<SmsBill[]> {
  const rows = await Array.fromAsync(everyRow<SmsBill>(store, { prefix: ["sms_bill"] }));
  const numberOf = ({ id }: SmsBill) => Number(id.slice(id.lastIndexOf("-") + 1));
  return rows.map(({ value }) => value)
    .filter((bill) => accountId === undefined || bill.accountId === accountId)
    .toSorted((a, b) => numberOf(a) - numberOf(b));
}

/**
 * The books of bills: each message counted once, by bills that come to what their messages come to; each
 * bill paid from the wallet has the entry it names and no other; the indexes and the accounts' counts are
 * what the bills say.
 */
export async function checkBills(store: Store): Promise<void> {
  const bills = await billsOf(store);
  const charges = await valuesOf<MessageCharge>(store, "message_charge");
  const messages = new Map((await valuesOf<Message>(store, "message")).map((one) => [one.id, one]));
  for (const bill of bills) {
    checkTotals(bill);
    const counted = charges.flatMap((charge) => charge.counted).filter(({ billId }) =>
      billId === bill.id
    );
    assert.equal(sum(counted.map(({ amountMicros }) => amountMicros)), bill.totalMicros, bill.id);
    const mine = charges.filter(({ billId }) => billId === bill.id);
    const count = mine.reduce(
      (all, { messageId }) => all + (messages.get(messageId)!.count ?? 1),
      0,
    );
    assert.equal(count, bill.messageCount, bill.id);
  }
  for (const charge of charges) {
    const amounts = charge.counted.map(({ amountMicros }) => amountMicros);
    assert.equal(sum(amounts), charge.amountMicros, charge.messageId);
    assert.ok(messages.has(charge.messageId), charge.messageId);
  }
  await checkEntries(store, bills);
  await checkAccounts(store, bills);
  await checkIndexes(store, bills);
}

function checkTotals(bill: SmsBill): void {
  assert.equal(sum(bill.breakdown.map((line) => line.amountMicros)), bill.totalMicros, bill.id);
  assert.equal(sum(Object.values(bill.serviceMicros)), bill.totalMicros, bill.id);
  assert.equal(
    bill.breakdown.reduce((all, { count }) => all + count, 0),
    bill.messageCount,
    bill.id,
  );
}

async function checkEntries(store: Store, bills: SmsBill[]): Promise<void> {
  const rows = await Array.fromAsync(everyRow<Entry>(store, { prefix: ["entry"] }));
  const payments = rows.filter(({ value }) => value.source.type === "bill");
  const paid = bills.filter((bill) => bill.entrySeq !== null);
  assert.equal(payments.length, paid.length);
  for (const bill of paid) {
    const [entry, ...more] = payments.filter(({ value }) => value.source.id === bill.id);
    assert.deepEqual([entry?.key[1], more.length], [bill.accountId, 0], bill.id);
    assert.deepEqual(
      [entry?.value.kind, entry?.value.seq, entry?.value.amountMicros],
      ["payment", bill.entrySeq, -payableMicros(bill)],
      bill.id,
    );
    assert.deepEqual([bill.status, bill.payment], ["paid", "wallet"], bill.id);
  }
  for (const bill of bills) {
    if (bill.status !== "paid" || bill.payment !== "wallet") continue;
    assert.equal(bill.entrySeq !== null, payableMicros(bill) !== 0n, bill.id);
  }
}

async function checkAccounts(store: Store, bills: SmsBill[]): Promise<void> {
  const rows = await Array.fromAsync(everyRow<SmsAccount>(store, { prefix: ["sms_account"] }));
  for (const { key, value } of rows) {
    const mine = bills.filter(({ accountId }) => accountId === key[1]);
    const unpaid = mine.filter(isUnpaid);
    assert.deepEqual(
      {
        billCount: value.billCount,
        open: value.openBillIds.toSorted(),
        awaiting: value.awaitingCount,
        unpaid: value.unpaidCount,
        unpaidMicros: value.unpaidMicros,
        unfunded: value.unfundedIds.toSorted(),
      },
      {
        billCount: mine.length,
        open: mine.filter(({ status }) => status === "open").map(({ id }) => id).toSorted(),
        awaiting: mine.filter(isAwaiting).length,
        unpaid: unpaid.length,
        unpaidMicros: sum(unpaid.map(payableMicros)),
        unfunded: mine.filter(({ status, payment }) => status === "failed" && payment === "wallet")
          .map(({ id }) => id).toSorted(),
      },
      key[1],
    );
  }
}

async function checkIndexes(store: Store, bills: SmsBill[]): Promise<void> {
  const listed = async (first: string) =>
    (await Array.fromAsync(everyRow(store, { prefix: [first] }))).map(({ key }) =>
      key.slice(1).join(" ")
    ).toSorted();
  const time = (ms: number) => String(ms).padStart(15, "0");
  const closed = bills.filter(({ closedAtMs }) => closedAtMs !== null);
  assert.deepEqual(
    await listed("sms_bill_by_time"),
    closed.map((bill) => `${time(bill.closedAtMs!)} ${bill.id}`).toSorted(),
  );
  assert.deepEqual(
    await listed("sms_bill_by_status"),
    closed.map((bill) => `${bill.status} ${time(bill.closedAtMs!)} ${bill.id}`).toSorted(),
  );
  assert.deepEqual(
    await listed("sms_bill_due"),
    bills.filter(({ status }) => status === "open").map((bill) =>
      `${bill.periodEndMs === null ? "never" : time(bill.periodEndMs)} ${bill.accountId} ${bill.id}`
    ).toSorted(),
  );
}

async function valuesOf<T>(store: Store, first: string): Promise<T[]> {
  return (await Array.fromAsync(everyRow<T>(store, { prefix: [first] }))).map(({ value }) => value);
}

const sum = (amounts: bigint[]) => amounts.reduce((all, one) => all + one, 0n);
