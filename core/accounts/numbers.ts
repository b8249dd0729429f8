/**
 * Which number is whose, and since when.
 *
 * All holdings of a number are one row, so a single read answers for any instant. Whose a call is gets
 * decided beneath the carrier's intake gate; a change of holdings touches every intake, so no decision
 * made on the holdings before it can be committed after it.
 *
 * @module
 */
import type { Batch } from "../kv/batch.ts";
import {
  accountKey,
  intakeKey,
  numberByAccountKey,
  numberByAccountPrefix,
  numberKey,
} from "../kv/keys.ts";
import type { Store } from "../kv/store.ts";
import type { Account } from "./account.ts";

/** A number belongs to an account from an instant (inclusive) until one (exclusive, null: for good). */
export interface Holding {
  /** Who holds it. */
  accountId: string;
  /** Null: for every carrier. */
  carrier: string | null;
  /** The first instant that counts. */
  fromMs: number;
  /** The first instant that no longer counts; null while it runs on. */
  toMs: number | null;
}

/** Everybody who ever held a number. */
export interface NumberRow {
  /** E.164. */
  number: string;
  /** Past and present; two accounts' overlap only where they are for different carriers. */
  holdings: Holding[];
}

/** Every carrier whose intake decides ownership. */
const CARRIERS = ["bland", "telnyx", "twilio"];

/** Who held the number at an instant; a holding for just this carrier goes before one for all. */
export function holderAt(
  row: NumberRow | null,
  { carrier, atMs }: { carrier: string; atMs: number },
): string | null {
  const holdings =
    row?.holdings.filter((one) => one.fromMs <= atMs && (one.toMs === null || atMs < one.toMs)) ??
      [];
  const holding = holdings.find((one) => one.carrier === carrier) ??
    holdings.find((one) => one.carrier === null);
  return holding?.accountId ?? null;
}

/** Makes every decision on ownership that is under way be taken again. */
export function touchIntakes(batch: Batch, touchedBy: string): void {
  for (const carrier of CARRIERS) batch.set(intakeKey(carrier), { touchedBy });
}

/** Assigned (perhaps before), or why not. */
export type AssignOutcome =
  | { status: "number_assigned" | "number_already_assigned"; number: string; holding: Holding }
  | { status: "account_not_found" }
  | { status: "number_held"; byAccountId: string; holding: Holding };

/** Stages a holding that runs on from its instant; refuses where it would overlap another account's. */
export async function stageHolding(
  batch: Batch,
  { number, holding, touchedBy }: { number: string; holding: Holding; touchedBy: string },
): Promise<AssignOutcome> {
  if (!await batch.getChecked<Account>(accountKey(holding.accountId))) {
    return { status: "account_not_found" };
  }
  const row = await batch.get<NumberRow>(numberKey(number));
  const overlapping = row?.holdings.filter((one) => overlaps(one, holding)) ?? [];
  const foreign = overlapping.find((one) => one.accountId !== holding.accountId);
  if (foreign) return { status: "number_held", byAccountId: foreign.accountId, holding: foreign };
  const covering = overlapping.find((one) =>
    one.toMs === null && one.fromMs <= holding.fromMs &&
    (one.carrier === null || one.carrier === holding.carrier)
  );
  if (covering) return { status: "number_already_assigned", number, holding: covering };
  // The account's own holdings of the same kind that it overlaps become one with it.
  const joined = overlapping.filter((one) => one.carrier === holding.carrier);
  const fromMs = Math.min(holding.fromMs, ...joined.map((one) => one.fromMs));
  const whole: Holding = { ...holding, fromMs };
  const others = row?.holdings.filter((one) => !joined.includes(one)) ?? [];
  batch.set(numberKey(number), { number, holdings: [...others, whole] } satisfies NumberRow);
  batch.set(numberByAccountKey(holding.accountId, number), {});
  touchIntakes(batch, touchedBy);
  return { status: "number_assigned", number, holding: whole };
}

/** Stages the end of an account's open holdings; usage that started before it stays the account's. */
export async function stageNumberRelease(
  batch: Batch,
  { number, accountId, atMs, touchedBy }: {
    number: string;
    accountId: string;
    atMs: number;
    touchedBy: string;
  },
): Promise<{ status: "number_released"; holding: Holding } | { status: "number_not_held" }> {
  const row = await batch.get<NumberRow>(numberKey(number));
  // One for every carrier, or one for each of several.
  const isOpen = (one: Holding) => one.accountId === accountId && one.toMs === null;
  const end = (one: Holding): Holding => ({ ...one, toMs: Math.max(atMs, one.fromMs) });
  const open = row?.holdings.find(isOpen);
  if (!row || !open) return { status: "number_not_held" };
  const holdings = row.holdings.map((one) => (isOpen(one) ? end(one) : one));
  batch.set(numberKey(number), { number, holdings } satisfies NumberRow);
  touchIntakes(batch, touchedBy);
  return { status: "number_released", holding: end(open) };
}

/** The numbers an account holds or held, with its own holdings of each. */
export async function listNumbers(
  store: Store,
  accountId: string,
): Promise<{ number: string; holding: Holding }[]> {
  const pointers = await store.list<object>({ prefix: numberByAccountPrefix(accountId) });
  const rows = await store.getMany<NumberRow>(pointers.map(({ key }) => numberKey(key[2]!)));
  return rows.flatMap((row) =>
    row?.value.holdings.filter((one) => one.accountId === accountId)
      .map((holding) => ({ number: row.value.number, holding })) ?? []
  );
}

function overlaps(a: Holding, b: Holding): boolean {
  const sameCarrier = a.carrier === null || b.carrier === null || a.carrier === b.carrier;
  return sameCarrier && (a.toMs === null || b.fromMs < a.toMs) &&
    (b.toMs === null || a.fromMs < b.toMs) &&
    a.fromMs !== a.toMs;
}
