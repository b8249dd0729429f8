/**
 * The filter over bills: status, account and days of closing, all of it in the address.
 *
 * Goes to: `core/sms_billing/list_bills.ts`.
 *
 * @module
 */
import type { JSX } from "hono/jsx/jsx-runtime";
import { z } from "zod";
import { type BillQuery, CLOSED_STATUSES } from "../../../core/sms_billing/list_bills.ts";
import { Field, SelectField } from "../fields.tsx";
import { FilterForm, type FormError } from "../forms.tsx";
import { ADMIN_TIME_ZONE } from "../frame.tsx";
import { stateWord } from "../strings.ts";
import { dayStartMs } from "../zone_times.ts";
import { BILLS_PATH, SMS_PATH } from "./bill_words.tsx";

/** Bills on one page, which is also what one selection may hold. */
export const BILLS_PER_PAGE = 50;

const day = z.iso.date("Please write the day as 2026-11-20.");
const FIELDS = {
  status: z.enum(CLOSED_STATUSES, "Bills have no such status."),
  account: z.string().regex(/^[A-Za-z0-9_-]{1,64}$/, "No account has such an id."),
  from: day,
  to: day,
} as const;
type Name = keyof typeof FIELDS;
const NAMES = Object.keys(FIELDS) as Name[];

/** What an address asks for. */
export interface BillFilter {
  /** What to read; of fields with faults nothing. */
  query: BillQuery;
  /** What was written, by field. */
  typed: Readonly<Record<Name, string>>;
  /** What is wrong with it. */
  errors: FormError[];
  /** Whether anything narrows the list. */
  isFiltered: boolean;
}

/** Reads the filter of an address; days are UTC's, as the boundaries are, and `to` is the last one shown. */
export function readBillFilter(params: URLSearchParams): BillFilter {
  const typed = Object.fromEntries(
    NAMES.map((name) => [name, (params.get(name) ?? "").trim()]),
  ) as Record<Name, string>;
  const errors: FormError[] = [];
  const read = <N extends Name>(name: N): z.output<(typeof FIELDS)[N]> | undefined => {
    if (typed[name] === "") return undefined;
    const parsed = FIELDS[name].safeParse(typed[name]);
    if (parsed.success) return parsed.data as z.output<(typeof FIELDS)[N]>;
    errors.push({ name, message: parsed.error.issues[0]?.message ?? "This is not right." });
    return undefined;
  };
  const [status, accountId, from, to] = [read("status"), read("account"), read("from"), read("to")];
  if (from && to && to < from) {
    errors.push({ name: "to", message: "The last day must not be before the first." });
  }
  const timeZone = ADMIN_TIME_ZONE;
  const query: BillQuery = {
    status,
    accountId,
    fromMs: from ? dayStartMs(from, { timeZone }) ?? undefined : undefined,
    untilMs: to ? dayStartMs(to, { timeZone, plusDays: 1 }) ?? undefined : undefined,
    cursor: params.get("cursor") ?? undefined,
    limit: BILLS_PER_PAGE,
  };
  return { query, typed, errors, isFiltered: NAMES.some((name) => typed[name] !== "") };
}

/** The form, filled with what was asked for. */
export function BillFilterForm({ filter }: { filter: BillFilter }): JSX.Element {
  const field = (name: Name) => ({
    name,
    value: filter.typed[name],
    error: filter.errors.find((error) => error.name === name)?.message,
  });
  const statuses = CLOSED_STATUSES.map((value) => ({
    value: value as string,
    label: stateWord(value),
  }));
  return (
    <FilterForm
      action={SMS_PATH}
      keep={{ tab: "billing" }}
      clearHref={filter.isFiltered ? BILLS_PATH : undefined}
    >
      <SelectField
        {...field("status")}
        label="Status"
        options={[{ value: "", label: "any" }, ...statuses]}
      />
      <Field {...field("account")} label="Account id" type="search" />
      <Field {...field("from")} label="Closed from day (UTC)" type="date" />
      <Field {...field("to")} label="To day" type="date" />
    </FilterForm>
  );
}
