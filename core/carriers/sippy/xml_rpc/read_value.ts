/**
 * Reads one XML-RPC value from its element, strictly: what is not certain is not read.
 *
 * Comes from: `core/carriers/sippy/xml_rpc/decode.ts`.
 *
 * @module
 */
import type { Element } from "./parse_document.ts";
import type { XmlRpcValue } from "./value.ts";

/**
 * The value of a `<value>`; null when it is none.
 *
 * Without a type element it is a string, white space included. A struct that names a member twice is
 * refused, since nobody can say which one counts.
 * Source: xmlrpc.com specification; `<nil/>` and `<i8>` are the common extensions.
 */
export function readValue(element: Element): XmlRpcValue | null {
  if (element.name !== "value") return null;
  const [typed, ...more] = element.elements;
  if (!typed) return { kind: "string", text: element.text };
  if (more.length > 0 || element.text.trim() !== "") return null;
  if (typed.name === "struct") return readStruct(typed);
  if (typed.name === "array") return readArray(typed);
  return typed.elements.length > 0 ? null : readScalar(typed);
}

function readScalar({ name, text }: Element): XmlRpcValue | null {
  switch (name) {
    case "string":
      return { kind: "string", text };
    case "int":
    case "i4":
    case "i8":
      return readInt(text.trim());
    case "double":
      return readDouble(text.trim());
    case "boolean":
      return /^[01]$/.test(text.trim()) ? { kind: "boolean", value: text.trim() === "1" } : null;
    case "nil":
    case "ex:nil":
      return text.trim() === "" ? { kind: "nil" } : null;
    case "dateTime.iso8601":
      return { kind: "date_time", text: text.trim() };
    default:
      return null;
  }
}

function readInt(text: string): XmlRpcValue | null {
  if (!/^[+-]?\d{1,19}$/.test(text)) return null;
  const value = Number(text);
  return Number.isSafeInteger(value) ? { kind: "int", value: value === 0 ? 0 : value } : null;
}

// Others do write exponents, Python for one; the text stays as it came.
function readDouble(text: string): XmlRpcValue | null {
  if (text.length > 400 || !/^[+-]?(?:\d+(?:\.\d*)?|\.\d+)([eE][+-]?\d{1,3})?$/.test(text)) {
    return null;
  }
  return { kind: "double", text };
}

function readStruct(element: Element): XmlRpcValue | null {
  if (element.text.trim() !== "") return null;
  const members = new Map<string, XmlRpcValue>();
  for (const member of element.elements) {
    const [name, value, ...more] = member.elements;
    if (member.name !== "member" || member.text.trim() !== "" || more.length > 0) return null;
    if (name?.name !== "name" || name.elements.length > 0 || !value) return null;
    const read = readValue(value);
    if (!read || members.has(name.text)) return null;
    members.set(name.text, read);
  }
  return { kind: "struct", members };
}

function readArray(element: Element): XmlRpcValue | null {
  const [list, ...more] = element.elements;
  if (list?.name !== "data" || more.length > 0) return null;
  if (element.text.trim() !== "" || list.text.trim() !== "") return null;
  const items: XmlRpcValue[] = [];
  for (const each of list.elements) {
    const item = readValue(each);
    if (!item) return null;
    items.push(item);
  }
  return { kind: "array", items };
}
