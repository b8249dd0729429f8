/**
 * I11 for what customers see of their own messages: the running period and the bills that wait, by the key
 * of their account.
 *
 * @module
 */
import { type Fields, rowsOf } from "../commits.ts";
import { require } from "../violation.ts";
import type { Truth } from "./check_the_truth.ts";

/** Reads the summaries of some accounts, and adds up their bills. */
export async function checkSummaries(truth: Truth): Promise<void> {
  const bills = rowsOf(truth.world.rows, "sms_bill");
  for (const accountId of ["susi", "acme"]) {
    const mine = bills.filter((bill) => bill.accountId === accountId);
    await checkSummary(truth, { accountId, bills: mine });
  }
}

async function checkSummary(
  { people: { ask }, world: { timeline } }: Truth,
  { accountId, bills }: { accountId: string; bills: Fields[] },
): Promise<void> {
  const made = await ask("POST", `/api/v1/accounts/${accountId}/api-keys`, {
    body: { name: "a look" },
  });
  const authorization = `Bearer ${JSON.parse(made.text).key}`;
  const { text } = await ask("GET", "/api/user/billing-summary", { headers: { authorization } });
  const { usage, pendingBills } = JSON.parse(text);
  const running = bills.filter(({ status, periodEndMs }) =>
    status === "open" && (periodEndMs === null || periodEndMs > timeline.now())
  );
  const sum = (of: (bill: Fields) => bigint) => running.reduce((all, bill) => all + of(bill), 0n);
  const is = [
    sum(({ messageCount }) => BigInt(messageCount)),
    sum(({ segments }) => BigInt(segments)),
    sum(({ totalMicros }) => BigInt(totalMicros)),
    bills.filter(({ status }) => !["open", "paid", "cancelled"].includes(status)).length,
  ];
  const said = [
    usage.messages,
    usage.segments,
    BigInt(Math.round(usage.amount * 1e6)),
    pendingBills,
  ];
  require(said.join() === is.join(), "I11", () => `${accountId} is shown ${said}, it is ${is}`);
}
