/**
 * A customer's call: who called whom, how long, what it was charged and why.
 *
 * @module
 */
import type { Context } from "hono";
import type { JSX } from "hono/jsx/jsx-runtime";
import { type Account, getAccount } from "../../../core/accounts/account.ts";
import { billingOf, type ChargedCall, getChargedCall } from "../../../core/billing/list_calls.ts";
import { entryKey } from "../../../core/kv/keys.ts";
import { formatMoney } from "../../../core/money.ts";
import type { Entry } from "../../../core/wallet/entry.ts";
import type { AppEnv } from "../../caller.ts";
import type { AppDeps } from "../../deps.ts";
import { ENTRY_WORDS } from "../account/entry_words.ts";
import { Badge } from "../badge.tsx";
import { DefinitionList, PageHead, Panel } from "../components.tsx";
import { formatCount, formatDuration } from "../format.ts";
import { showPage } from "../frame.tsx";
import { stateWord } from "../strings.ts";
import { Table } from "../table.tsx";
import { MoneyText, TimeText, Unknown } from "../values.tsx";
import { ownAccount, showGone } from "./own_account.ts";
import { CallCharged, CallWhy } from "./portal_words.tsx";

/** Entries of a call that are shown. */
const ENTRIES_MAX = 50;

/** Shows a call of whoever is signed in; anybody else's is not there. */
export async function showOwnCall(
  c: Context<AppEnv>,
  { deps, callId }: { deps: AppDeps; callId: string },
): Promise<Response> {
  const accountId = ownAccount(c);
  const [one, account] = await Promise.all([
    getChargedCall(deps.store, callId),
    getAccount(deps.store, accountId),
  ]);
  if (!account || one?.call.accountId !== accountId) return showGone(c, deps);
  const seqs = one.charge?.entries.slice(0, ENTRIES_MAX) ?? [];
  const rows = await deps.store.getMany<Entry>(seqs.map((seq) => entryKey(accountId, seq)));
  const entries = rows.flatMap((row) => (row ? [row.value] : []));
  const title = "Call";
  const body = (
    <>
      <PageHead
        title={title}
        above={{ href: "/portal/calls", label: "Calls" }}
        lead={
          <p class="row">
            <Badge state={billingOf(one).state} />
            <code>{one.call.id}</code>
          </p>
        }
      />
      <WhyPanel one={one} account={account} />
      <FactsPanel one={one} account={account} />
      {entries.length > 0 && <EntriesPanel entries={entries} account={account} />}
    </>
  );
  return showPage(c, { deps, title, body });
}

interface CallProps {
  one: ChargedCall;
  account: Account;
}

function WhyPanel({ one, account }: CallProps): JSX.Element {
  return (
    <Panel id="why" title="Why this amount?">
      <p class="figure">
        <CallCharged charge={one.charge} />
      </p>
      <p>
        <CallWhy one={one} currency={account.currency} />
      </p>
    </Panel>
  );
}

function FactsPanel({ one: { call, charge }, account }: CallProps): JSX.Element {
  const billed = charge?.trace?.billedSeconds;
  return (
    <Panel id="facts" title="The call">
      <DefinitionList
        items={[
          {
            term: "Started",
            value: (
              <TimeText atMs={call.startedAtMs} timeZone={account.timezone} precision="minute" />
            ),
          },
          { term: "Direction", value: call.direction ?? "not told" },
          { term: "From", value: call.from || <Unknown /> },
          { term: "To", value: call.to || <Unknown /> },
          { term: "Status", value: stateWord(call.status) },
          {
            term: "Used",
            value: call.durationSeconds === null
              ? <Unknown />
              : `${formatCount(call.durationSeconds)} s (${formatDuration(call.durationSeconds)})`,
          },
          {
            term: "Billed",
            value: billed === undefined ? <Unknown /> : `${formatCount(billed)} s`,
          },
          { term: "Free", value: `${formatCount(charge?.trace?.freeSecondsUsed ?? 0)} s` },
        ]}
      />
    </Panel>
  );
}

function EntriesPanel(
  { entries, account }: { entries: readonly Entry[]; account: Account },
): JSX.Element {
  return (
    <Panel id="entries" title="On your statement">
      <Table
        caption="Entries of this call"
        isCaptionUnseen
        columns={[
          { key: "seq", label: "No." },
          { key: "time", label: "Time" },
          { key: "kind", label: "Kind" },
          { key: "description", label: "Description", kind: "text" },
          { key: "amount", label: "Amount", kind: "number" },
        ]}
        rows={entries.map((entry) => ({
          seq: formatCount(entry.seq),
          time: <TimeText atMs={entry.atMs} timeZone={account.timezone} />,
          kind: ENTRY_WORDS[entry.kind],
          description: entry.description,
          amount: <MoneyText money={formatMoney(entry.amountMicros, account.currency)} isSigned />,
        }))}
      />
    </Panel>
  );
}
