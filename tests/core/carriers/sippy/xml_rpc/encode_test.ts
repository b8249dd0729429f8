import assert from "node:assert/strict";
import {
  encodeAnswer,
  encodeCall,
  encodeFault,
} from "../../../../../core/carriers/sippy/xml_rpc/encode.ts";
import { structOf, type XmlRpcValue } from "../../../../../core/carriers/sippy/xml_rpc/value.ts";

const HEAD = '<?xml version="1.0" encoding="UTF-8"?>\n';

function valueXml(value: XmlRpcValue): string {
  const encoded = encodeAnswer(value);
  if (encoded.status !== "encoded") return encoded.reason;
  return encoded.xml.slice((HEAD + "<methodResponse><params><param>").length)
    .replace("</param></params></methodResponse>", "");
}

const VALUES: [XmlRpcValue, string][] = [
  [{ kind: "int", value: 4711 }, "<value><int>4711</int></value>"],
  [{ kind: "int", value: -(2 ** 31) }, "<value><int>-2147483648</int></value>"],
  [{ kind: "int", value: 2 ** 31 - 1 }, "<value><int>2147483647</int></value>"],
  [{ kind: "int", value: 2 ** 31 }, "an int does not fit into 32 bits"],
  [{ kind: "int", value: 1.5 }, "an int does not fit into 32 bits"],
  [{ kind: "int", value: NaN }, "an int does not fit into 32 bits"],
  [{ kind: "double", text: "5.00" }, "<value><double>5.00</double></value>"],
  [{ kind: "double", text: "0.0000001" }, "<value><double>0.0000001</double></value>"],
  [{ kind: "double", text: "1e-7" }, "a double is not plain decimal text"],
  [{ kind: "double", text: "5" }, "a double is not plain decimal text"],
  [{ kind: "double", text: "NaN" }, "a double is not plain decimal text"],
  [{ kind: "double", text: "5.0</double>" }, "a double is not plain decimal text"],
  [{ kind: "double", text: "5.0\n" }, "a double is not plain decimal text"],
  [{ kind: "boolean", value: true }, "<value><boolean>1</boolean></value>"],
  [{ kind: "boolean", value: false }, "<value><boolean>0</boolean></value>"],
  [{ kind: "nil" }, "<value><nil/></value>"],
  [{ kind: "string", text: "" }, "<value><string></string></value>"],
  [{ kind: "string", text: " a\t\n " }, "<value><string> a\t\n </string></value>"],
  [{ kind: "string", text: "]]> & <b>" }, "<value><string>]]&gt; &amp; &lt;b&gt;</string></value>"],
  [{ kind: "string", text: "ü 💶" }, "<value><string>ü 💶</string></value>"],
  [{ kind: "string", text: "a\rb" }, "a text holds a control character"],
  [{ kind: "string", text: "\u0000" }, "a text holds a control character"],
  [{ kind: "string", text: "\u007f" }, "a text holds a control character"],
  [{ kind: "string", text: "\uffff" }, "a text holds a control character"],
  [{ kind: "string", text: "\ud83d" }, "a text holds half a character"],
  [
    { kind: "date_time", text: "20310303T08:15:30" },
    "<value><dateTime.iso8601>20310303T08:15:30</dateTime.iso8601></value>",
  ],
  [{ kind: "array", items: [] }, "<value><array><data></data></array></value>"],
  [
    structOf({ "a<b": { kind: "array", items: [{ kind: "nil" }] } }),
    "<value><struct><member><name>a&lt;b</name>" +
    "<value><array><data><value><nil/></value></data></array></value></member></struct></value>",
  ],
  [structOf({ "a\u0001": { kind: "nil" } }), "a text holds a control character"],
];

for (const [value, expected] of VALUES) {
  Deno.test(`${JSON.stringify(value)} is written as ${expected}`, () => {
    assert.equal(valueXml(value), expected);
  });
}

Deno.test("a call names its method and its values in order", () => {
  assert.deepEqual(
    encodeCall({
      method: "a",
      parameters: [{ kind: "int", value: 1 }, { kind: "int", value: 2 }],
    }),
    {
      status: "encoded",
      xml: HEAD +
        "<methodCall><methodName>a</methodName><params>" +
        "<param><value><int>1</int></value></param><param><value><int>2</int></value></param>" +
        "</params></methodCall>",
    },
  );
});

Deno.test("a fault holds its code and its text", () => {
  assert.deepEqual(encodeFault({ faultCode: 400, faultString: "no <account>" }), {
    status: "encoded",
    xml: HEAD + "<methodResponse><fault><value><struct>" +
      "<member><name>faultCode</name><value><int>400</int></value></member>" +
      "<member><name>faultString</name>" +
      "<value><string>no &lt;account&gt;</string></value></member>" +
      "</struct></value></fault></methodResponse>",
  });
});
