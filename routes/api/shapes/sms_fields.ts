/**
 * The small parts of requests and answers about SMS: amounts as the seeds write them, places, texts.
 *
 * @module
 */
import { z } from "zod";
import { AMOUNT_MICROS_MAX, formatMicros, parseAmount, parseDecimal } from "../../../core/money.ts";
import { TEXT_UNITS_MAX } from "../../../core/usage/segments.ts";
import { amountFromZeroField } from "./fields.ts";

const AMOUNT_WORDS =
  "must be an amount from 0 on with at most six decimals: a number such as 50, or text such as 50.25";

/** Digits that a JSON number carries faithfully through every reader. */
const NUMBER_DIGITS_MAX = 15;

/**
 * An amount of the seeds' endpoints: a JSON number, or a decimal string where a number would not be exact;
 * micros come out.
 */
export const plainAmountField: z.ZodType<bigint, string | number> = z
  .union([z.number(), z.string()], { error: AMOUNT_WORDS })
  .refine((value) => (parsePlain(value) ?? -1n) >= 0n, AMOUNT_WORDS)
  .transform((value) => parsePlain(value)!);

function parsePlain(value: string | number): bigint | null {
  const text = String(value);
  const isExact = typeof value === "string" ||
    text.replace(/\D/g, "").length <= NUMBER_DIGITS_MAX;
  return isExact ? parseAmount(text) : null;
}

/**
 * What somebody's program computed for a sending: a decimal string, taken exactly, or a JSON number,
 * rounded once to six decimals because a sum of floats never is exact. Micros come out.
 */
export const computedAmountField: z.ZodType<bigint, string | number> = z
  .union([z.number(), amountFromZeroField], { error: AMOUNT_WORDS })
  .refine((value) => typeof value === "bigint" || isAmount(value), AMOUNT_WORDS)
  .transform((value) => (typeof value === "bigint" ? value : parseDecimal(String(value))!));

function isAmount(value: number): boolean {
  const micros = value >= 0 ? parseDecimal(String(value)) : null;
  return micros !== null && micros < AMOUNT_MICROS_MAX;
}

/** An amount as the seeds' endpoints show it: a JSON number. */
export function plainAmount(micros: bigint): number {
  return Number(formatMicros(micros));
}

/** An account in a body: what cannot be one's id is simply not found. */
export const accountIdField: z.ZodString = z.string().min(1).max(64);

/** How many messages: a million at most. */
export const messageCountField: z.ZodInt = z.int().min(1).max(1_000_000);

/** Parts of one message: as many as the standard can number. */
export const segmentsField: z.ZodInt = z.int().min(1).max(255);

/** A message's text, of which only the parts are counted and nothing is kept. */
export const textField: z.ZodString = z.string().max(TEXT_UNITS_MAX);

/** A number as anybody writes it. */
export const numberField: z.ZodString = z.string().trim().min(1).max(64);

/** A country as a label: two letters come out as capitals. */
export const countryField: z.ZodType<string, string> = z.string().trim()
  .regex(/^[A-Za-z]{2}$/, "must be two letters of ISO 3166, such as EE")
  .transform((text) => text.toUpperCase());

/** A calling code, or the beginning of a number; `+` is put before it. */
export const prefixField: z.ZodType<string, string> = z.string().trim()
  .regex(/^\+?[1-9]\d{0,14}$/, "must be digits such as +372")
  .transform((text) => `+${text.replace("+", "")}`);
