/**
 * Senders that take their time, hang up or come in crowds, over real connections: whoever else asks is
 * served meanwhile, and a body that is not there after ten seconds is not waited for any longer. (A connection on which
 * nothing comes at all is the proxy's to close: the server below has no such deadline.)
 *
 * @module
 */
import assert from "node:assert/strict";
import { BODY_DEADLINE_MS } from "../../routes/read_body.ts";
import { ADMIN, type AppWorld, openApp, SECRETS } from "../support/app.ts";
import { serveApp, type ServedApp } from "../support/serve_app.ts";

const HALF = [
  "POST /api/v1/accounts HTTP/1.1",
  "host: 127.0.0.1",
  `authorization: Bearer ${SECRETS.ADMIN_API_KEY}`,
  "content-type: application/json",
];

const encode = (text: string) => new TextEncoder().encode(text);

async function open({ port }: ServedApp, text: string): Promise<Deno.TcpConn> {
  const conn = await Deno.connect({ hostname: "127.0.0.1", port });
  await conn.write(encode(text));
  return conn;
}

/** What comes until the other side closes, or until it fits. */
async function readUntil(conn: Deno.TcpConn, enough: RegExp): Promise<string> {
  let text = "";
  const buffer = new Uint8Array(65_536);
  for (;;) {
    const count = await conn.read(buffer).catch(() => null);
    if (count === null) return text;
    text += new TextDecoder().decode(buffer.subarray(0, count));
    if (enough.test(text)) return text;
  }
}

/** Lets the server see what was written: the clock of these tests does not move by itself. */
const settle = () => new Promise((resolve) => setTimeout(resolve, 60));

/** The same, or a failure: what never comes must not hold up the tests for ever. */
async function soon<T>(answer: Promise<T>): Promise<T> {
  const late = Promise.withResolvers<never>();
  const timer = setTimeout(() => late.reject(new Error("nothing came for five seconds")), 5_000);
  return await Promise.race([answer, late.promise]).finally(() => clearTimeout(timer));
}

async function isServed({ origin }: ServedApp): Promise<void> {
  const startMs = performance.now();
  const answer = await fetch(`${origin}/api/v1/accounts`, { headers: ADMIN });
  await answer.body?.cancel();
  assert.equal(answer.status, 200);
  const tookMs = performance.now() - startMs;
  assert(tookMs < 2_000, `${tookMs} ms`);
}

async function withServer(
  run: (world: AppWorld, served: ServedApp) => Promise<void>,
): Promise<void> {
  using world = await openApp();
  await using served = serveApp(world);
  await run(world, served);
}

const ENDINGS: [words: string, text: string][] = [
  ["of a told length", `${HALF.join("\r\n")}\r\ncontent-length: 1000\r\n\r\n{"name":`],
  ["in chunks", `${HALF.join("\r\n")}\r\ntransfer-encoding: chunked\r\n\r\n8\r\n{"name":\r\n`],
];

for (const [words, text] of ENDINGS) {
  Deno.test(`a body ${words} that trickles is 408 after ten seconds, and others are served`, async () => {
    await withServer(async (world, served) => {
      using slow = await open(served, text);
      await settle();
      world.clock.advance(BODY_DEADLINE_MS - 1);
      await isServed(served);
      const answered = readUntil(slow, /"code"/);
      const first = await Promise.race([answered, settle()]);
      assert.equal(first, undefined, "it is still waited for");
      world.clock.advance(1);
      const answer = await soon(answered);
      assert.match(answer, /^HTTP\/1\.1 408 /);
      assert.match(answer, /"code":"body_too_slow"/);
      assert.match(answer, /connection: close/i);
      await isServed(served);
    });
  });
}

Deno.test("a sender who hangs up in the middle of a body is no fault of ours", async () => {
  await withServer(async (world, served) => {
    for (const [, text] of ENDINGS) (await open(served, text)).close();
    await settle();
    await isServed(served);
    assert.deepEqual(world.logged.filter(({ level }) => level === "error"), []);
  });
});

Deno.test("a body at an address that takes none, or from nobody we know, is not waited for", async () => {
  await withServer(async (_, served) => {
    const rows = [
      ["GET /healthz", "", "200"],
      ["POST /nowhere", "", "404"],
      ["POST /api/v1/accounts", "authorization: Bearer wrong\r\n", "401"],
    ];
    for (const [line, headers, status] of rows) {
      const text = `${line} HTTP/1.1\r\nhost: x\r\n${headers}content-length: 1000\r\n\r\n{`;
      using slow = await open(served, text);
      const buffer = new Uint8Array(64);
      const count = await slow.read(buffer);
      const answer = new TextDecoder().decode(buffer.subarray(0, count ?? 0));
      assert(answer.startsWith(`HTTP/1.1 ${status} `), `${line}: ${answer}`);
    }
  });
});

Deno.test("with two hundred half-open connections everybody else is served", async () => {
  await withServer(async (_, served) => {
    const halves = ["", "GET /", "GET / HTTP/1.1\r\nhost: x\r\nx-a:", ENDINGS[0]![1]];
    const crowd = await Promise.all(
      Array.from({ length: 200 }, (_, i) => open(served, halves[i % halves.length]!)),
    );
    await settle();
    for (let i = 0; i < 20; i++) await isServed(served);
    for (const conn of crowd) conn.close();
    await settle();
    await isServed(served);
  });
});

Deno.test("a crowd of connections that come and go at once leaves nothing behind", async () => {
  await withServer(async (world, served) => {
    for (let round = 0; round < 5; round++) {
      const crowd = await Promise.all(Array.from({ length: 100 }, () => open(served, "GET / HT")));
      for (const conn of crowd) conn.close();
    }
    const answers = await Promise.all(
      Array.from({ length: 100 }, () => fetch(`${served.origin}/healthz`)),
    );
    for (const answer of answers) await answer.body?.cancel();
    assert(answers.every(({ status }) => status === 200));
    assert.deepEqual(world.logged.filter(({ level }) => level === "error"), []);
  });
});

const SMUGGLED: [words: string, text: string][] = [
  ["two lengths", "content-length: 5\r\ncontent-length: 6\r\n\r\nhello!"],
  ["a length and chunks", "content-length: 5\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n"],
  ["a negative length", "content-length: -1\r\n\r\n"],
  ["a length in words", "content-length: ten\r\n\r\n"],
  ["headers without end", `x-long: ${"x".repeat(2_000_000)}\r\n\r\n`],
  ["a folded header", "x-a: b\r\n c\r\ncontent-length: 0\r\n\r\n"],
];

for (const [words, rest] of SMUGGLED) {
  Deno.test(`a request with ${words} is refused or answered by one answer, never by a fault`, async () => {
    await withServer(async (world, served) => {
      using conn = await Deno.connect({ hostname: "127.0.0.1", port: served.port });
      const text = `POST /healthz HTTP/1.1\r\nhost: x\r\nconnection: close\r\n${rest}`;
      await conn.write(encode(text)).catch(() => {});
      const answer = await soon(readUntil(conn, /HTTP\/1\.1 \d{3}[^]*\r\n\r\n/));
      assert((answer.match(/HTTP\/1\.1 \d{3}/g) ?? []).length <= 1, answer.slice(0, 500));
      if (answer !== "") assert.match(answer, /^HTTP\/1\.1 4\d\d/);
      await isServed(served);
      assert.deepEqual(world.logged.filter(({ level }) => level === "error"), []);
    });
  });
}
