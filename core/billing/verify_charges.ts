/**
 * Proves a wallet's charges: what each call's charge says is what its entries add up to.
 *
 * Comes from: `core/billing/prove_wallets.ts`.
 *
 * @module
 */
import { callKey, chargeKey, entryKey, entryPrefix, type Key } from "../kv/keys.ts";
import type { Store } from "../kv/store.ts";
import { formatMicros } from "../money.ts";
import type { Call } from "../usage/calls.ts";
import type { Entry } from "../wallet/entry.ts";
import type { Difference } from "../wallet/verify.ts";
import type { CallCharge } from "./call_charge.ts";

const PAGE_ENTRIES = 500;

/**
 * The first entry of a wallet that its call's charge does not account for; null when all agree.
 *
 * Needs no fence against a busy wallet: an entry is older than the charge that is read after it, and a
 * charge is committed together with the entries it names.
 */
export async function findWrongCharge(
  store: Store,
  accountId: string,
): Promise<Difference | null> {
  let after: Key | undefined;
  while (true) {
    const rows = await store.list<Entry>({
      prefix: entryPrefix(accountId),
      limit: PAGE_ENTRIES,
      ...(after ? { after } : {}),
    });
    if (rows.length === 0) return null;
    after = rows.at(-1)!.key;
    const entries = rows.map((row) => row.value).filter(({ source }) => source.type === "call");
    const wrong = await findWrongEntry(store, { accountId, entries });
    if (wrong) return wrong;
  }
}

async function findWrongEntry(
  store: Store,
  { accountId, entries }: { accountId: string; entries: Entry[] },
): Promise<Difference | null> {
  const callIds = [...new Set(entries.map(({ source }) => source.id))];
  const rows = await store.getMany<Call | CallCharge>(
    callIds.flatMap((id) => [callKey(id), chargeKey(id)]),
  );
  const calls = new Map(callIds.map((id, i) => [id, rows[2 * i]?.value as Call | undefined]));
  const charges = new Map(
    callIds.map((id, i) => [id, rows[2 * i + 1]?.value as CallCharge | undefined]),
  );
  const named = await readNamedEntries(store, { accountId, charges: [...charges.values()] });
  for (const { seq, source } of entries) {
    const [call, charge] = [calls.get(source.id), charges.get(source.id)];
    const reason = faultOf({ accountId, seq, call, charge, named });
    if (reason) return { accountId, seq, reason };
  }
  return null;
}

/** The entries that charges name, by number. */
async function readNamedEntries(
  store: Store,
  { accountId, charges }: { accountId: string; charges: (CallCharge | undefined)[] },
): Promise<Map<number, Entry>> {
  const seqs = [...new Set(charges.flatMap((charge) => charge?.entries ?? []))];
  const rows = await store.getMany<Entry>(seqs.map((seq) => entryKey(accountId, seq)));
  return new Map(rows.flatMap((row) => row ? [[row.value.seq, row.value] as const] : []));
}

function faultOf(
  { accountId, seq, call, charge, named }: {
    accountId: string;
    seq: number;
    call: Call | undefined;
    charge: CallCharge | undefined;
    named: ReadonlyMap<number, Entry>;
  },
): string | null {
  if (!call) return "the call it charges is missing";
  if (call.accountId !== accountId) return "the call it charges is another account's";
  if (!charge) return "the call it charges has no charge";
  if (charge.accountId !== accountId) return "the charge of its call is another account's";
  if (!charge.entries.includes(seq)) return "the charge of its call does not name it";
  const stranger = charge.entries.find((one) => named.get(one)?.source.id !== call.id);
  if (stranger !== undefined) return `the charge of its call names entry ${stranger}, not its own`;
  const sum = charge.entries.reduce((micros, one) => micros + named.get(one)!.amountMicros, 0n);
  if (charge.amountMicros === -sum) return null;
  return `the charge of its call is ${formatMicros(charge.amountMicros)}, ` +
    `its entries sum to ${formatMicros(sum)}`;
}
