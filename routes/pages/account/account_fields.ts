/**
 * The fields that account forms share: text as it was typed to what it means.
 *
 * @module
 */
import { z } from "zod";
import { isTimeZone } from "../../../core/clock.ts";
import { parseAmount } from "../../../core/money.ts";

/** A name; required. */
export const nameText: z.ZodType<string, string> = z.string({ error: "Give a name" })
  .min(1, "Give a name").max(200, "The name may have 200 letters");

/** An e-mail; null when left empty. */
export const emailText: z.ZodType<string | null, string> = z.string().max(254)
  .refine(
    (text) => text === "" || z.email().safeParse(text).success,
    "The e-mail is not one, such as ann@example.com",
  )
  .transform((text) => text === "" ? null : text);

/** ISO 4217. */
export const currencyText: z.ZodType<string, string> = z.string({ error: "Give a currency" })
  .refine(
    (code) => Intl.supportedValuesOf("currency").includes(code),
    "The currency must be three capital letters that are somebody's money, such as USD",
  );

/** An IANA time zone. */
export const zoneText: z.ZodType<string, string> = z.string({ error: "Give a time zone" }).max(64)
  .refine(
    (name) => name !== "" && isTimeZone(name),
    "The time zone must have an IANA name, such as UTC or Europe/Berlin",
  );

/** A number of Sippy; null when left empty. */
export const sippyIdText: z.ZodType<number | null, string> = z.string()
  .regex(/^([1-9]\d{0,14})?$/, "The Sippy account must be a whole number")
  .transform((text) => text === "" ? null : Number(text));

/** An amount of money as people write it, as micros: `25` or `25.00`, no thousands separators. */
export const amountText: z.ZodType<bigint, string> = z.string({ error: "Give an amount" })
  .refine(
    (text) => parseAmount(text) !== null,
    "The amount must be plain digits with a point, such as 25.00, and at most six decimals",
  )
  .transform((text) => parseAmount(text)!);
