/**
 * Any XML-RPC value that both we and others can write.
 *
 * @module
 */
import fc from "fast-check";
import type { XmlRpcValue } from "../../../../../core/carriers/sippy/xml_rpc/value.ts";

// What XML 1.0 cannot carry, or turns into something else.
// deno-lint-ignore no-control-regex
const UNWRITABLE = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\ufffe\uffff]/;

const text = fc.oneof(
  fc.string({ unit: "binary", maxLength: 20 }),
  fc.string({ maxLength: 20 }),
  fc.constantFrom("", " ", "\n", "]]>", "&amp;", "<![CDATA[x]]>", "__proto__", "💶"),
).filter((value) => !UNWRITABLE.test(value));

const decimal = fc.tuple(
  fc.boolean(),
  fc.bigInt(0n, 999_999_999_999_999n),
  fc.integer({ min: 1, max: 12 }),
).map(([isNegative, digits, scale]) => {
  const padded = digits.toString().padStart(scale + 1, "0");
  return `${isNegative ? "-" : ""}${padded.slice(0, -scale)}.${padded.slice(-scale)}`;
});

/** Values of every kind but dates, a few levels deep. */
export function xmlRpcValue(): fc.Arbitrary<XmlRpcValue> {
  return fc.letrec<{ value: XmlRpcValue }>((tie) => ({
    value: fc.oneof(
      { maxDepth: 4, depthSize: "small" },
      fc.integer().map((value): XmlRpcValue => ({ kind: "int", value })),
      decimal.map((decimalText): XmlRpcValue => ({ kind: "double", text: decimalText })),
      text.map((value): XmlRpcValue => ({ kind: "string", text: value })),
      fc.boolean().map((value): XmlRpcValue => ({ kind: "boolean", value })),
      fc.constant<XmlRpcValue>({ kind: "nil" }),
      fc.array(tie("value"), { maxLength: 4 }).map((items): XmlRpcValue => ({
        kind: "array",
        items,
      })),
      fc.array(fc.tuple(text, tie("value")), { maxLength: 4 }).map((members): XmlRpcValue => ({
        kind: "struct",
        members: new Map(members),
      })),
    ),
  })).value;
}
