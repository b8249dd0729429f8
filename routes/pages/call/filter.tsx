/**
 * The filter over calls: what the address asks for, read and checked, and the form that shows it.
 *
 * @module
 */
import type { JSX } from "hono/jsx/jsx-runtime";
import { z } from "zod";
import { BILLING_STATES, type CallQuery } from "../../../core/billing/list_calls.ts";
import { CALL_STATUSES } from "../../../core/usage/call_usage.ts";
import { CARRIERS } from "../../api/shapes/call.ts";
import { Field, SelectField } from "../fields.tsx";
import { FilterForm, type FormError } from "../forms.tsx";
import { stateWord } from "../strings.ts";

/** Where calls are listed. */
export const CALLS_PATH = "/admin/calls";
/** Calls on one page. */
export const CALLS_PER_PAGE = 50;

/** What an address asks for. */
export interface CallFilter {
  /** What to read; of fields with faults nothing. */
  query: CallQuery;
  /** What was written, by field. */
  typed: Readonly<Record<CallField, string>>;
  /** What is wrong with it. */
  errors: FormError[];
  /** Whether anything narrows the list. */
  isFiltered: boolean;
  /** The zone whose days `from` and `to` are, and in which times are shown. */
  timeZone: string;
}

const day = z.iso.date("Please write the day as 2026-11-20.");

const FIELDS = {
  account: z.string().regex(/^[A-Za-z0-9_-]{1,64}$/, "No account has such an id."),
  from: day,
  to: day,
  carrier: z.enum(CARRIERS, "There is no such carrier."),
  status: z.enum(CALL_STATUSES, "Calls have no such state."),
  billing: z.enum(BILLING_STATES, "Billing has no such state."),
  number: z.string().max(64, "A number has at most 64 characters."),
} as const;

/** One field of the filter, named as in the address. */
export type CallField = keyof typeof FIELDS;

/** Reads the filter of an address; days are those of the zone, `to` is the last day shown. */
export function readCallFilter(params: URLSearchParams, timeZone: string): CallFilter {
  const names = Object.keys(FIELDS) as CallField[];
  const typed = Object.fromEntries(names.map((name) => [name, textOf(params, name)])) as Record<
    CallField,
    string
  >;
  const errors: FormError[] = [];
  const read = <Name extends CallField>(name: Name): z.output<(typeof FIELDS)[Name]> | undefined =>
    readField({ name, text: typed[name], errors });
  const [from, to, number] = [read("from"), read("to"), read("number")];
  if (from && to && to < from) {
    errors.push({ name: "to", message: "The last day must not be before the first." });
  }
  const query: CallQuery = {
    accountId: read("account"),
    fromMs: from ? dayStartMs({ day: from, timeZone, plusDays: 0 }) : undefined,
    untilMs: to ? dayStartMs({ day: to, timeZone, plusDays: 1 }) : undefined,
    carrier: read("carrier"),
    status: read("status"),
    billing: read("billing"),
    number: number && plainNumber(number),
    cursor: params.get("cursor") ?? undefined,
    limit: CALLS_PER_PAGE,
  };
  return { query, typed, errors, isFiltered: names.some((name) => typed[name] !== ""), timeZone };
}

function textOf(params: URLSearchParams, name: string): string {
  return (params.get(name) ?? "").replaceAll("\u0000", "").toWellFormed().trim();
}

function readField<Name extends CallField>(
  { name, text, errors }: { name: Name; text: string; errors: FormError[] },
): z.output<(typeof FIELDS)[Name]> | undefined {
  if (text === "") return undefined;
  const parsed = FIELDS[name].safeParse(text);
  if (parsed.success) return parsed.data as z.output<(typeof FIELDS)[Name]>;
  errors.push({ name, message: parsed.error.issues[0]?.message ?? "This is not right." });
  return undefined;
}

/** Midnight of a zone; never before 1970, where no call is. */
function dayStartMs(
  { day, timeZone, plusDays }: { day: string; timeZone: string; plusDays: number },
): number {
  const start = Temporal.PlainDate.from(day).add({ days: plusDays }).toZonedDateTime(timeZone);
  return Math.max(0, start.epochMilliseconds);
}

/** People write numbers with blanks and brackets; they are kept without. */
function plainNumber(text: string): string {
  return /^[+\d\s().\-/]+$/.test(text) ? text.replace(/[\s().\-/]/g, "") : text;
}

/** The form, filled with what was asked for. */
export function CallFilterForm({ filter }: { filter: CallFilter }): JSX.Element {
  const field = (name: CallField) => ({
    name,
    value: filter.typed[name],
    error: filter.errors.find((error) => error.name === name)?.message,
  });
  const any = { value: "", label: "any" };
  const choices = (values: readonly string[]) => [
    any,
    ...values.map((value) => ({ value, label: stateWord(value) })),
  ];
  return (
    <FilterForm action={CALLS_PATH} clearHref={filter.isFiltered ? CALLS_PATH : undefined}>
      <Field {...field("account")} label="Account id" type="search" />
      <Field {...field("number")} label="Number contains" type="search" inputmode="tel" />
      <Field {...field("from")} label={`From day (${filter.timeZone})`} type="date" />
      <Field {...field("to")} label="To day" type="date" />
      <SelectField {...field("carrier")} label="Carrier" options={choices(CARRIERS)} />
      <SelectField {...field("status")} label="Status" options={choices(CALL_STATUSES)} />
      <SelectField {...field("billing")} label="Billing" options={choices(BILLING_STATES)} />
    </FilterForm>
  );
}
