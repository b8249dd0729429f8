/**
 * JSON whose numbers keep the text they were written in, so that a price never passes through a float.
 *
 * @module
 */

/** Where a {@link JsonNumber} keeps its text: a symbol, so that no JSON text can forge one. */
export const NUMBER_TEXT: unique symbol = Symbol("number text");

/** A number of a JSON text, as it was written: `0.10`, `1e-7`, `183.333333333333333`. */
export interface JsonNumber {
  /** See {@link JsonNumber}. */
  readonly [NUMBER_TEXT]: string;
}

/**
 * Parses JSON; every number in it becomes a {@link JsonNumber}, everything else is as `JSON.parse` makes it.
 *
 * `not_json` for a text that is cut, empty, nested too
 * deeply or otherwise not JSON.
 */
export function parseJsonKeepingNumbers(
  text: string,
): { status: "parsed"; value: unknown } | { status: "not_json" } {
  try {
    return { status: "parsed", value: JSON.parse(text, keepNumberText as Reviver) };
  } catch {
    return { status: "not_json" };
  }
}

/** The inverse: {@link JsonNumber}s are written as their text, and plain numbers as JSON writes them. */
export function formatJsonKeepingNumbers(value: unknown): string {
  return JSON.stringify(
    value,
    (_key, member) => isJsonNumber(member) ? rawJson(member[NUMBER_TEXT]) : member,
  );
}

/** A number with a text of its own choosing; the text must be a JSON number. */
export function jsonNumber(text: string): JsonNumber {
  return { [NUMBER_TEXT]: text };
}

/** Whether a value is a number that kept its text. */
export function isJsonNumber(value: unknown): value is JsonNumber {
  return typeof value === "object" && value !== null && NUMBER_TEXT in value;
}

/**
 * The text of a number or of a string; null for anything else.
 *
 * A plain JavaScript number is refused, too: whatever its source text was is already lost.
 */
export function decimalText(value: unknown): string | null {
  if (isJsonNumber(value)) return value[NUMBER_TEXT];
  return typeof value === "string" ? value : null;
}

// TypeScript's library knows neither the third argument of a reviver nor `JSON.rawJSON` yet.
type Reviver = (key: string, value: unknown) => unknown;

function keepNumberText(_key: string, value: unknown, context: { source: string }): unknown {
  return typeof value === "number" ? jsonNumber(context.source) : value;
}

function rawJson(text: string): unknown {
  return (JSON as unknown as { rawJSON(text: string): unknown }).rawJSON(text);
}
