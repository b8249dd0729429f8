import assert from "node:assert/strict";
import { createHash, createHmac } from "node:crypto";
import { formatForm } from "../../../../core/carriers/twilio/form.ts";
import { publicUrlOf, signedUrls } from "../../../../core/carriers/twilio/signed_urls.ts";
import {
  formatTwilioSignature,
  verifyTwilioSignature,
} from "../../../../core/carriers/twilio/webhook.ts";
import vectors from "../../../fixtures/twilio_signature_vectors.json" with { type: "json" };

const bytes = (text: string) => new TextEncoder().encode(text);
const pairs = (list: readonly (readonly string[])[]) =>
  list.map(([name = "", value = ""]) => ({ name, value }));

interface Check {
  what: string;
  url: string;
  our_verifier_should_return: boolean | null;
  params?: string[][];
  raw_body?: string;
  auth_token?: string;
  signature?: string;
}

let checkCount = 0;
for (const vector of vectors.vectors) {
  const proof = {
    url: vector.signed_url,
    body: bytes(vector.raw_body),
    contentType: vector.content_type,
    signature: vector.expected_signature,
    authToken: vector.auth_token,
  };
  Deno.test(`verifyTwilioSignature() accepts the vector ${vector.name}`, () => {
    assert.equal(verifyTwilioSignature(proof), true);
    const parameters = pairs(vector.params);
    const expected = formatTwilioSignature({
      url: proof.url,
      parameters,
      authToken: proof.authToken,
    });
    assert.equal(expected, vector.expected_signature);
  });
  Deno.test(`verifyTwilioSignature() refuses ${vector.name} with a bit flipped anywhere`, () => {
    for (const index of proof.body.keys()) {
      const body = proof.body.with(index, (proof.body[index] ?? 0) ^ 1);
      assert.equal(verifyTwilioSignature({ ...proof, body }), false, `byte ${index}`);
    }
    for (const index of proof.signature.slice(0, 27).split("").keys()) {
      const other = proof.signature[index] === "A" ? "B" : "A";
      const signature = proof.signature.slice(0, index) + other + proof.signature.slice(index + 1);
      assert.equal(verifyTwilioSignature({ ...proof, signature }), false, signature);
    }
  });
  for (const check of vector.checks as Check[]) {
    if (check.our_verifier_should_return === null) continue;
    checkCount += 1;
    const { our_verifier_should_return: expected } = check;
    Deno.test(`verifyTwilioSignature() answers ${expected} to ${vector.name}: ${check.what}`, () => {
      const raw = check.raw_body ??
        (check.params ? formatForm(pairs(check.params)) : vector.raw_body);
      const changed = {
        ...proof,
        url: check.url,
        body: bytes(raw),
        authToken: check.auth_token ?? proof.authToken,
        signature: check.signature ?? proof.signature,
      };
      assert.equal(verifyTwilioSignature(changed), expected);
    });
  }
}

Deno.test("the vectors' checks are all here", () => assert.equal(checkCount, 36));

const FORM = "application/x-www-form-urlencoded";
const TOKEN = "0f1e2d3c4b5a69788796a5b4c3d2e1f0";
const URL_SIGNED = "https://billing.example.test/webhook/twilio/voice";

function sign(text: string): string {
  return createHmac("sha1", TOKEN).update(text).digest("base64");
}

function verify(change: Partial<Parameters<typeof verifyTwilioSignature>[0]>): boolean {
  return verifyTwilioSignature({
    url: URL_SIGNED,
    body: bytes("b=2&a=1"),
    contentType: FORM,
    signature: sign(`${URL_SIGNED}a1b2`),
    authToken: TOKEN,
    ...change,
  });
}

Deno.test("verifyTwilioSignature() takes the URL with any credentials, fragment, scheme's own or dropped port", () => {
  const rest = "billing.example.test/webhook/twilio/voice";
  const rows: [boolean, string][] = [
    [true, `https://${rest}`],
    [true, `https://user:p@ss@${rest}#rc=3&rp=all`],
    [true, `https://billing.example.test:8443/webhook/twilio/voice`],
    [false, `http://${rest}`],
    [false, `https://${rest}?`],
    [false, `https://evil.test/${rest}`],
    [false, rest],
    [false, `ftp://${rest}`],
    [false, ""],
  ];
  for (const [expected, url] of rows) assert.equal(verify({ url }), expected, url);
  const kept = sign("https://billing.example.test:8443/webhook/twilio/voicea1b2");
  assert.ok(
    verify({ url: "https://billing.example.test:8443/webhook/twilio/voice", signature: kept }),
  );
  assert.ok(
    !verify({ url: "https://billing.example.test:9443/webhook/twilio/voice", signature: kept }),
  );
});

Deno.test("verifyTwilioSignature() refuses what is missing, and an empty token", () => {
  assert.ok(verify({}));
  assert.ok(!verify({ signature: null }));
  assert.ok(!verify({ signature: "" }));
  assert.ok(!verify({ signature: `${sign(`${URL_SIGNED}a1b2`)} ` }));
  const unkeyed = createHmac("sha1", "").update(`${URL_SIGNED}a1b2`).digest("base64");
  assert.ok(!verify({ signature: unkeyed, authToken: "" }));
});

Deno.test("verifyTwilioSignature() reads the form itself, odd as it may be", () => {
  const rows: [body: string, signed: string, why: string][] = [
    ["b=2&&a=1&", "a1b2", "empty pieces are nothing"],
    ["a&b=", "ab", "a name alone, an empty value"],
    ["a=1=2", "a1=2", "only the first = parts"],
    ["a=%2b+%2B", "a+ +", "plus and space"],
    ["a=100%&b=%zz%4", "a100%b%zz%4", "a % that stands alone"],
    ["?a=1", "?a1", "a question mark is no prefix"],
    ["a=%EF%BB%BFx", "a\ufeffx", "a byte order mark stays"],
    ["__proto__=x&constructor=y", "__proto__xconstructory", "names of objects' own"],
    ["a=2&b=3&a=10&a=2", "a10a2b3", "repeated values by code unit, once each"],
    ["é=1&z=2", "z2é1", "bytes beyond ASCII, unencoded"],
    ["a=%f0%9f%9a%80", "a🚀", "lower-case hex"],
    ["", "", "no parameters at all"],
  ];
  for (const [body, signed, why] of rows) {
    const signature = sign(URL_SIGNED + signed);
    assert.ok(verify({ body: bytes(body), signature }), why);
    assert.ok(verify({ body: bytes(body), signature, contentType: `${FORM}; charset=UTF-8` }), why);
  }
  assert.ok(!verify({ body: bytes("a=%FF"), signature: sign(`${URL_SIGNED}a\ufffd`) }));
});

Deno.test("verifyTwilioSignature() refuses a body that nothing protects", () => {
  const body = bytes('{"CallStatus":"completed"}');
  const bare = sign(URL_SIGNED);
  assert.ok(verify({ body: bytes(""), contentType: null, signature: bare }));
  for (const contentType of ["application/json", "text/plain", null]) {
    assert.ok(!verify({ body, contentType, signature: bare }), String(contentType));
  }
});

Deno.test("verifyTwilioSignature() holds every body against the bodySHA256 of its URL", () => {
  const json = bytes('{"CallStatus":"completed"}');
  const url = `${URL_SIGNED}?bodySHA256=${createHash("sha256").update(json).digest("hex")}`;
  const contentType = "application/json";
  const signature = sign(url);
  assert.ok(verify({ url, body: json, contentType, signature }));
  assert.ok(!verify({ url, body: bytes("{}"), contentType, signature }), "swapped");
  assert.ok(!verify({ url, body: bytes(""), contentType, signature }), "emptied");
  assert.ok(!verify({ url, body: bytes(""), contentType: null, signature }), "emptied, no type");
  assert.ok(!verify({ url, body: bytes("&&"), contentType: FORM, signature }), "an empty form");
  const twice = `${url}&bodySHA256=${"0".repeat(64)}`;
  assert.ok(!verify({ url: twice, body: json, contentType, signature: sign(twice) }));
});

Deno.test("publicUrlOf() puts path and query, byte for byte, behind the configured base", () => {
  const rows: [string, string, string][] = [
    [
      "https://x.test",
      "http://127.0.0.1:8000/webhook?b=%2f&a=it's",
      "https://x.test/webhook?b=%2f&a=it's",
    ],
    ["https://x.test/", "http://evil.test/webhook", "https://x.test/webhook"],
    ["https://x.test/billing", "http://10.0.0.1/webhook", "https://x.test/billing/webhook"],
    ["https://x.test:8443", "http://[::1]:8000/webhook?", "https://x.test:8443/webhook?"],
    ["https://x.test", "http://h/a/../b//c?d=/e?f#g", "https://x.test/a/../b//c?d=/e?f"],
  ];
  for (const [publicUrl, requestUrl, expected] of rows) {
    assert.equal(publicUrlOf({ publicUrl, requestUrl }), expected);
  }
});

Deno.test("signedUrls() names few spellings, and bare apostrophes only in the query", () => {
  assert.deepEqual(signedUrls("https://x.test/o%27b?n=it%27s"), [
    "https://x.test/o%27b?n=it%27s",
    "https://x.test:443/o%27b?n=it%27s",
    "https://x.test/o%27b?n=it's",
    "https://x.test:443/o%27b?n=it's",
  ]);
  assert.deepEqual(signedUrls("http://[::1]:80"), ["http://[::1]", "http://[::1]:80"]);
});
