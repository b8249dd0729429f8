/**
 * I11 for bills: lists, summaries and statistics say what the rows say, and the rows what their messages
 * say.
 *
 * @module
 */
import { AssertionError } from "node:assert/strict";
import { checkBills as checkBooks } from "../../support/sms.ts";
import { toMicros } from "../checks/amount_by_trace.ts";
import { payableOf } from "../checks/bill_watch.ts";
import { type Fields, rowsOf } from "../commits.ts";
import { require, ViolationError } from "../violation.ts";
import type { Truth } from "./check_the_truth.ts";
import { checkSummaries } from "./check_summaries.ts";
import { answeredSoon } from "./check_views.ts";

/** Reads everything through the API and compares. */
export function checkBillViews(truth: Truth): Promise<void> {
  return answeredSoon(truth, read(truth));
}

async function read(truth: Truth): Promise<void> {
  await checkStore(truth);
  await checkSummaries(truth);
  const closed = rowsOf(truth.world.rows, "sms_bill").filter(({ status }) => status !== "open");
  await checkList(truth, { closed, query: "" });
  for (const status of ["paid", "failed", "cancelled", "pending", "processing", "needs_review"]) {
    const mine = closed.filter((bill) => bill.status === status);
    await checkList(truth, { closed: mine, query: `&status=${status}` });
  }
  for (const accountId of new Set(closed.map((bill) => bill.accountId as string))) {
    const mine = closed.filter((bill) => bill.accountId === accountId);
    await checkList(truth, { closed: mine, query: `&account=${accountId}` });
  }
  const path = "/api/admin/sms/billing-stats";
  const { bills } = JSON.parse((await truth.people.ask("GET", path)).text);
  for (const [status, count] of Object.entries(bills)) {
    const is = closed.filter((bill) => bill.status === status).length;
    require(count === is, "I11", () => `${count} bills are said to be ${status}, ${is} are`);
  }
}

/** The rules of the books of bills, over all rows. */
async function checkStore({ isolates }: Truth): Promise<void> {
  try {
    await checkBooks(isolates.living()[0]!.program!.deps.store);
  } catch (error) {
    if (!(error instanceof AssertionError)) throw error;
    throw new ViolationError(`I9: the books of bills: ${error.message}`, { cause: error });
  }
}

async function checkList(
  { people: { ask } }: Truth,
  { closed, query }: { closed: Fields[]; query: string },
): Promise<void> {
  const shown: Fields[] = [];
  let cursor = "";
  do {
    const path = `/api/admin/sms/billing?limit=50${query}${cursor}`;
    const answer = await ask("GET", path);
    require(answer.httpStatus === 200, "I11", () => `${path}: ${answer.text}`);
    const page = JSON.parse(answer.text);
    shown.push(...page.bills);
    cursor = page.nextCursor === null ? "" : `&cursor=${page.nextCursor}`;
  } while (cursor !== "");
  const said = shown.map((bill) =>
    [bill.id, bill.status, bill.messageCount, toMicros(bill.payable.amount)].join(" ")
  );
  const is = closed.map((bill) =>
    [bill.id, bill.status, bill.messageCount, payableOf(bill)].join(" ")
  );
  require(
    said.toSorted().join() === is.toSorted().join(),
    "I11",
    () => `${query} lists ${said}, the bills are ${is}`,
  );
}
