/**
 * Usage that nobody owns, grouped by what would claim it: a number of ours, or an account id it names.
 *
 * @module
 */
import type { Child } from "hono/jsx";
import type { JSX } from "hono/jsx/jsx-runtime";
import { callKey, unassignedCallPrefix } from "../../core/kv/keys.ts";
import { PAGE_ROWS_MAX, type Store } from "../../core/kv/store.ts";
import { formatMoney, type Money } from "../../core/money.ts";
import { isE164 } from "../../core/numbering.ts";
import type { Call } from "../../core/usage/calls.ts";
import { Panel } from "./components.tsx";
import { formatCount, formatDuration } from "./format.ts";
import { Table } from "./table.tsx";
import { MoneyText, TimeText } from "./values.tsx";

/** Calls that one assignment would give an owner. */
export interface UnassignedParty {
  /** A number as carriers write it, or `account:` and the id that the calls name. */
  party: string;
  /** How many calls. */
  callCount: number;
  /** When the first and the last of them started. */
  firstMs: number;
  /** See `firstMs`. */
  lastMs: number;
  /** Seconds of talk, as far as they are known. */
  talkSeconds: number;
  /** What carriers take for them, one amount for each currency. */
  costs: Money[];
}

/** All usage nobody owns. */
export interface UnassignedUsage {
  /** Who would claim them, the latest first. */
  parties: UnassignedParty[];
  /** Different calls: one may stand under two numbers. */
  callCount: number;
  /** Seconds of talk, as far as they are known. */
  talkSeconds: number;
  /** What carriers take for them, one amount for each currency. */
  costs: Money[];
  /** False when there is more than was read. */
  isWhole: boolean;
}

/** Reads who would claim what; of a very long list its first {@link PAGE_ROWS_MAX} rows. */
export async function readUnassigned(store: Store): Promise<UnassignedUsage> {
  const rows = await store.list<object>({ prefix: unassignedCallPrefix() });
  const ids = [...new Set(rows.map(({ key }) => key[3]!))];
  const found = await store.getMany<Call>(ids.map(callKey));
  const calls = new Map(found.flatMap((row) => (row ? [[row.value.id, row.value]] : [])));
  const byParty = Map.groupBy(rows, ({ key }) => key[1]!);
  const parties = [...byParty].map(([party, keys]) =>
    sumParty(party, keys.flatMap(({ key }) => calls.get(key[3]!) ?? []))
  );
  const all = sumParty("", [...calls.values()]);
  return {
    parties: parties.filter(({ callCount }) => callCount > 0).sort((a, b) => b.lastMs - a.lastMs),
    callCount: all.callCount,
    talkSeconds: all.talkSeconds,
    costs: all.costs,
    isWhole: rows.length < PAGE_ROWS_MAX,
  };
}

function sumParty(party: string, calls: readonly Call[]): UnassignedParty {
  const costs = new Map<string, bigint>();
  for (const { costMicros, costCurrency } of calls) {
    if (costMicros === null || costCurrency === null) continue;
    costs.set(costCurrency, (costs.get(costCurrency) ?? 0n) + costMicros);
  }
  const starts = calls.map(({ startedAtMs }) => startedAtMs);
  return {
    party,
    callCount: calls.length,
    firstMs: Math.min(...starts),
    lastMs: Math.max(...starts),
    talkSeconds: calls.reduce((sum, call) => sum + (call.durationSeconds ?? 0), 0),
    costs: [...costs].map(([currency, micros]) => formatMoney(micros, currency)),
  };
}

/** Where a number is given its owner, perhaps from an instant on. */
export function assignHref(number: string, change: { from?: string } = {}): string {
  const query = change.from === undefined ? "" : `?${new URLSearchParams({ from: change.from })}`;
  return `/admin/calls/unassigned/${encodeURIComponent(number)}${query}`;
}

/** Who would claim what, above the list of unassigned calls. */
export function UnassignedTable(
  { usage, timeZone }: { usage: UnassignedUsage; timeZone: string },
): JSX.Element | null {
  if (usage.parties.length === 0) return null;
  return (
    <Panel id="parties" title="What would claim these calls">
      <p>
        Nothing is billed to an account that nobody chose, and nothing is dropped: once a number has
        its owner from early enough on, its calls are billed.
        {!usage.isWhole && " There is more than is counted here."}
      </p>
      <Table
        caption="Unassigned usage by number"
        isCaptionUnseen
        columns={[
          { key: "party", label: "Number" },
          { key: "calls", label: "Calls", kind: "number" },
          { key: "talk", label: "Talk", kind: "number" },
          { key: "cost", label: "Carrier cost", kind: "number" },
          { key: "first", label: "First call" },
          { key: "last", label: "Last call" },
          { key: "way", label: "What to do" },
        ]}
        rows={usage.parties.map((party) => ({
          party: nameParty(party.party),
          calls: formatCount(party.callCount),
          talk: formatDuration(party.talkSeconds),
          cost: <Amounts amounts={party.costs} />,
          first: <TimeText atMs={party.firstMs} timeZone={timeZone} precision="minute" />,
          last: <TimeText atMs={party.lastMs} timeZone={timeZone} precision="minute" />,
          way: wayOf(party.party),
        }))}
      />
    </Panel>
  );
}

/** Amounts in several currencies, never added up; zero is said as such. */
export function Amounts({ amounts }: { amounts: readonly Money[] }): JSX.Element {
  if (amounts.length === 0) return <span class="soft">none</span>;
  return (
    <>
      {amounts.map((money, index) => (
        <>
          {index > 0 && ", "}
          <MoneyText money={money} />
        </>
      ))}
    </>
  );
}

const CLAIM = "account:";

function nameParty(party: string): string {
  if (party.startsWith(CLAIM)) return `Account ${party.slice(CLAIM.length)}`;
  return party === "" ? "No number" : party;
}

function wayOf(party: string): Child {
  if (party.startsWith(CLAIM)) return <a href="/admin/accounts">Open an account of this id</a>;
  if (isE164(party)) return <a href={assignHref(party)}>Assign the number</a>;
  return "Not a phone number: no account can hold it";
}
