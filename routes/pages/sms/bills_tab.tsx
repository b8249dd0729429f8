/**
 * The bills of everybody, filtered, with what may be done with many of them at once.
 *
 * Goes to: `core/sms_billing/list_bills.ts`.
 *
 * @module
 */
import type { JSX } from "hono/jsx/jsx-runtime";
import type { Store } from "../../../core/kv/store.ts";
import {
  type BillPage,
  BILLS_LOOKED_AT_MAX,
  listBills,
} from "../../../core/sms_billing/list_bills.ts";
import { SMS_FREQUENCIES } from "../../../core/sms_billing/settings.ts";
import { EmptyState, LinkButton, Pager, Panel } from "../components.tsx";
import { SelectField } from "../fields.tsx";
import { formatCount } from "../format.ts";
import { ErrorSummary, PostForm } from "../forms.tsx";
import { linkWith, type Place } from "../links.ts";
import { type BillFilter, BillFilterForm, readBillFilter } from "./bill_filter.tsx";
import { BillTable } from "./bill_table.tsx";
import { BILLS_PATH, FREQUENCY_WORDS, SMS_PATH } from "./bill_words.tsx";

/** Where a cycle is started. */
export const CYCLES_PATH: string = `${SMS_PATH}/cycles`;
/** The name of the cycle that closes whatever is due. */
export const EVERY_CYCLE = "due";

/** The list as an address asks for it. */
export interface BillsView {
  /** See {@link BillFilter}. */
  filter: BillFilter;
  /** The page with its query. */
  place: Place;
  /** Null when the cursor is not one of ours. */
  page: BillPage | null;
}

/** Reads the list. */
export async function readBills(store: Store, params: URLSearchParams): Promise<BillsView> {
  const filter = readBillFilter(params);
  const page = filter.errors.length === 0
    ? await listBills(store, filter.query)
    : { bills: [], nextCursor: null };
  return { filter, place: { path: SMS_PATH, query: params }, page };
}

/** The tab; without a form id it is for those who only look. */
export function BillsTab(
  { view, formId }: { view: BillsView; formId: string | null },
): JSX.Element {
  return (
    <>
      <ErrorSummary errors={view.filter.errors} />
      <Shortcuts filter={view.filter} />
      <BillFilterForm filter={view.filter} />
      <BillList view={view} mayChange={formId !== null} />
      {formId !== null && <CyclePanel formId={formId} />}
    </>
  );
}

const SHORTCUTS = [
  { status: "", label: "All bills" },
  { status: "pending", label: "Pending" },
  { status: "failed", label: "Failed payments" },
  { status: "needs_review", label: "Need a decision" },
] as const;

function Shortcuts({ filter }: { filter: BillFilter }): JSX.Element {
  return (
    <nav class="row" aria-label="Bills by status">
      {SHORTCUTS.map(({ status, label }) => (
        <a
          class="button"
          href={status === "" ? BILLS_PATH : `${BILLS_PATH}&status=${status}`}
          aria-current={filter.typed.status === status ? "page" : undefined}
        >
          {label}
        </a>
      ))}
    </nav>
  );
}

function BillList({ view, mayChange }: { view: BillsView; mayChange: boolean }): JSX.Element {
  const { page, place } = view;
  if (!page) {
    return (
      <EmptyState
        kind="could_not_load"
        text="The address names a place in the list that does not exist."
        action={{ href: linkWith(place), label: "First page" }}
      />
    );
  }
  if (page.bills.length === 0) return <NoBills view={view} nextCursor={page.nextCursor} />;
  return (
    <>
      <BillTable bills={page.bills} mayChange={mayChange} />
      <Pager place={place} nextCursor={page.nextCursor} />
    </>
  );
}

/** Nothing yet, nothing for this filter, or nothing so far: a filter looks through part of a long list. */
function NoBills(
  { view: { filter, place }, nextCursor }: { view: BillsView; nextCursor: string | null },
): JSX.Element {
  if (nextCursor !== null) {
    return (
      <div class="empty nothing_found">
        <h2>Nothing so far</h2>
        <p>
          None of the {formatCount(BILLS_LOOKED_AT_MAX)}{" "}
          bills looked at matches. There are older ones.
        </p>
        <LinkButton href={linkWith(place, { cursor: nextCursor })}>Look further back</LinkButton>
      </div>
    );
  }
  if (filter.isFiltered || place.query.has("cursor")) {
    const action = { href: BILLS_PATH, label: "Clear the filter" };
    return <EmptyState kind="nothing_found" action={action} />;
  }
  return (
    <EmptyState
      kind="nothing_yet"
      title="No bills yet"
      text="Messages collect in an open period; the first one that closes makes the first bill."
      action={{ href: `${SMS_PATH}?tab=settings`, label: "When periods close" }}
    />
  );
}

function CyclePanel({ formId }: { formId: string }): JSX.Element {
  return (
    <Panel id="cycle" title="Run a cycle now">
      <p>
        Cycles run by themselves. This one closes only periods whose end has come, so nothing is
        billed early and nothing twice.
      </p>
      <PostForm action={CYCLES_PATH} formId={formId} submitLabel="Run the cycle">
        <SelectField
          name="frequency"
          label="Which periods"
          options={[
            { value: EVERY_CYCLE, label: "all that are due" },
            ...SMS_FREQUENCIES.map((value) => ({ value, label: FREQUENCY_WORDS[value] })),
          ]}
        />
      </PostForm>
    </Panel>
  );
}
