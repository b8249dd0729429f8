/**
 * The latest billed calls with what each was estimated at beside what it really cost.
 *
 * Comes from: `routes/pages/billing.tsx`.
 *
 * @module
 */
import type { JSX } from "hono/jsx/jsx-runtime";
import type { ChargedCall } from "../../../core/billing/list_calls.ts";
import { entryKey } from "../../../core/kv/keys.ts";
import type { Store } from "../../../core/kv/store.ts";
import { formatMoney, type Money } from "../../../core/money.ts";
import type { Entry } from "../../../core/wallet/entry.ts";
import { showCallCost } from "../../api/shapes/cost.ts";
import { CALL_COLUMNS, callCells, type CallColumn } from "../call/cells.tsx";
import { CALLS_PATH } from "../call/filter.tsx";
import { EmptyState, Panel } from "../components.tsx";
import { ADMIN_TIME_ZONE } from "../frame.tsx";
import { stateWord } from "../strings.ts";
import { type Column, Table } from "../table.tsx";
import { MoneyText } from "../values.tsx";
import type { BillingView } from "./read_billing.ts";

const SHOWN: readonly CallColumn[] = ["time", "parties", "account", "used", "billed", "charge"];

const COLUMNS: readonly Column<CallColumn | "estimate" | "exact">[] = [
  ...CALL_COLUMNS.filter(({ key }) => SHOWN.includes(key)),
  { key: "estimate", label: "Estimated cost", kind: "number" },
  { key: "exact", label: "Exact cost", kind: "number" },
];

/** What the calls were first charged at by estimate, by call id; a charge keeps only its last trace. */
export async function readEstimates(
  store: Store,
  calls: readonly ChargedCall[],
): Promise<ReadonlyMap<string, Money>> {
  const billed = calls.flatMap(({ charge }) => {
    const seq = charge?.trace?.kind === "cost_plus" ? charge.entries[0] : undefined;
    return charge && seq !== undefined ? [{ charge, key: entryKey(charge.accountId, seq) }] : [];
  });
  const entries = await store.getMany<Entry>(billed.map(({ key }) => key));
  return new Map(billed.flatMap(({ charge }, i) => {
    const entry = entries[i]?.value;
    if (!entry?.description.includes("[estimated @")) return [];
    return [[charge.callId, formatMoney(-entry.amountMicros, charge.trace!.currency)]];
  }));
}

/** The table, or what stands in its place before the first billed call. */
export function LatestCalls({ view }: { view: BillingView }): JSX.Element {
  const { latest, owners, estimates, nowMs } = view;
  return (
    <Panel
      id="latest"
      title="Latest billed calls"
      actions={<a href={CALLS_PATH}>All calls</a>}
    >
      {latest.length === 0
        ? (
          <EmptyState
            kind="nothing_yet"
            text="The first billed call appears here."
            action={{ href: CALLS_PATH, label: "All calls" }}
          />
        )
        : (
          <Table
            caption="The newest billed calls with their cost"
            isCaptionUnseen
            columns={COLUMNS}
            rows={latest.map((one) => ({
              ...callCells(one, { owners, timeZone: ADMIN_TIME_ZONE, nowMs }),
              estimate: <Estimate money={estimates.get(one.call.id) ?? null} />,
              exact: <Exact one={one} nowMs={nowMs} />,
            }))}
          />
        )}
      <p class="soft">
        A cost is exact once the carrier has told it. Only Telnyx calls are charged by estimate
        until then.
      </p>
    </Panel>
  );
}

function Estimate({ money }: { money: Money | null }): JSX.Element {
  return money ? <MoneyText money={money} /> : <span class="soft">none</span>;
}

function Exact({ one, nowMs }: { one: ChargedCall; nowMs: number }): JSX.Element {
  const { state, amount } = showCallCost(one, nowMs);
  if (state === "exact") {
    return (
      <>
        <MoneyText money={amount} />
        <br />
        <small>exact</small>
      </>
    );
  }
  return <small>{state === "estimated" ? "not told yet" : stateWord(state)}</small>;
}
