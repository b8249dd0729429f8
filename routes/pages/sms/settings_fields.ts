/**
 * The terms of SMS billing as a form: each field is inherited, or has a value of its own.
 *
 * @module
 */
import { formatMicros, MICROS_PER_UNIT, parseAmount } from "../../../core/money.ts";
import {
  SMS_FREQUENCIES,
  SMS_PAYMENTS,
  type SmsLevel,
  type SmsSettings,
} from "../../../core/sms_billing/settings.ts";
import { formatCount, formatMoneyText } from "../format.ts";
import type { FormError } from "../forms.tsx";
import type { Typed } from "../read_form.ts";
import { FREQUENCY_WORDS, PAYMENT_WORDS } from "./bill_words.tsx";

/** One of the terms. */
export type TermName = keyof SmsSettings;

/** A term as a form shows it: chosen from a few, or written. */
export interface TermField {
  /** Which. */
  term: TermName;
  /** Its name in the form; a written one has a choice beside it, named `<name>_from`. */
  name: string;
  /** Its words. */
  label: string;
  /** What it does. */
  hint: string;
  /** What can be chosen; null for one that is written. */
  options: readonly { value: string; label: string }[] | null;
  /** Whether a written one may be switched off. */
  isNullable: boolean;
  /** What was written, as a value; null when it is none. */
  parse: (text: string) => SmsSettings[TermName] | null;
  /** What to do about a text that is none. */
  fault: string;
}

const YES_NO = [{ value: "yes", label: "yes" }, { value: "no", label: "no" }] as const;

const chosen = (
  field: Pick<TermField, "term" | "name" | "label" | "hint" | "options">,
  parse: TermField["parse"],
): TermField => ({
  ...field,
  isNullable: false,
  parse,
  fault: `Choose a value for: ${field.label}`,
});

const yesNo = (
  field: Pick<TermField, "term" | "name" | "label" | "hint">,
): TermField =>
  chosen(
    { ...field, options: YES_NO },
    (text) => YES_NO.some(({ value }) => value === text) ? text === "yes" : null,
  );

const AMOUNT_FAULT = "must be an amount above zero such as 50.00, at most six decimals";

function parsePositive(text: string): bigint | null {
  const micros = parseAmount(text);
  return micros !== null && micros > 0n && micros < 1_000_000_000n * MICROS_PER_UNIT
    ? micros
    : null;
}

const wholeUpTo = (max: number) => (text: string): number | null =>
  /^[1-9]\d{0,9}$/.test(text) && Number(text) <= max ? Number(text) : null;

/** Every term, in the order of the form. */
export const TERM_FIELDS: readonly TermField[] = [
  chosen({
    term: "frequency",
    name: "frequency",
    label: "Bills are made",
    hint: "When a period closes and becomes a bill.",
    options: SMS_FREQUENCIES.map((value) => ({ value, label: FREQUENCY_WORDS[value] })),
  }, (text) => SMS_FREQUENCIES.find((one) => one === text) ?? null),
  {
    term: "thresholdMicros",
    name: "threshold_amount",
    label: "Limit: amount",
    hint: "Closes a period at once, when bills are made at a limit.",
    options: null,
    isNullable: true,
    parse: parsePositive,
    fault: `Limit: amount ${AMOUNT_FAULT}`,
  },
  {
    term: "thresholdMessages",
    name: "threshold_messages",
    label: "Limit: messages",
    hint: "The same by the number of messages.",
    options: null,
    isNullable: true,
    parse: wholeUpTo(1_000_000_000),
    fault: "Limit: messages must be a whole number above zero such as 1000",
  },
  {
    term: "maxMicros",
    name: "max_amount",
    label: "Highest bill without approval",
    hint: "A larger one waits for a person.",
    options: null,
    isNullable: true,
    parse: parsePositive,
    fault: `Highest bill without approval ${AMOUNT_FAULT}`,
  },
  {
    term: "currency",
    name: "currency",
    label: "Currency",
    hint: "Of the limits above. An account is always billed in its own.",
    options: null,
    isNullable: false,
    parse: (text) => Intl.supportedValuesOf("currency").includes(text) ? text : null,
    fault: "Currency must be three capital letters that are somebody's money, such as USD",
  },
  chosen({
    term: "payment",
    name: "payment",
    label: "Paid",
    hint: "From the prepaid wallet, or from the customer's account at Sippy.",
    options: SMS_PAYMENTS.map((value) => ({ value, label: PAYMENT_WORDS[value] })),
  }, (text) => SMS_PAYMENTS.find((one) => one === text) ?? null),
  yesNo({
    term: "autoProcess",
    name: "auto_process",
    label: "Paid by itself",
    hint: "If not, a bill waits until somebody processes it.",
  }),
  yesNo({
    term: "requireApproval",
    name: "require_approval",
    label: "Every bill needs approval",
    hint: "Sending is blocked while one waits.",
  }),
  yesNo({
    term: "notifications",
    name: "notifications",
    label: "Notices",
    hint: "Whether people hear of bills and limits.",
  }),
  {
    term: "warnAtPercent",
    name: "warn_at_percent",
    label: "Notice at percent of a limit",
    hint: "1 to 100.",
    options: null,
    isNullable: false,
    parse: wholeUpTo(100),
    fault: "Notice at percent must be a whole number from 1 to 100",
  },
];

/** A value of a term as people read it. */
export function termWords(
  term: TermName,
  { value, currency }: { value: SmsSettings[TermName]; currency: string },
): string {
  if (value === null) return "no limit";
  if (typeof value === "boolean") return value ? "yes" : "no";
  if (typeof value === "bigint") {
    return formatMoneyText({ amount: formatMicros(value), currency });
  }
  if (typeof value === "number") {
    return term === "warnAtPercent" ? `${value} %` : formatCount(value);
  }
  const field = TERM_FIELDS.find((one) => one.term === term);
  return field?.options?.find((one) => one.value === value)?.label ?? value;
}

/** A level as the form shows it. */
export function typedOf(level: SmsLevel): Typed {
  const typed: Record<string, string> = {};
  for (const { term, name, options } of TERM_FIELDS) {
    const value = level[term];
    const text = value === undefined || value === null ? "" : textOf(value);
    if (options) typed[name] = text;
    else {
      typed[`${name}_from`] = value === undefined ? "inherit" : value === null ? "none" : "own";
      typed[name] = text;
    }
  }
  return typed;
}

function textOf(value: NonNullable<SmsSettings[TermName]>): string {
  if (typeof value === "boolean") return value ? "yes" : "no";
  return typeof value === "bigint" ? formatMicros(value).replace(/0{1,4}$/, "") : String(value);
}

/** The level that was typed, and what is wrong with it; a field that is not there is inherited. */
export function readLevel(typed: Typed): { level: SmsLevel; errors: FormError[] } {
  const level: Partial<Record<TermName, SmsSettings[TermName]>> = {};
  const errors: FormError[] = [];
  for (const { term, name, options, isNullable, parse, fault } of TERM_FIELDS) {
    const text = (typed[name] ?? "").trim();
    const from = options ? text === "" ? "inherit" : "own" : typed[`${name}_from`] ?? "inherit";
    if (from === "inherit") continue;
    if (from === "none" && isNullable) level[term] = null;
    else {
      const value = from === "own" ? parse(text) : null;
      if (value === null) errors.push({ name, message: fault });
      else level[term] = value;
    }
  }
  return { level: level as SmsLevel, errors };
}

/** The names a posted form may have. */
export const TERM_NAMES: readonly string[] = TERM_FIELDS.flatMap(({ name, options }) =>
  options ? [name] : [name, `${name}_from`]
);
