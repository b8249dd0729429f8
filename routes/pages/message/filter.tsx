/**
 * The filter over messages: four fields of the filter over calls, read and checked alike.
 *
 * Comes from: `routes/pages/messages.tsx`. Goes to: `routes/pages/call/filter.tsx`.
 *
 * @module
 */
import type { JSX } from "hono/jsx/jsx-runtime";
import type { MessageQuery } from "../../../core/billing/list_messages.ts";
import { CARRIERS } from "../../api/shapes/call.ts";
import { type CallFilter, readCallFilter } from "../call/filter.tsx";
import { Field, SelectField } from "../fields.tsx";
import { FilterForm } from "../forms.tsx";

/** Where messages are listed. */
export const MESSAGES_PATH = "/admin/messages";

const FIELDS = ["account", "from", "to", "carrier"] as const;

/** What an address asks for. */
export interface MessageFilter extends Pick<CallFilter, "errors" | "isFiltered" | "timeZone"> {
  /** What to read; of fields with faults nothing. */
  query: MessageQuery;
  /** What was written, by field. */
  typed: Readonly<Record<typeof FIELDS[number], string>>;
}

/** Reads the filter of an address; days are those of the zone, `to` is the last day shown. */
export function readMessageFilter(params: URLSearchParams, timeZone: string): MessageFilter {
  const mine = [...FIELDS, "cursor"].flatMap((name) => {
    const value = params.get(name);
    return value === null ? [] : [[name, value]];
  });
  const { query, ...rest } = readCallFilter(new URLSearchParams(mine), timeZone);
  const { accountId, fromMs, untilMs, carrier, cursor, limit } = query;
  return { ...rest, query: { accountId, fromMs, untilMs, carrier, cursor, limit } };
}

/** The form, filled with what was asked for. */
export function MessageFilterForm({ filter }: { filter: MessageFilter }): JSX.Element {
  const field = (name: typeof FIELDS[number]) => ({
    name,
    value: filter.typed[name],
    error: filter.errors.find((error) => error.name === name)?.message,
  });
  const carriers = CARRIERS.map((value) => ({ value: value as string, label: value as string }));
  return (
    <FilterForm action={MESSAGES_PATH} clearHref={filter.isFiltered ? MESSAGES_PATH : undefined}>
      <Field {...field("account")} label="Account id" type="search" />
      <Field {...field("from")} label={`From day (${filter.timeZone})`} type="date" />
      <Field {...field("to")} label="To day" type="date" />
      <SelectField
        {...field("carrier")}
        label="Carrier"
        options={[{ value: "", label: "any" }, ...carriers]}
      />
    </FilterForm>
  );
}
