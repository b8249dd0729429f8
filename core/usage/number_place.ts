/**
 * Where a number is, as a label: prices never follow from it.
 *
 * @module
 */
import { parsePhoneNumberFromString } from "libphonenumber-js/max";

/** A country and a calling code; each null when the number does not tell. */
export interface NumberPlace {
  /** ISO 3166 alpha-2. Some calling codes are shared, and a valid number may have none. */
  country: string | null;
  /** With `+`. */
  prefix: string | null;
}

/** The place of a number in E.164; of anything else nothing is told. */
export function findPlace(number: string): NumberPlace {
  const parsed = parsePhoneNumberFromString(number);
  return {
    country: parsed?.country ?? null,
    prefix: parsed ? `+${parsed.countryCallingCode}` : null,
  };
}
