/**
 * How many parts a text is sent in: an estimate for checks and for usage that does not tell its parts. What
 * the carrier reports as segments is what it charges.
 *
 * Rules: 3GPP TS 23.038 and 23.040. A part carries 140 octets: 160 septets or 70 units of 16 bits alone,
 * 153 or 67 as one of several.
 *
 * @module
 */

/** How a text is sent. */
export interface SegmentCount {
  /** One letter outside the GSM alphabet makes the whole text UCS-2. */
  encoding: "GSM-7" | "UCS-2";
  /** Septets, an escaped letter being two; or UTF-16 code units. */
  units: number;
  /** At least 1: an empty text is a message too. */
  segments: number;
}

/** UTF-16 units of the longest text that is counted: ten parts, the most that carriers take. */
export const TEXT_UNITS_MAX = 1_600;

/** The default alphabet of TS 23.038, and behind it the letters that take an escape before them. */
const ALPHABET =
  "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà";
const ESCAPED = "\f^{}\\[~]|€";
const SEPTETS = new Map<string, number>([
  ...[...ALPHABET].map((letter) => [letter, 1] as const),
  ...[...ESCAPED].map((letter) => [letter, 2] as const),
]);

const GSM_ALONE = 160;
const GSM_PART = 153;
const UCS2_ALONE = 70;
const UCS2_PART = 67;

/**
 * Counts a text's parts. Letters made of several (an emoji family, a letter with a combining accent) stay
 * whole, as `sms-segments-calculator` keeps them; some carriers split those, and may count one part less.
 */
export async function countSegments(text: string): Promise<SegmentCount> {
  const letters = [...text];
  const septets = letters.map((letter) => SEPTETS.get(letter) ?? 0);
  const isGsm = !septets.includes(0);
  const encoding = isGsm ? "GSM-7" : "UCS-2";
  const units = isGsm ? septets.reduce((sum, count) => sum + count, 0) : text.length;
  if (units <= (isGsm ? GSM_ALONE : UCS2_ALONE)) return { encoding, units, segments: 1 };
  // The calculator takes milliseconds for a long text, so what it is not needed for goes without.
  const segments = mayHoldWholes(text)
    ? await countCarefully(text)
    : isGsm
    ? countParts(septets)
    : Math.ceil(units / UCS2_PART);
  return { encoding, units, segments };
}

/** Whether letters may belong together: anything beyond plain letters, digits and punctuation. */
function mayHoldWholes(text: string): boolean {
  return text.includes("\r\n") || !/^[\n\r\f\u0020-\u007e\u00a0-\u02ff\u0370-\u0482\u048a-\u058f]*$/
    .test(text.replaceAll("€", ""));
}

/** An escape and its letter are never in two parts. */
function countParts(septets: readonly number[]): number {
  let parts = 1;
  let used = 0;
  for (const count of septets) {
    if (used + count > GSM_PART) {
      parts++;
      used = 0;
    }
    used += count;
  }
  return parts;
}

async function countCarefully(text: string): Promise<number> {
  const { SegmentedMessage } = await import("sms-segments-calculator");
  return new SegmentedMessage(text).segmentsCount;
}
