/**
 * The values of XML-RPC, with their kinds said aloud.
 *
 * A double is decimal text and stays it: money never passes through a float.
 *
 * @module
 */

/** A value as it stands on the wire. */
export type XmlRpcValue =
  /** `int` or `i4`: 32 bits when written; when read, any whole number JavaScript holds exactly. */
  | { kind: "int"; value: number }
  /** Decimal text. Written without an exponent; read as it came. */
  | { kind: "double"; text: string }
  | { kind: "string"; text: string }
  | { kind: "boolean"; value: boolean }
  /** The `<nil/>` extension. */
  | { kind: "nil" }
  /** `dateTime.iso8601`, which names no time zone; read as text, written as text. */
  | { kind: "date_time"; text: string }
  | { kind: "struct"; members: ReadonlyMap<string, XmlRpcValue> }
  | { kind: "array"; items: readonly XmlRpcValue[] };

/** A struct from its members, in their order. */
export function structOf(
  members: Record<string, XmlRpcValue>,
): Extract<XmlRpcValue, { kind: "struct" }> {
  return { kind: "struct", members: new Map(Object.entries(members)) };
}

/** A member of a struct; null when it is missing, nil, or this is no struct. */
export function memberOf(value: XmlRpcValue, name: string): XmlRpcValue | null {
  const member = value.kind === "struct" ? value.members.get(name) : undefined;
  return member === undefined || member.kind === "nil" ? null : member;
}

/** The text of a string, a number or a date; null for anything else. */
export function textOf(value: XmlRpcValue | null): string | null {
  if (value === null) return null;
  if (value.kind === "int") return String(value.value);
  return value.kind === "string" || value.kind === "double" || value.kind === "date_time"
    ? value.text
    : null;
}

/** A whole number, also when it came as text; null for anything else. */
export function wholeNumberOf(value: XmlRpcValue | null): number | null {
  const text = textOf(value)?.trim();
  if (text === undefined || !/^[+-]?\d{1,15}$/.test(text)) return null;
  return Number(text);
}
