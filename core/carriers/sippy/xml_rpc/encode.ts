/**
 * Writes XML-RPC: calls, answers and faults, every kind of value said explicitly.
 *
 * @module
 */
import type { XmlRpcValue } from "./value.ts";

/** The document, or why there is none. */
export type EncodeOutcome =
  | { status: "encoded"; xml: string }
  /**
   * A control character or half a character in a text, an int beyond 32 bits, or a double that is not
   * plain decimal text: each would arrive as something else, or not at all.
   */
  | { status: "not_encodable"; reason: string };

/** A call of a method; the switch's methods take one struct. */
export function encodeCall(
  { method, parameters }: { method: string; parameters: readonly XmlRpcValue[] },
): EncodeOutcome {
  return write((parts) => {
    const params = parameters.map((value) => `<param>${parts(value)}</param>`).join("");
    return `<methodCall><methodName>${escapeText(method)}</methodName>` +
      `<params>${params}</params></methodCall>`;
  });
}

/** The answer of a method that did what it was asked. */
export function encodeAnswer(value: XmlRpcValue): EncodeOutcome {
  return write((parts) =>
    `<methodResponse><params><param>${parts(value)}</param></params></methodResponse>`
  );
}

/** The answer of a method that refused. */
export function encodeFault(
  { faultCode, faultString }: { faultCode: number; faultString: string },
): EncodeOutcome {
  const fault = new Map<string, XmlRpcValue>([
    ["faultCode", { kind: "int", value: faultCode }],
    ["faultString", { kind: "string", text: faultString }],
  ]);
  return write((parts) =>
    `<methodResponse><fault>${parts({ kind: "struct", members: fault })}</fault></methodResponse>`
  );
}

class NotEncodable extends Error {}

function write(body: (encodeValue: (value: XmlRpcValue) => string) => string): EncodeOutcome {
  try {
    const xml = `<?xml version="1.0" encoding="UTF-8"?>\n${body(encodeValue)}`;
    return { status: "encoded", xml };
  } catch (error) {
    if (error instanceof NotEncodable) return { status: "not_encodable", reason: error.message };
    throw error;
  }
}

function encodeValue(value: XmlRpcValue): string {
  return `<value>${encodeTyped(value)}</value>`;
}

function encodeTyped(value: XmlRpcValue): string {
  switch (value.kind) {
    case "int":
      return `<int>${encodeInt(value.value)}</int>`;
    case "double":
      return `<double>${encodeDouble(value.text)}</double>`;
    case "string":
      return `<string>${escapeText(value.text)}</string>`;
    case "date_time":
      return `<dateTime.iso8601>${escapeText(value.text)}</dateTime.iso8601>`;
    case "boolean":
      return `<boolean>${value.value ? 1 : 0}</boolean>`;
    case "nil":
      return "<nil/>";
    case "struct":
      return `<struct>${[...value.members].map(encodeMember).join("")}</struct>`;
    case "array":
      return `<array><data>${value.items.map(encodeValue).join("")}</data></array>`;
  }
}

function encodeMember([name, value]: [string, XmlRpcValue]): string {
  return `<member><name>${escapeText(name)}</name>${encodeValue(value)}</member>`;
}

function encodeInt(value: number): string {
  if (!Number.isInteger(value) || value < -(2 ** 31) || value >= 2 ** 31) {
    throw new NotEncodable("an int does not fit into 32 bits");
  }
  return String(value);
}

// The specification knows no exponent, and a switch may read one as anything.
function encodeDouble(text: string): string {
  if (!/^-?\d{1,20}\.\d{1,20}$/.test(text)) {
    throw new NotEncodable("a double is not plain decimal text");
  }
  return text;
}

const ESCAPES: Record<string, string> = { "&": "&amp;", "<": "&lt;", ">": "&gt;" };

// A bare carriage return would be read as a line feed, so all control characters but tab and line feed
// are refused; XML 1.0 does not know the others at all.
function escapeText(text: string): string {
  // deno-lint-ignore no-control-regex
  if (/[\u0000-\u0008\u000b-\u001f\u007f-\u009f\ufffe\uffff]/.test(text)) {
    throw new NotEncodable("a text holds a control character");
  }
  if (!text.isWellFormed()) throw new NotEncodable("a text holds half a character");
  return text.replace(/[&<>]/g, (char) => ESCAPES[char] ?? char);
}
