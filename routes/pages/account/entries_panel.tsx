/**
 * The ledger of an account: every line with what caused it.
 *
 * @module
 */
import type { JSX } from "hono/jsx/jsx-runtime";
import { formatMoney } from "../../../core/money.ts";
import type { Entry } from "../../../core/wallet/entry.ts";
import { EmptyState, Pager, Panel } from "../components.tsx";
import { formatCount } from "../format.ts";
import type { Place } from "../links.ts";
import { Table } from "../table.tsx";
import { MoneyText, TimeText } from "../values.tsx";
import { EntryFilterForm } from "./entry_filter.tsx";
import { ENTRY_WORDS } from "./entry_words.ts";
import type { AccountView } from "./read_account.ts";
import { billHref } from "../sms/bill_words.tsx";

/** Filter, table and pager. */
export function EntriesPanel({ view, place }: { view: AccountView; place: Place }): JSX.Element {
  const { entries, filter, account } = view;
  return (
    <Panel id="entries" title="Entries">
      <EntryFilterForm filter={filter} path={place.path} timeZone={account.timezone} />
      {entries === null
        ? (
          <EmptyState
            kind="could_not_load"
            text="The address names a page of the list that does not exist."
            action={{ href: place.path, label: "The newest entries" }}
          />
        )
        : entries.rows.length === 0 && entries.nextCursor === null
        ? <NoEntries isFiltered={filter.isFiltered} path={place.path} />
        : <EntryTable view={view} entries={entries.rows.map(({ value }) => value)} />}
      {entries && <Pager place={place} nextCursor={entries.nextCursor} />}
    </Panel>
  );
}

function NoEntries({ isFiltered, path }: { isFiltered: boolean; path: string }): JSX.Element {
  if (isFiltered) {
    return <EmptyState kind="nothing_found" action={{ href: path, label: "All entries" }} />;
  }
  return (
    <EmptyState
      kind="nothing_yet"
      title="No entries yet"
      text="The first top-up or charge is the first line."
      action={{ href: `${path}/top-up`, label: "Top up" }}
    />
  );
}

function EntryTable(
  { view, entries }: { view: AccountView; entries: readonly Entry[] },
): JSX.Element {
  const { currency, timezone } = view.account;
  return (
    <Table
      caption="Entries, newest first"
      isCaptionUnseen
      columns={[
        { key: "seq", label: "No." },
        { key: "time", label: "Time" },
        { key: "kind", label: "Kind" },
        { key: "description", label: "Description", kind: "text" },
        { key: "amount", label: "Amount", kind: "number" },
        { key: "balance", label: "Balance", kind: "number" },
        { key: "source", label: "Cause, actor" },
      ]}
      rows={entries.map((entry) => ({
        seq: formatCount(entry.seq),
        time: <TimeText atMs={entry.atMs} timeZone={timezone} />,
        kind: ENTRY_WORDS[entry.kind],
        description: <Description entry={entry} />,
        amount: <MoneyText money={formatMoney(entry.amountMicros, currency)} isSigned />,
        balance: <MoneyText money={formatMoney(entry.balanceAfterMicros, currency)} />,
        source: <Cause entry={entry} />,
      }))}
    />
  );
}

function Description({ entry }: { entry: Entry }): JSX.Element {
  const { reference } = entry.metadata;
  return (
    <>
      {entry.description}
      {reference !== undefined && <small>{` (${reference})`}</small>}
    </>
  );
}

/** A person stands in a line of their own: e-mails are long. */
function Cause({ entry }: { entry: Entry }): JSX.Element {
  const { actor } = entry;
  return (
    <>
      <Source entry={entry} />
      {actor.includes("@") ? <br /> : ", "}
      <small>{actor}</small>
    </>
  );
}

function Source({ entry }: { entry: Entry }): JSX.Element {
  const { type, id } = entry.source;
  if (type === "call") return <a href={`/admin/calls/${encodeURIComponent(id)}`}>call</a>;
  if (type === "bill") return <a href={billHref(id)}>bill</a>;
  if (type === "request") return <>by hand</>;
  return <>{type === "entry" ? `entry ${id}` : type}</>;
}
