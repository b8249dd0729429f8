/**
 * Reads XML-RPC that a stranger sent: an answer, a fault, a call, or nothing of the kind.
 *
 * Goes to: `core/carriers/sippy/xml_rpc/parse_document.ts`,
 * `core/carriers/sippy/xml_rpc/read_value.ts`.
 *
 * @module
 */
import { type Element, parseDocument } from "./parse_document.ts";
import { readValue } from "./read_value.ts";
import { memberOf, textOf, wholeNumberOf, type XmlRpcValue } from "./value.ts";

/** An answer to a call. */
export type AnswerOutcome =
  | { status: "answer"; value: XmlRpcValue }
  /** The method refused. The text is as it came, of any length. */
  | { status: "fault"; faultCode: number; faultString: string }
  /** HTML, nothing, cut or wrong XML: says nothing of what the method did. Quotes none of it. */
  | { status: "malformed"; reason: string };

/** A call, as a server reads it. */
export type CallOutcome =
  | { status: "call"; method: string; parameters: XmlRpcValue[] }
  | { status: "malformed"; reason: string };

/** Reads a `<methodResponse>`. Never throws. */
export function decodeAnswer(source: string): AnswerOutcome {
  const parsed = parseDocument(source);
  if (parsed.status === "malformed") return parsed;
  if (parsed.root.name !== "methodResponse") return malformed("not an XML-RPC answer");
  const [only, ...more] = parsed.root.elements;
  if (!only || more.length > 0) return malformed("an answer without one content");
  if (only.name === "fault") return readFault(only);
  const [value, ...others] = readParameters(only) ?? [];
  if (value === undefined || others.length > 0) return malformed("an answer without one value");
  return { status: "answer", value };
}

/** Reads a `<methodCall>`. Never throws. */
export function decodeCall(source: string): CallOutcome {
  const parsed = parseDocument(source);
  if (parsed.status === "malformed") return parsed;
  if (parsed.root.name !== "methodCall") return malformed("not an XML-RPC call");
  const [name, params, ...more] = parsed.root.elements;
  const method = name?.name === "methodName" ? name.text.trim() : "";
  const parameters = params ? readParameters(params) : [];
  if (!/^[\w.:/]{1,100}$/.test(method) || !parameters || more.length > 0) {
    return malformed("a call without a name or values");
  }
  return { status: "call", method, parameters };
}

function readFault(element: Element): AnswerOutcome {
  const [value, ...more] = element.elements;
  const fault = value && more.length === 0 ? readValue(value) : null;
  const faultCode = fault && wholeNumberOf(memberOf(fault, "faultCode"));
  if (!fault || faultCode === null) return malformed("a fault without a code");
  return { status: "fault", faultCode, faultString: textOf(memberOf(fault, "faultString")) ?? "" };
}

function readParameters(element: Element): XmlRpcValue[] | null {
  if (element.name !== "params") return null;
  const values = element.elements.map(({ name, elements: [value, ...more] }) =>
    name === "param" && value && more.length === 0 ? readValue(value) : null
  );
  return values.every((value) => value !== null) ? values : null;
}

function malformed(reason: string): { status: "malformed"; reason: string } {
  return { status: "malformed", reason };
}
