/**
 * One call: why it came to its amount, where its billing stands, its entries, and the carrier's record.
 *
 * Goes to: `routes/pages/call/why.tsx`, `routes/pages/call/state.tsx`.
 *
 * @module
 */
import type { JSX } from "hono/jsx/jsx-runtime";
import { type Account, getAccount } from "../../core/accounts/account.ts";
import { billingOf, type ChargedCall, getChargedCall } from "../../core/billing/list_calls.ts";
import type { Clock } from "../../core/clock.ts";
import { entryKey, timePart, unassignedCallPrefix } from "../../core/kv/keys.ts";
import type { Store } from "../../core/kv/store.ts";
import { formatMoney } from "../../core/money.ts";
import { isE164 } from "../../core/numbering.ts";
import { ownNumbers } from "../../core/usage/calls.ts";
import type { Entry } from "../../core/wallet/entry.ts";
import { Badge } from "./badge.tsx";
import { accountHref } from "./call/cells.tsx";
import { FactsPanel, MoneyPanel, RecordPanel } from "./call/facts.tsx";
import { CALLS_PATH } from "./call/filter.tsx";
import { StatePanel, type StatePanelProps, type WaitingNumber } from "./call/state.tsx";
import { WhyPanel } from "./call/why.tsx";
import { Columns, PageHead, Panel } from "./components.tsx";
import { ADMIN_TIME_ZONE } from "./frame.tsx";
import { CopyText } from "./progress.tsx";
import { stateWord } from "./strings.ts";
import { Table } from "./table.tsx";
import { MoneyText, TimeText } from "./values.tsx";

/** A call as its page shows it. */
export interface CallView {
  /** When it was read. */
  nowMs: number;
  /** The call beside its charge. */
  one: ChargedCall;
  /** Null while nobody owns it. */
  account: Account | null;
  /** Oldest first. */
  entries: readonly Entry[];
  /** Numbers that would claim it, while nobody owns it. */
  numbers: readonly WaitingNumber[];
  /** IANA name: the account's zone, else UTC. */
  timeZone: string;
}

/** Reads a call and what belongs to it; null when we never heard of it. */
export async function readCall(
  { store, clock }: { store: Store; clock: Pick<Clock, "now"> },
  callId: string,
): Promise<CallView | null> {
  const one = await getChargedCall(store, callId);
  if (!one) return null;
  const { call, charge } = one;
  const [account, rows, numbers] = await Promise.all([
    call.accountId === null ? null : getAccount(store, call.accountId),
    store.getMany<Entry>((charge?.entries ?? []).map((seq) => entryKey(charge!.accountId, seq))),
    call.accountId === null ? readNumbers(store, one) : [],
  ]);
  return {
    nowMs: clock.now(),
    one,
    account,
    entries: rows.flatMap((row) => (row ? [row.value] : [])),
    numbers,
    timeZone: account?.timezone ?? ADMIN_TIME_ZONE,
  };
}

function readNumbers(store: Store, { call }: ChargedCall): Promise<WaitingNumber[]> {
  return Promise.all(
    ownNumbers(call).map(async (number) => {
      const prefix = unassignedCallPrefix(number);
      const rows = await store.list<object>({
        prefix,
        from: [...prefix, timePart(call.startedAtMs)],
      });
      return { number, isAssignable: isE164(number), callCount: rows.length };
    }),
  );
}

/** The page of a call. */
export function CallPage({ view, form, mayChange }: StatePanelProps): JSX.Element {
  const { one, account, timeZone } = view;
  const { call, charge } = one;
  const other = call.direction === "inbound" ? `Call from ${call.from}` : `Call to ${call.to}`;
  return (
    <>
      <PageHead
        title={other}
        above={{ href: CALLS_PATH, label: "Calls" }}
        lead={
          <span class="row">
            <Badge state={billingOf(one).state} /> <CopyText text={call.id} />
          </span>
        }
      />
      <WhyPanel {...{ call, charge, account, timeZone }} />
      <StatePanel {...{ view, form, mayChange }} />
      <EntriesPanel view={view} />
      <Columns>
        <FactsPanel view={view} />
        <MoneyPanel view={view} />
      </Columns>
      <RecordPanel one={one} />
    </>
  );
}

function EntriesPanel({ view }: { view: CallView }): JSX.Element | null {
  const { one: { charge, call }, entries, account, timeZone } = view;
  if (!charge || entries.length === 0) return null;
  const currency = account?.currency ?? charge.trace?.currency ?? "";
  const adjustments = entries.length - 1;
  return (
    <Panel id="entries" title="Entries of this call">
      {adjustments > 0 && (
        <p>
          The call changed after it was charged. What was written stays as it is;{" "}
          {adjustments === 1 ? "one adjustment brings" : `${adjustments} adjustments bring`}{" "}
          it to what it should be.
        </p>
      )}
      <Table
        caption="Ledger lines of this call, oldest first"
        isCaptionUnseen
        columns={[
          { key: "seq", label: "Entry", kind: "number" },
          { key: "at", label: "Posted" },
          { key: "kind", label: "Kind" },
          { key: "text", label: "Description", kind: "text" },
          { key: "amount", label: "Amount", kind: "number" },
          { key: "after", label: "Balance after", kind: "number" },
        ]}
        rows={entries.map((entry) => ({
          seq: <a href={`${accountHref(charge.accountId)}#entry-${entry.seq}`}>{entry.seq}</a>,
          at: <TimeText atMs={entry.atMs} timeZone={timeZone} />,
          kind: stateWord(entry.kind),
          text: entry.description,
          amount: <MoneyText money={formatMoney(entry.amountMicros, currency)} isSigned />,
          after: <MoneyText money={formatMoney(entry.balanceAfterMicros, currency)} />,
        }))}
      />
      <p class="soft">
        All of them are in the ledger of{" "}
        <a href={accountHref(charge.accountId)}>{account?.name ?? call.accountId}</a>.
      </p>
    </Panel>
  );
}
