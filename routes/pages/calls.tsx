/**
 * The list of calls, newest first, with its filter in the address.
 *
 * Goes to: `core/billing/list_calls.ts`, `routes/pages/call/filter.tsx`, `routes/pages/call/cells.tsx`.
 *
 * @module
 */
import type { JSX } from "hono/jsx/jsx-runtime";
import { type Account, getAccount } from "../../core/accounts/account.ts";
import { CALLS_LOOKED_AT_MAX, type ChargedCall, listCalls } from "../../core/billing/list_calls.ts";
import type { AppDeps } from "../deps.ts";
import { CALL_COLUMNS, callCells, readOwners } from "./call/cells.tsx";
import { type CallFilter, CallFilterForm, CALLS_PATH, readCallFilter } from "./call/filter.tsx";
import { readCompleteTo } from "./billing/carrier_freshness.ts";
import { EmptyState, LinkButton, PageHead, Pager } from "./components.tsx";
import { formatCount } from "./format.ts";
import { ErrorSummary } from "./forms.tsx";
import { ADMIN_TIME_ZONE } from "./frame.tsx";
import { linkWith, type Place } from "./links.ts";
import { Table } from "./table.tsx";
import { readUnassigned, UnassignedTable, type UnassignedUsage } from "./unassigned.tsx";
import { AsOf } from "./values.tsx";

/** A page of calls as it was read. */
export interface CallsView {
  /** What was asked for. */
  filter: CallFilter;
  /** The list with its query, for links. */
  place: Place;
  /** When it was read. */
  nowMs: number;
  /** The cut-off of the numbers. */
  completeToMs: number | null;
  /** The accounts of the calls, by id. */
  owners: ReadonlyMap<string, Account>;
  /** Newest first. */
  calls: readonly ChargedCall[];
  /** Null at the end of the list. */
  nextCursor: string | null;
  /** Whether the cursor in the address is one of ours. */
  isCursorGood: boolean;
  /** Given when unassigned usage is asked for. */
  unassigned: UnassignedUsage | null;
}

/** Reads the calls that an address asks for; of an account its days and times are its own zone's. */
export async function readCalls(deps: AppDeps, params: URLSearchParams): Promise<CallsView> {
  const { store } = deps;
  const account = await findAccount(deps, params.get("account"));
  const filter = readCallFilter(params, account?.timezone ?? ADMIN_TIME_ZONE);
  const { accountId, billing } = filter.query;
  if (accountId !== undefined && !account) {
    filter.errors.push({ name: "account", message: `There is no account ${accountId}.` });
  }
  const isReadable = filter.errors.length === 0;
  const [page, completeToMs, unassigned] = await Promise.all([
    isReadable ? listCalls(store, filter.query) : { calls: [], nextCursor: null },
    readCompleteTo(deps),
    billing === "unassigned" && isReadable ? readUnassigned(store) : null,
  ]);
  const calls = page?.calls ?? [];
  return {
    filter,
    place: { path: CALLS_PATH, query: params },
    nowMs: deps.clock.now(),
    completeToMs,
    owners: await readOwners(store, calls.map(({ call }) => call.accountId)),
    calls,
    nextCursor: page?.nextCursor ?? null,
    isCursorGood: page !== null,
    unassigned,
  };
}

function findAccount({ store }: AppDeps, id: string | null): Promise<Account | null> {
  const isId = /^[A-Za-z0-9_-]{1,64}$/.test(id?.trim() ?? "");
  return isId ? getAccount(store, id!.trim()) : Promise.resolve(null);
}

/** The page of calls. */
export function CallsPage({ view }: { view: CallsView }): JSX.Element {
  const { filter, nowMs, completeToMs } = view;
  return (
    <>
      <PageHead
        title="Calls"
        lead={<AsOf {...{ nowMs, completeToMs }} timeZone={filter.timeZone} />}
      />
      <ErrorSummary errors={filter.errors} />
      <CallFilterForm filter={filter} />
      {view.unassigned && <UnassignedTable usage={view.unassigned} timeZone={filter.timeZone} />}
      <CallList view={view} />
    </>
  );
}

/** In place of the list when the database does not answer. */
export function CallsAway({ place }: { place: Place }): JSX.Element {
  const again = { href: `${place.path}?${place.query}`, label: "Try again" };
  return (
    <>
      <PageHead title="Calls" />
      <EmptyState kind="could_not_load" action={again} />
    </>
  );
}

function CallList({ view }: { view: CallsView }): JSX.Element {
  const { calls, place, nextCursor, filter, owners, nowMs } = view;
  if (!view.isCursorGood) return <LostPlace place={place} />;
  if (calls.length === 0) return <NoCalls view={view} />;
  // Under one account's calls its name on every line says nothing.
  const columns = CALL_COLUMNS.filter(({ key }) =>
    key !== "account" || filter.query.accountId === undefined
  );
  return (
    <>
      <Table
        caption="Calls, newest first"
        columns={columns}
        rows={calls.map((one) => callCells(one, { owners, timeZone: filter.timeZone, nowMs }))}
      />
      <Pager place={place} nextCursor={nextCursor} />
    </>
  );
}

function LostPlace({ place }: { place: Place }): JSX.Element {
  return (
    <EmptyState
      kind="could_not_load"
      text="The address names a place in the list that does not exist."
      action={{ href: linkWith(place), label: "First page" }}
    />
  );
}

/** Nothing yet, nothing for this filter, or nothing so far: a filter looks through part of a long list. */
function NoCalls({ view }: { view: CallsView }): JSX.Element {
  const { filter, place, nextCursor } = view;
  if (nextCursor !== null) {
    return (
      <div class="empty nothing_found">
        <h2>Nothing so far</h2>
        <p>
          None of the {formatCount(CALLS_LOOKED_AT_MAX)}{" "}
          calls looked at matches. There are older ones.
        </p>
        <LinkButton href={linkWith(place, { cursor: nextCursor })}>Look further back</LinkButton>
      </div>
    );
  }
  if (filter.isFiltered || place.query.has("cursor")) {
    return (
      <EmptyState
        kind="nothing_found"
        action={{ href: CALLS_PATH, label: "Clear the filter" }}
      />
    );
  }
  return (
    <EmptyState
      kind="nothing_yet"
      text="Calls appear as soon as a carrier reports one."
      action={{ href: "/billing", label: "Sync calls" }}
    />
  );
}
