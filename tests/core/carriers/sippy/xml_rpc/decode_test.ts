import assert from "node:assert/strict";
import { decodeAnswer, decodeCall } from "../../../../../core/carriers/sippy/xml_rpc/decode.ts";
import { structOf, type XmlRpcValue } from "../../../../../core/carriers/sippy/xml_rpc/value.ts";

function read(valueXml: string): XmlRpcValue | string {
  const xml = `<methodResponse><params><param>${valueXml}</param></params></methodResponse>`;
  const decoded = decodeAnswer(xml);
  return decoded.status === "answer" ? decoded.value : decoded.status;
}

const text = (value: string): XmlRpcValue => ({ kind: "string", text: value });

const VALUES: [string, XmlRpcValue | "malformed"][] = [
  ["<value>text</value>", text("text")],
  ["<value></value>", text("")],
  ["<value/>", text("")],
  ["<value>  two  words </value>", text("  two  words ")],
  ["<value><string> a </string></value>", text(" a ")],
  ["<value><string/></value>", text("")],
  ["<value>\n  <string>a</string>\n</value>", text("a")],
  ["<value><![CDATA[<a>&amp;]]></value>", text("<a>&amp;")],
  ["<value><string>a<![CDATA[ & ]]>b</string></value>", text("a & b")],
  ["<value><![CDATA[<!DOCTYPE x>]]></value>", text("<!DOCTYPE x>")],
  ["<value>a<!-- b -->c</value>", text("ac")],
  ["<value>&#65;&#x42;&amp;&lt;&gt;&quot;&apos;&#x1F4B6;</value>", text("AB&<>\"'💶")],
  ["<value>a&#13;b\r\nc\rd</value>", text("a\rb\nc\nd")],
  ["<value>&nbsp;</value>", "malformed"],
  ["<value>&#0;</value>", "malformed"],
  ["<value>]]></value>", "malformed"],
  ["<value>text<int>1</int></value>", "malformed"],
  ["<value><int>1</int><int>2</int></value>", "malformed"],
  ["<value><int>1</int></value>", { kind: "int", value: 1 }],
  ["<value><i4> -07 </i4></value>", { kind: "int", value: -7 }],
  ["<value><i8>9007199254740991</i8></value>", { kind: "int", value: Number.MAX_SAFE_INTEGER }],
  ["<value><i8>9007199254740992</i8></value>", "malformed"],
  ["<value><int>-0</int></value>", { kind: "int", value: 0 }],
  ["<value><int>1.0</int></value>", "malformed"],
  ["<value><int></int></value>", "malformed"],
  ["<value><int>1<b/></int></value>", "malformed"],
  ["<value><double>12.50</double></value>", { kind: "double", text: "12.50" }],
  ["<value><double>-1E-07</double></value>", { kind: "double", text: "-1E-07" }],
  ["<value><double> .5 </double></value>", { kind: "double", text: ".5" }],
  [
    "<value><double>0.30000000000000000000000001</double></value>",
    { kind: "double", text: "0.30000000000000000000000001" },
  ],
  ["<value><double>nan</double></value>", "malformed"],
  ["<value><double>inf</double></value>", "malformed"],
  ["<value><double>1,5</double></value>", "malformed"],
  ["<value><double/></value>", "malformed"],
  ["<value><boolean>1</boolean></value>", { kind: "boolean", value: true }],
  ["<value><boolean>0</boolean></value>", { kind: "boolean", value: false }],
  ["<value><boolean>true</boolean></value>", "malformed"],
  ["<value><nil/></value>", { kind: "nil" }],
  ["<value><ex:nil/></value>", { kind: "nil" }],
  ["<value><nil>x</nil></value>", "malformed"],
  [
    "<value><dateTime.iso8601>20310303T08:15:30</dateTime.iso8601></value>",
    { kind: "date_time", text: "20310303T08:15:30" },
  ],
  ["<value><array><data/></array></value>", { kind: "array", items: [] }],
  [
    "<value><array> <data>\n<value>a</value>\n</data> </array></value>",
    { kind: "array", items: [text("a")] },
  ],
  ["<value><array></array></value>", "malformed"],
  ["<value><array><data>x</data></array></value>", "malformed"],
  ["<value><array><data><int>1</int></data></array></value>", "malformed"],
  ["<value><array><data/><data/></array></value>", "malformed"],
  ["<value><struct/></value>", structOf({})],
  [
    "<value><struct> <member> <name>a</name> <value>b</value> </member> </struct></value>",
    structOf({ a: text("b") }),
  ],
  [
    "<value><struct><member><name>__proto__</name><value>b</value></member></struct></value>",
    { kind: "struct", members: new Map([["__proto__", text("b")]]) },
  ],
  [
    "<value><struct><member><name>a</name><value>1</value></member>" +
    "<member><name>a</name><value>2</value></member></struct></value>",
    "malformed",
  ],
  ["<value><struct><member><name>a</name></member></struct></value>", "malformed"],
  ["<value><struct><member><value>a</value></member></struct></value>", "malformed"],
  ["<value><struct>x</struct></value>", "malformed"],
  ["<value><base64>AA==</base64></value>", "malformed"],
  ["<value><money>5</money></value>", "malformed"],
  ["", "malformed"],
  ["<value/><value/>", "malformed"],
  ["<val>a</val>", "malformed"],
];

for (const [xml, expected] of VALUES) {
  Deno.test(`${JSON.stringify(xml)} is read as ${JSON.stringify(expected)}`, () => {
    assert.deepEqual(read(xml), expected);
  });
}

const DOCUMENTS: [string, string][] = [
  ["", "empty document"],
  [" \n\ufeff ", "empty document"],
  ["<html><body>502 Bad Gateway</body></html>", "not an XML-RPC answer"],
  ["<!DOCTYPE html><html></html>", "document type not allowed"],
  ["<!DOCTYPE methodResponse [<!ENTITY a 'b'>]><methodResponse/>", "document type not allowed"],
  ["<methodResponse/>", "an answer without one content"],
  ["<methodResponse><params/></methodResponse>", "an answer without one value"],
  ["<methodResponse><params><param/></params></methodResponse>", "an answer without one value"],
  ["<methodResponse><params/><fault/></methodResponse>", "an answer without one content"],
  ["<methodResponse><fault/></methodResponse>", "a fault without a code"],
  ["<methodResponse><fault><value>no</value></fault></methodResponse>", "a fault without a code"],
  ["<methodResponse><params><param><value>OK</value></param></params>", "not well-formed XML"],
  ["<methodResponse></methodResponse><a/>", "not well-formed XML"],
  ["plain text", "not well-formed XML"],
  ["<methodCall><methodName>a</methodName></methodCall>", "not an XML-RPC answer"],
];

for (const [xml, reason] of DOCUMENTS) {
  Deno.test(`${JSON.stringify(xml)} is malformed: ${reason}`, () => {
    assert.deepEqual(decodeAnswer(xml), { status: "malformed", reason });
  });
}

Deno.test("every cut of an answer is malformed, and so is what follows it", () => {
  const whole = "<methodResponse><params><param><value><struct><member><name>result</name>" +
    "<value>OK</value></member></struct></value></param></params></methodResponse>";
  assert.equal(decodeAnswer(whole).status, "answer");
  for (let length = 0; length < whole.length; length++) {
    assert.equal(decodeAnswer(whole.slice(0, length)).status, "malformed");
  }
  assert.equal(decodeAnswer(whole + whole).status, "malformed");
});

Deno.test("line breaks before the document, a byte order mark and a declaration are borne", () => {
  const body = "<methodResponse><params><param><value>OK</value></param></params></methodResponse>";
  for (const head of ["\n\n", "\ufeff", '<?xml version="1.0"?>', "\r\n<?xml version='1.0'?>\r\n"]) {
    assert.equal(decodeAnswer(head + body).status, "answer");
  }
});

const FAULTS: [string, string, { faultCode: number; faultString: string } | null][] = [
  ["<int>400</int>", "no", { faultCode: 400, faultString: "no" }],
  ["<i4>-32500</i4>", "<string/>", { faultCode: -32_500, faultString: "" }],
  ["<string>400</string>", "no", { faultCode: 400, faultString: "no" }],
  ["<double>400.0</double>", "no", null],
  ["much", "no", null],
];

for (const [code, words, fault] of FAULTS) {
  Deno.test(`a fault of ${code} and ${words} is ${fault ? "read" : "malformed"}`, () => {
    const decoded = decodeAnswer(
      "<methodResponse><fault><value><struct>" +
        `<member><name>faultCode</name><value>${code}</value></member>` +
        `<member><name>faultString</name><value>${words}</value></member>` +
        "</struct></value></fault></methodResponse>",
    );
    if (fault) assert.deepEqual(decoded, { status: "fault", ...fault });
    else assert.equal(decoded.status, "malformed");
  });
}

Deno.test("a call is read with its method and values; one without a name is malformed", () => {
  const call = (name: string, rest: string) => `<methodCall>${name}${rest}</methodCall>`;
  const name = "<methodName>system.listMethods</methodName>";
  assert.deepEqual(decodeCall(call(name, "")), {
    status: "call",
    method: "system.listMethods",
    parameters: [],
  });
  const two = "<params><param><value>1</value></param><param><value>2</value></param></params>";
  const decoded = decodeCall(call(name, two));
  assert.deepEqual(decoded.status === "call" && decoded.parameters, [text("1"), text("2")]);
  for (const bad of [call("", two), call("<methodName/>", two), call(name, "<a/>"), "<a/>", ""]) {
    assert.equal(decodeCall(bad).status, "malformed");
  }
});
