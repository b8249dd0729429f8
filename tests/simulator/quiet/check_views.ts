/**
 * I11: what the API shows is what the entries add up to, page by page, and the program's own verification
 * of its ledger finds nothing.
 *
 * @module
 */
import { toMicros } from "../checks/amount_by_trace.ts";
import { decimal } from "../checks/ledger_watch.ts";
import { rowsOf } from "../commits.ts";
import { guarded } from "../hooks.ts";
import { require } from "../violation.ts";
import type { Truth } from "./check_the_truth.ts";

/** Reads everything through the API and adds it up again. */
export function checkViews(truth: Truth): Promise<void> {
  return answeredSoon(truth, read(truth));
}

/** Lets time pass until somebody has read everything. */
export async function answeredSoon({ world }: Truth, reading: Promise<void>): Promise<void> {
  let isDone = false;
  void guarded(world, reading.then(() => isDone = true));
  for (let i = 0; i < 60 && !isDone; i++) {
    await world.timeline.runUntil(world.timeline.now() + 60_000);
  }
  require(isDone, "I10", () => "the API does not answer although all is quiet");
}

async function read({ world, people, books }: Truth): Promise<void> {
  const { ask } = people;
  const verified = JSON.parse(
    (await ask("POST", "/api/v1/ledger-verifications", { body: {} })).text,
  );
  require(
    verified.state === "done" && verified.differences.length === 0,
    "I11",
    () => `the ledger differs: ${JSON.stringify(verified)}`,
  );
  const calls = rowsOf(world.rows, "call");
  for (const [accountId, { balance, seq }] of books.wallets) {
    const path = `/api/v1/accounts/${accountId}`;
    const wallet = JSON.parse((await ask("GET", `${path}/wallet`)).text);
    require(
      wallet.balance.amount === decimal(String(balance)),
      "I11",
      () => `${accountId} is shown ${wallet.balance.amount}, its entries sum to ${balance}`,
    );
    let [sum, count] = [0n, 0];
    for await (const entry of pages(ask, `${path}/entries?limit=100`)) {
      sum += toMicros(entry.amount.amount);
      count++;
    }
    require(sum === balance && count === seq, "I11", () => `${accountId} lists ${count}: ${sum}`);
    let shown = 0;
    for await (const call of pages(ask, `/api/v1/calls?account=${accountId}&limit=100`)) {
      shown++;
      require(call.accountId === accountId, "I11", () => `${call.id} is listed for ${accountId}`);
    }
    const mine = calls.filter((call) => call.accountId === accountId).length;
    require(shown === mine, "I11", () => `${accountId} is shown ${shown} of ${mine} calls`);
  }
}

async function* pages(
  ask: Truth["people"]["ask"],
  path: string,
): AsyncGenerator<ReturnType<typeof JSON.parse>> {
  let cursor: string | null = null;
  do {
    const answer = await ask("GET", cursor === null ? path : `${path}&cursor=${cursor}`);
    require(answer.httpStatus === 200, "I11", () => `${path}: ${answer.text}`);
    const page: { data: unknown[]; nextCursor: string | null } = JSON.parse(answer.text);
    yield* page.data;
    cursor = page.nextCursor;
  } while (cursor !== null);
}
