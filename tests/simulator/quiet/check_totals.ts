/**
 * I11 for what is kept beside the entries: the totals of days by service, the days that were folded, and
 * what a wallet says of calls that wait. All of it is added up again from charges and entries.
 *
 * @module
 */
import { type Fields, rowAt, rowsOf } from "../commits.ts";
import type { MemoryKv } from "../memory_kv.ts";
import { require } from "../violation.ts";
import type { Truth } from "./check_the_truth.ts";

const VOICE = ["bland_voice", "telnyx_voice", "twilio_voice"] as const;
/** Members of a day's total that are sums by name. */
const SUMS = ["byKindMicros", "chargedMicros", "costMicros", "usageCount"] as const;

/** Adds up every wallet and every day. */
export function checkTotals({ world: { rows }, books }: Truth): void {
  const charges = Map.groupBy(rowsOf(rows, "charge"), ({ accountId }) => accountId as string);
  const days = rowsOf(rows, "day_total");
  for (const accountId of books.wallets.keys()) {
    const mine = charges.get(accountId) ?? [];
    const ofDays = days.filter((day) => day.accountId === accountId);
    compareServices(accountId, { charges: mine, days: ofDays });
    compareWaiting(rowAt(rows, ["wallet", accountId])!, mine);
  }
  compareCallDays(days, books.ofCall);
  for (const closed of rowsOf(rows, "closed_day")) compareClosed(rows, closed);
}

function compareServices(
  accountId: string,
  { charges, days }: { charges: Fields[]; days: Fields[] },
): void {
  for (const service of VOICE) {
    const mine = charges.filter((charge) => charge.service === service);
    const charged = sum(mine.map(({ amountMicros }) => amountMicros));
    const cost = sum(mine.map(({ costMicros }) => costMicros));
    const count = BigInt(mine.filter(({ trace }) => trace !== null).length);
    const said = [
      sum(days.map(({ chargedMicros }) => chargedMicros[service])),
      sum(days.map(({ costMicros }) => costMicros[service])),
      sum(days.map(({ usageCount }) => usageCount[service])),
    ];
    const what = () =>
      `days of ${accountId} say of ${service} ${said}, its charges ${[charged, cost, count]}`;
    require(said.join() === [charged, cost, count].join(), "I11", what);
  }
}

/** Day by day, what was charged for calls is what that day's entries took. */
function compareCallDays(days: Fields[], ofCall: ReadonlyMap<string, Fields[]>): void {
  const taken = new Map<string, bigint>();
  for (const { source, accountId, atMs, amountMicros } of [...ofCall.values()].flat()) {
    const day = new Date(atMs).toISOString().slice(0, 10);
    const name = `${day} ${accountId} ${source.id.split(":")[0]}_voice`;
    taken.set(name, (taken.get(name) ?? 0n) - BigInt(amountMicros));
  }
  for (const { day, accountId, chargedMicros } of days) {
    for (const service of VOICE) {
      const name = `${day} ${accountId} ${service}`;
      const [said, is] = [sum([chargedMicros[service]]), taken.get(name) ?? 0n];
      require(said === is, "I11", () => `${name} is said to be ${said}, its entries took ${is}`);
    }
  }
}

function compareWaiting(wallet: Fields, charges: Fields[]): void {
  const waiting = charges.filter(({ state }) => state === "waiting_funds");
  const lacking = sum(waiting.map(({ wantedMicros }) => wantedMicros)) -
    sum(waiting.map(({ amountMicros }) => amountMicros));
  const seconds = charges.reduce((all, { trace }) => all + (trace?.billedSeconds ?? 0), 0);
  const is = [waiting.length, lacking, seconds].join();
  const said = [wallet.waitingCount, wallet.waitingMicros, wallet.billedSecondsTotal].join();
  require(said === is, "I11", () => `wallet ${wallet.accountId} waits ${said}, its calls ${is}`);
}

function compareClosed(rows: MemoryKv, { day, totals }: Fields): void {
  const open = rowsOf(rows, "day_total").filter((one) => one.day === day);
  for (const currency of new Set(open.map((one) => one.currency as string))) {
    const mine = open.filter((one) => one.currency === currency);
    const total: Fields = totals.find((one: Fields) => one.currency === currency) ?? {};
    const count = mine.reduce((all, { entryCount }) => all + entryCount, 0);
    const said = SUMS.map((of) => sum(Object.values(total[of] ?? {})));
    const is = SUMS.map((of) => sum(mine.flatMap((one) => Object.values(one[of]))));
    require(
      said.join() === is.join() && (total.entryCount ?? 0) === count,
      "I11",
      () => `${day} was folded to ${said} in ${currency}, and comes to ${is}`,
    );
  }
}

function sum(amounts: readonly unknown[]): bigint {
  return amounts.reduce<bigint>(
    (total, one) => total + BigInt((one ?? 0) as string | number),
    0n,
  );
}
