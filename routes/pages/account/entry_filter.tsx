/**
 * Which entries of a wallet are shown: kind and days of the account's zone, all of it in the address.
 *
 * @module
 */
import type { JSX } from "hono/jsx/jsx-runtime";
import { ENTRY_KINDS, type EntryKind } from "../../../core/wallet/entry.ts";
import type { EntryQuery } from "../../../core/wallet/read_entries.ts";
import { Field, SelectField } from "../fields.tsx";
import { FilterForm } from "../forms.tsx";
import { dayStartMs } from "../zone_times.ts";
import { ENTRY_WORDS } from "./entry_words.ts";

/** Entries on one page. */
export const ENTRY_PAGE_ROWS = 25;

/** A filter as it was understood; what was not understood is shown beside its field. */
export interface EntryFilter {
  /** What is asked of the ledger. */
  query: Omit<EntryQuery, "accountId">;
  /** As it stands in the address. */
  typed: { kind: string; from: string; to: string };
  /** Faults by field. */
  errors: { from?: string; to?: string };
  /** Whether anything is filtered. */
  isFiltered: boolean;
}

/** What an address asks for. */
export function readEntryFilter(params: URLSearchParams, timeZone: string): EntryFilter {
  const [kind, from, to] = ["kind", "from", "to"].map((name) => params.get(name) ?? "");
  const typed = { kind: kind!, from: from!, to: to! };
  const fromMs = typed.from === "" ? null : dayStartMs(typed.from, { timeZone });
  const untilMs = typed.to === "" ? null : dayStartMs(typed.to, { timeZone, plusDays: 1 });
  const errors: EntryFilter["errors"] = {};
  if (typed.from !== "" && fromMs === null) errors.from = "Give a day, such as 2026-11-20";
  if (typed.to !== "" && untilMs === null) errors.to = "Give a day, such as 2026-11-20";
  if (fromMs !== null && untilMs !== null && untilMs <= fromMs) {
    errors.to = "The last day must not be before the first";
  }
  return {
    query: {
      fromMs: fromMs ?? undefined,
      untilMs: untilMs ?? undefined,
      kind: ENTRY_KINDS.find((one): one is EntryKind => one === typed.kind),
      cursor: params.get("cursor") ?? undefined,
      limit: ENTRY_PAGE_ROWS,
    },
    typed,
    errors,
    isFiltered: Object.values(typed).some((text) => text !== ""),
  };
}

/** The form, filled with what was asked for. */
export function EntryFilterForm(
  { filter, path, timeZone }: { filter: EntryFilter; path: string; timeZone: string },
): JSX.Element {
  const { typed, errors } = filter;
  return (
    <FilterForm action={path} clearHref={filter.isFiltered ? path : undefined}>
      <SelectField
        name="kind"
        label="Kind"
        value={typed.kind}
        options={[
          { value: "", label: "any" },
          ...ENTRY_KINDS.map((value) => ({ value, label: ENTRY_WORDS[value] })),
        ]}
      />
      <Field
        // The form for one more number on this page has a field of this name, too.
        id="field-entries-from"
        name="from"
        type="date"
        label={`From day (${timeZone})`}
        value={typed.from}
        error={errors.from}
      />
      <Field name="to" type="date" label="To day" value={typed.to} error={errors.to} />
    </FilterForm>
  );
}
