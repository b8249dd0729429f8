/**
 * The small parts that requests and answers of the API are made of: money, instants, ids, pages.
 *
 * @module
 */
import { z } from "zod";
import { parseInstant } from "../../../core/clock.ts";
import { PAGE_LIMIT_DEFAULT, PAGE_LIMIT_MAX } from "../../../core/kv/page.ts";
import { type Money, parseAmount } from "../../../core/money.ts";

/** Money as every answer shows it: six decimals always, `-` for negative, ISO 4217 currency. */
export const moneyShape: z.ZodType<Money> = z.object({
  amount: z.string().regex(/^-?\d+\.\d{6}$/).meta({ example: "12.345000" }),
  currency: z.string().regex(/^[A-Z]{3}$/).meta({ example: "USD" }),
}).meta({ id: "Money" });

/** An instant as every answer shows it: RFC 3339 in UTC with milliseconds. */
export const instantShape: z.ZodISODateTime = z.iso.datetime();

const AMOUNT_WORDS = "must be a decimal string such as 25.00, with at most six decimals";

/** An amount in a request, a bare decimal string; micros come out. */
export const amountField: z.ZodType<bigint, string> = z.string({ error: AMOUNT_WORDS })
  .regex(/^-?\d{1,12}(\.\d{1,6})?$/, AMOUNT_WORDS)
  .transform((text) => parseAmount(text)!);

/** An amount that may not be below zero. */
export const amountFromZeroField: z.ZodType<bigint, string> = amountField
  .refine((micros) => micros >= 0n, "must not be negative");

/** An amount that must be above zero. */
export const positiveAmountField: z.ZodType<bigint, string> = amountField
  .refine((micros) => micros > 0n, "must be more than 0");

/** An instant in a request, RFC 3339 with a zone; milliseconds since 1970 come out. */
export const instantField: z.ZodType<number, string> = z.string()
  .meta({ format: "date-time" })
  .refine(
    (text) => parseInstant(text) !== null,
    "must be an RFC 3339 instant such as 2026-11-20T09:00:00Z",
  )
  .transform((text) => parseInstant(text)!);

/** ISO 4217: three capital letters that are somebody's money. */
export const currencyField: z.ZodType<string, string> = z.string()
  .regex(/^[A-Z]{3}$/, "must be three capital letters, such as USD")
  .refine(
    (code) => Intl.supportedValuesOf("currency").includes(code),
    "must be a currency of ISO 4217",
  );

/** An id in a path. What is not shaped like one is simply not found. */
export const idParam: z.ZodString = z.string().min(1).max(200);

/** Which page of a list. */
export const pageFields = {
  cursor: z.string().optional()
    .meta({ description: "nextCursor of the page before" }),
  limit: z.coerce.number().int().min(1).max(PAGE_LIMIT_MAX).default(PAGE_LIMIT_DEFAULT),
};

/** A period: `from` inclusive, `to` exclusive. */
export const periodFields = {
  from: instantField.optional(),
  to: instantField.optional(),
};

/** Whether a period does not end before it begins; for `refine`, with {@link PERIOD_ORDER}. */
export function isPeriod(
  { from, to }: { from?: number | undefined; to?: number | undefined },
): boolean {
  return from === undefined || to === undefined || from <= to;
}

/** What to say of a period that ends before it begins. */
export const PERIOD_ORDER = { path: ["to"], error: "must not be before from" };
