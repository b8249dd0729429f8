/**
 * Whose a call is: by what it names itself, else by who held its number when it started.
 *
 * Comes from: `core/billing/record_calls.ts`. Goes to: `core/accounts/numbers.ts`.
 *
 * @module
 */
import { holderAt, type NumberRow } from "../accounts/numbers.ts";
import type { Batch } from "../kv/batch.ts";
import { accountKey, intakeKey, type Key, numberKey } from "../kv/keys.ts";
import { type Call, ownNumbers } from "../usage/calls.ts";
import type { CallReport, Carrier } from "../usage/call_usage.ts";

/**
 * Rows that tell whose a call is, read earlier. Every change of a number or an account touches the
 * intake, so they hold as long as the intake's row carries the same mark.
 */
export interface OwnerBook {
  /** The intake's mark when the rows were read. */
  touchedBy: string | undefined;
  /** Numbers and accounts by key; null where there is none. */
  rows: Map<string, object | null>;
}

/** Brings the book up to what the part needs, after forgetting what may no longer hold. */
export async function readOwners(
  batch: Batch,
  { book, intake }: {
    book: OwnerBook;
    intake: { carrier: Carrier; keyAccountId: string | null; reports: CallReport[] };
  },
): Promise<void> {
  const gate = await batch.get<{ touchedBy?: string }>(intakeKey(intake.carrier));
  if (gate?.touchedBy !== book.touchedBy) book.rows.clear();
  book.touchedBy = gate?.touchedBy;
  if (intake.keyAccountId !== null) return;
  const keys = new Map<string, Key>();
  for (const report of intake.reports) {
    for (const key of ownerKeysOf(report)) keys.set(key.join("/"), key);
  }
  const missing = [...keys].filter(([name]) => !book.rows.has(name));
  const rows = await batch.getMany<object>(missing.map(([, key]) => key));
  missing.forEach(([name], i) => book.rows.set(name, rows[i] ?? null));
}

function ownerKeysOf(
  call: Pick<CallReport, "claimedAccountId" | "direction" | "from" | "to">,
): Key[] {
  const claim = call.claimedAccountId === null ? [] : [accountKey(call.claimedAccountId)];
  return [...claim, ...ownNumbers(call).map(numberKey)];
}

/** A row from the book; what an earlier report named and this one does not is read now. */
export async function readOwner(
  batch: Batch,
  { book, key }: { book: OwnerBook; key: Key },
): Promise<object | null> {
  const name = key.join("/");
  if (!book.rows.has(name)) book.rows.set(name, await batch.get<object>(key));
  return book.rows.get(name) ?? null;
}

/** What the call names itself goes before numbers: it was said when the call was ordered. */
export async function findOwner(
  call: Call,
  read: (key: Key) => Promise<object | null>,
): Promise<string | null> {
  const { carrier, claimedAccountId, startedAtMs } = call;
  if (claimedAccountId !== null && await read(accountKey(claimedAccountId))) {
    return claimedAccountId;
  }
  const holders = new Set<string>();
  for (const number of ownNumbers(call)) {
    const row = await read(numberKey(number)) as NumberRow | null;
    const holder = holderAt(row, { carrier, atMs: startedAtMs });
    if (holder) holders.add(holder);
  }
  // Two of ours, and not known who called whom: it is nobody's until that is told, whatever came first.
  const [holder] = holders;
  return holders.size === 1 ? holder! : null;
}
