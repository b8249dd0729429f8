import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import {
  chooseChallenge,
  type DigestChallenge,
  digestResponse,
  parseChallenges,
  signRequest,
} from "../../../../core/carriers/sippy/digest.ts";
import FILE from "../../../fixtures/http_digest_vectors.json" with { type: "json" };
import { debitOf, PASSWORD, serveSippy, USERNAME } from "./served_sippy.ts";

interface Vector {
  id: string;
  algorithm: string;
  qop: string | null;
  username: string;
  password: string;
  realm: string;
  nonce: string;
  opaque: string | null;
  method: string;
  uri: string;
  nc: string | null;
  cnonce: string | null;
  ha2: string;
  response: string;
  challenge?: string[];
  authorization_header?: string;
}

const VECTORS: Vector[] = FILE.vectors;

function challengeOf(vector: Vector): DigestChallenge {
  return {
    realm: vector.realm,
    nonce: vector.nonce,
    opaque: vector.opaque,
    algorithm: vector.algorithm.startsWith("MD5") ? "MD5" : "SHA-256",
    algorithmText: vector.algorithm,
    isSession: vector.algorithm.endsWith("-sess"),
    hasQop: vector.qop !== null,
    isStale: false,
  };
}

function requestOf(vector: Vector) {
  const { username, password, method, uri } = vector;
  const requestCount = parseInt(vector.nc ?? "1", 16);
  return { username, password, method, uri, requestCount, cnonce: vector.cnonce ?? "unused" };
}

for (const vector of VECTORS) {
  Deno.test(`digest vector ${vector.id} gives the published response`, () => {
    const challenge = challengeOf(vector);
    assert.equal(digestResponse(challenge, requestOf(vector)), vector.response);
    const header = signRequest(challenge, requestOf(vector));
    assert(header.includes(`response="${vector.response}"`));
    if (vector.nc !== null) assert(header.includes(`nc=${vector.nc}, qop=auth`));
  });
}

for (const vector of VECTORS.filter((each) => each.authorization_header)) {
  Deno.test(`digest vector ${vector.id} gives curl's header, letter for letter`, () => {
    const challenge = chooseChallenge(vector.challenge?.join(", ") ?? "");
    assert(challenge);
    assert.equal(signRequest(challenge, requestOf(vector)), vector.authorization_header);
  });
}

Deno.test("all vectors of the file were run", () => {
  assert.deepEqual([FILE.vectors.length, FILE.challenge_parsing.length], [21, 9]);
});

for (const { header, expect, note } of FILE.challenge_parsing as Parsing[]) {
  Deno.test(`challenge ${header}${note ? `: ${note}` : ""}`, () => {
    const challenge = chooseChallenge(header);
    if (expect.unsupported) return assert.equal(challenge, null);
    assert(challenge);
    if (expect.realm !== undefined) assert.equal(challenge.realm, expect.realm);
    if (expect.nonce !== undefined) assert.equal(challenge.nonce, expect.nonce);
    if (expect.qop !== undefined) {
      assert(challenge.hasQop);
      const found = parseChallenges(header).find(({ scheme }) => scheme === "digest");
      assert.deepEqual(found?.parameters.get("qop")?.split(","), expect.qop);
    }
    if (expect.algorithm !== undefined) assert.equal(challenge.algorithm, "MD5");
    if (expect.stale !== undefined) assert.equal(challenge.isStale, expect.stale);
  });
}

interface Parsing {
  header: string;
  note?: string;
  expect: {
    unsupported?: boolean;
    realm?: string;
    nonce?: string;
    qop?: string[];
    algorithm?: string;
    stale?: boolean;
  };
}

const CHOICES: [string | null, string | null][] = [
  [null, null],
  ["", null],
  ["Digest", null],
  ['realm="x", nonce="n"', null],
  ['Digest realm="x"', null],
  ['Other realm="x", nonce="n"', null],
  ['Digest nonce="n"', null],
  ['Digest realm="x", nonce="n", qop="auth-int"', null],
  ['Digest realm="x", nonce="n", qop=""', null],
  ['Digest realm="", nonce=""', ""],
  [
    'Digest realm="x", nonce="m", algorithm=MD5, Digest realm="x", nonce="s", algorithm=SHA-256',
    "s",
  ],
  ['Digest realm="x", nonce="s", algorithm="sha-256-SESS", Digest realm="x", nonce="m"', "s"],
  ['Digest realm="x", nonce="u", algorithm=token, Digest realm="x", nonce="m"', "m"],
  ['Negotiate, NTLM abc==, Digest realm="x", nonce="n"', "n"],
  ['Digest realm="x", nonce="first", nonce="second"', "first"],
  ["Digest realm=x nonce=n", "n"],
  [' , Digest realm="Basic realm=", nonce="n", domain="/a /b", other="Digest nonce="', "n"],
  ['Digest realm="x, nonce="n"', null],
  ['Digest realm="x", nonce="n', null],
];

for (const [header, nonce] of CHOICES) {
  Deno.test(`of ${header} the nonce ${nonce} is chosen`, () => {
    assert.equal(chooseChallenge(header)?.nonce ?? null, nonce);
  });
}

Deno.test("a hostile challenge is read in no time", () => {
  const startedAtMs = performance.now();
  for (const piece of ["a ", "a=", '"', "\\", ",", "=", 'a="', "a,", 'Digest a="b" ', "Digest "]) {
    chooseChallenge(piece.repeat(20_000));
    chooseChallenge(`Digest realm="${piece.repeat(20_000)}`);
  }
  assert(performance.now() - startedAtMs < 8_000);
});

Deno.test("a name beyond ASCII goes out as the bytes of its UTF-8, and is hashed as such", () => {
  const challenge = chooseChallenge('Digest realm="r", nonce="n"');
  assert(challenge);
  const request = { password: "p", method: "POST", uri: "/", requestCount: 1, cnonce: "c" };
  const header = signRequest(challenge, { ...request, username: "jõgi" });
  assert.match(header, /^Digest username="j\u00c3\u00b5gi"/);
  const md5 = (text: string) => createHash("md5").update(text).digest("hex");
  const response = md5(`${md5("jõgi:r:p")}:n:${md5("POST:/")}`);
  assert(header.includes(response));
});

const hasCurl = await new Deno.Command("curl", { args: ["--version"], stdout: "null" }).output()
  .then(({ success }) => success, () => false);

for (const algorithm of ["MD5", "SHA-256", "MD5-sess"] as const) {
  Deno.test({
    name: `curl signs in at the simulator with ${algorithm} (needs curl)`,
    ignore: !hasCurl,
    fn: async () => {
      await using sippy = serveSippy();
      Object.assign(sippy.simulator.faults.challenge, { algorithms: [algorithm] });
      const call = "<methodCall><methodName>accountDebit</methodName><params><param><value>" +
        "<struct><member><name>i_account</name><value><i4>4711</i4></value></member>" +
        "<member><name>amount</name><value><double>0.50</double></value></member>" +
        "<member><name>currency</name><value>EUR</value></member>" +
        "</struct></value></param></params></methodCall>";
      const { stdout } = await new Deno.Command("curl", {
        args: ["-s", "--noproxy", "*", "--digest", "-u", `${USERNAME}:${PASSWORD}`]
          .concat(["-H", "content-type: text/xml", "-d", call, sippy.url]),
      }).output();
      assert.match(new TextDecoder().decode(stdout), /<string>OK<\/string>/);
      assert.equal(sippy.simulator.truth()[0]?.amountMicros, 500_000n);
      assert.deepEqual(sippy.simulator.requestCount, { unsigned: 1, debit: 1, other: 0 });
    },
  });
}

Deno.test("the path's query is signed as it is sent", async () => {
  await using sippy = serveSippy({ path: "/xmlapi/xmlapi?trace=1&x=a%20b" });
  assert.equal((await sippy.client.debit(debitOf())).status, "charged");
});
