/**
 * I11 for lists: read in small pages, each shows every row once.
 *
 * @module
 */
import { rowsOf } from "../commits.ts";
import { guarded } from "../hooks.ts";
import { require } from "../violation.ts";
import type { Truth } from "./check_the_truth.ts";

/** So small that every list of a run has several. */
const PAGE_ROWS = 7;

/** Reads the lists of every account, and those of the whole installation. */
export async function checkPages(truth: Truth): Promise<void> {
  const { world } = truth;
  let isDone = false;
  void guarded(world, read(truth).then(() => isDone = true));
  for (let i = 0; i < 60 && !isDone; i++) {
    await world.timeline.runUntil(world.timeline.now() + 60_000);
  }
  require(isDone, "I10", () => "the API does not answer although all is quiet");
}

async function read(truth: Truth): Promise<void> {
  const calls = rowsOf(truth.world.rows, "call");
  await compare(truth, { path: "/api/v1/calls?", count: calls.length });
  for (const [accountId, { seq }] of truth.books.wallets) {
    const mine = calls.filter((call) => call.accountId === accountId);
    await compare(truth, { path: `/api/v1/accounts/${accountId}/entries?`, count: seq });
    await compare(truth, { path: `/api/v1/calls?account=${accountId}&`, count: mine.length });
  }
}

async function compare(
  { people }: Truth,
  { path, count }: { path: string; count: number },
): Promise<void> {
  const seen = new Set<string>();
  let [rows, cursor] = [0, ""];
  do {
    const { httpStatus, text } = await people.ask("GET", `${path}limit=${PAGE_ROWS}${cursor}`);
    require(httpStatus === 200, "I11", () => `${path}: ${text}`);
    const { data, nextCursor } = JSON.parse(text);
    for (const { id, seq } of data) seen.add(String(id ?? seq));
    rows += data.length;
    cursor = nextCursor === null ? "" : `&cursor=${nextCursor}`;
  } while (cursor !== "");
  require(
    rows === count && seen.size === count,
    "I11",
    () => `${path} shows ${rows} rows, ${seen.size} of them different, in place of ${count}`,
  );
}
