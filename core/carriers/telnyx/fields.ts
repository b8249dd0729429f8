/**
 * Members that Telnyx writes alike everywhere, read with their bounds.
 *
 * @module
 */
import { parseInstant } from "../../clock.ts";
import { normalizeNumber } from "../../numbering.ts";
import { decimalText } from "../json_numbers.ts";

/** An id of an event, call, leg, message or record: 1 to 64 of `A-Z a-z 0-9 _ . : -`, not dots alone. */
export function parseTelnyxId(value: unknown): string | null {
  return typeof value === "string" && /^(?!\.+$)[A-Za-z0-9_.:-]{1,64}$/.test(value) ? value : null;
}

/** A `call_control_id`: a token of visible ASCII, 160 characters at most; empty counts as absent. */
export function parseControlId(value: unknown): string | null {
  return typeof value === "string" && /^[\x21-\x7e]{1,160}$/.test(value) ? value : null;
}

/** Text without control characters, cut to `lengthMax`; also of a number; null when empty. */
export function parseText(value: unknown, lengthMax: number): string | null {
  // deno-lint-ignore no-control-regex
  const text = decimalText(value)?.replace(/[\u0000-\u001f\u007f-\u009f]/g, " ").trim() ?? "";
  return text.slice(0, lengthMax).trim().toWellFormed() || null;
}

/** A whole number of seconds or parts, 0 to 999 999 999, from a number or its text. */
export function parseWhole(value: unknown): number | null {
  const text = decimalText(value);
  return text !== null && /^\d{1,9}$/.test(text) ? Number(text) : null;
}

/** Milliseconds of an instant with a zone; Telnyx writes `Z` and `+00:00`. */
export function parseTime(value: unknown): number | null {
  return typeof value === "string" ? parseInstant(value) : null;
}

/** ISO 4217, upper case. */
export function parseCurrency(value: unknown): string | null {
  return typeof value === "string" && /^[A-Z]{3}$/.test(value) ? value : null;
}

/**
 * A party: E.164 when it can be normalised, else the text, 64 characters at most; null when empty.
 *
 * Calls may name a SIP address instead of a number; `sip:+12025550123@…` is read as its number.
 * Source: Telnyx OpenAPI specification, call events, `from` and `to`.
 */
export function parseParty(value: unknown): string | null {
  const text = decimalText(value) ?? "";
  const number = /^sips?:(\+\d{7,15})@/i.exec(text)?.[1];
  return normalizeNumber(number ?? text) || null;
}

/** Who called whom, in either of Telnyx's vocabularies. */
export function parseDirection(value: unknown): "inbound" | "outbound" | null {
  if (value === "incoming" || value === "inbound") return "inbound";
  return value === "outgoing" || value === "outbound" ? "outbound" : null;
}

/**
 * Members as text, to be kept: 64 characters each, and no more together than stay below 2 KiB as JSON.
 *
 * What comes last is what gets cut, so free text belongs there. Null where there is no text.
 */
export function keepTexts(members: Record<string, unknown>): Record<string, string | null> {
  let room = RECORD_LENGTH_MAX;
  const kept = Object.entries(members).map(([name, value]) => {
    const text = parseText(value, Math.min(MEMBER_LENGTH_MAX, room));
    room -= text?.length ?? 0;
    return [name, text] as const;
  });
  return Object.fromEntries(kept);
}

const MEMBER_LENGTH_MAX = 64;
/** In UTF-16 units, three bytes each at most; the names come on top. */
const RECORD_LENGTH_MAX = 480;
