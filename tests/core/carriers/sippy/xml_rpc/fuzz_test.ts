import assert from "node:assert/strict";
import fc from "fast-check";
import { decodeAnswer, decodeCall } from "../../../../../core/carriers/sippy/xml_rpc/decode.ts";
import { DOCUMENT_CHARACTERS_MAX } from "../../../../../core/carriers/sippy/xml_rpc/parse_document.ts";
import { encodeAnswer } from "../../../../../core/carriers/sippy/xml_rpc/encode.ts";
import { xmlRpcValue } from "./any_value.ts";

Deno.test("whatever we write we read back", () => {
  fc.assert(
    fc.property(xmlRpcValue(), (value) => {
      const encoded = encodeAnswer(value);
      assert(encoded.status === "encoded");
      assert.deepEqual(decodeAnswer(encoded.xml), { status: "answer", value });
    }),
    { numRuns: 500 },
  );
});

Deno.test("random bytes are malformed and nothing worse", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 400 }), (bytes) => {
      for (const label of ["utf-8", "latin1"]) {
        const text = new TextDecoder(label).decode(bytes);
        assert.equal(decodeAnswer(text).status, "malformed");
        assert.equal(decodeCall(text).status, "malformed");
      }
    }),
    { numRuns: 2_000 },
  );
});

const PIECES = [
  ...["<methodResponse>", "</methodResponse>", "<params>", "</params>", "<param>", "</param>"],
  ...["<value>", "</value>", "<struct>", "</struct>", "<member>", "</member>", "<name>", "</name>"],
  ...["<array>", "</array>", "<data>", "</data>", "<int>", "</int>", "<double>", "</double>"],
  ...["<nil/>", "<fault>", "</fault>", "1", "a", "&amp;", "&#65;", "&x;", "<![CDATA[", "]]>"],
  ...["<!--", "-->", "<?a", "?>", "<!DOCTYPE a [", "]>", '<?xml version="1.0"?>', " ", "\r", "\0"],
];

Deno.test("pieces of XML-RPC in any order never throw", () => {
  fc.assert(
    fc.property(fc.array(fc.constantFrom(...PIECES), { maxLength: 40 }), (pieces) => {
      const text = pieces.join("");
      for (const status of [decodeAnswer(text).status, decodeCall(text).status]) {
        assert(["answer", "fault", "call", "malformed"].includes(status));
      }
    }),
    { numRuns: 5_000 },
  );
});

Deno.test("a good answer with one character changed never throws", () => {
  const edits = fc.record({
    value: xmlRpcValue(),
    at: fc.nat(),
    char: fc.string({ maxLength: 2 }),
  });
  fc.assert(
    fc.property(edits, ({ value, at, char }) => {
      const encoded = encodeAnswer(value);
      assert(encoded.status === "encoded");
      const cut = at % encoded.xml.length;
      const text = encoded.xml.slice(0, cut) + char + encoded.xml.slice(cut + 1);
      assert(["answer", "fault", "malformed"].includes(decodeAnswer(text).status));
    }),
    { numRuns: 1_000 },
  );
});

const wrap = (inner: string) =>
  `<methodResponse><params><param><value>${inner}</value></param></params></methodResponse>`;

function fill(piece: string): string {
  return piece.repeat(Math.floor((DOCUMENT_CHARACTERS_MAX - 1_000) / piece.length));
}

const LAUGHS = "<!DOCTYPE a [<!ENTITY a0 'ha'>" +
  Array.from({ length: 30 }, (_, i) => `<!ENTITY a${i + 1} '&a${i};&a${i};'>`).join("") +
  "]><methodResponse>&a30;</methodResponse>";

const BOMBS: [string, string][] = [
  ["a billion laughs", LAUGHS],
  ["an outside entity", "<!DOCTYPE a [<!ENTITY b SYSTEM 'file:///etc/passwd'>]><a>&b;</a>"],
  ["open elements", fill("<value>")],
  ["open arrays", fill("<value><array><data>")],
  ["nested arrays", nested(200)],
  ["very deeply nested arrays", nested(20_000)],
  ["carriage returns", wrap(fill("\r"))],
  ["carriage returns with others", wrap(fill("a\r"))],
  ["references", wrap(fill("&#65;"))],
  ["unknown references", wrap(fill("&a"))],
  ["references to great numbers", wrap(`&#${fill("9")};`)],
  ["characters beyond the first plane", wrap(fill("💶"))],
  ["the same, with references", wrap(fill("💶&lt;"))],
  ["halves of characters", wrap(fill("\ud83d"))],
  ["comments", wrap(fill("<!---->"))],
  ["one open comment", `<!--${fill("- ")}`],
  ["open sections", wrap(fill("<![CDATA["))],
  ["sections", wrap(fill("<![CDATA[a]]>"))],
  ["closing brackets", wrap(fill("]"))],
  ["attributes", `<methodResponse ${fill('a="b" ')}/>`],
  ["different attributes", `<methodResponse ${manyAttributes()}/>`],
  ["one long attribute", `<methodResponse a="${fill("&lt;")}"/>`],
  ["one long name", `<${fill("a")}>`],
  ["white space", fill(" ")],
  ["white space in the middle", wrap(fill("\n"))],
  ["a document type without end", `<!DOCTYPE a [${fill("] ")}`],
  ["instructions", `<?a?>${fill("<?a b?>")}<a/>`],
  ["a long number", wrap(`<int>${fill("1")}</int>`)],
  ["a long double", wrap(`<double>${fill("1")}</double>`)],
  ["many items", wrap(`<array><data>${fill("<value/>")}</data></array>`)],
  ["too much", " ".repeat(DOCUMENT_CHARACTERS_MAX + 1)],
];

function nested(depth: number): string {
  return wrap("<array><data><value>".repeat(depth) + "</value></data></array>".repeat(depth));
}

function manyAttributes(): string {
  return Array.from({ length: 100_000 }, (_, index) => `a${index}="b"`).join(" ");
}

for (const [name, bomb] of BOMBS) {
  Deno.test(`${name} in an answer: no exception, no long time`, () => {
    const startedAtMs = performance.now();
    const { status } = decodeAnswer(bomb);
    const tookMs = performance.now() - startedAtMs;
    assert(status === "malformed" || status === "answer");
    assert(tookMs < 8_000, `took ${tookMs} ms`);
  });
}

Deno.test("nesting is followed a little and no further", () => {
  assert.equal(decodeAnswer(nested(30)).status, "answer");
  assert.deepEqual(decodeAnswer(nested(40)), { status: "malformed", reason: "nested too deeply" });
});

Deno.test("a document one character above the cap is not looked at, one at the cap is", () => {
  const padded = (length: number) => wrap("").padEnd(length, " ");
  assert.equal(decodeAnswer(padded(DOCUMENT_CHARACTERS_MAX)).status, "answer");
  assert.deepEqual(decodeAnswer(padded(DOCUMENT_CHARACTERS_MAX + 1)), {
    status: "malformed",
    reason: "document too large",
  });
});
