import assert from "node:assert/strict";
import fc from "fast-check";
import { SECOND_MS, withSleep } from "../../../../core/clock.ts";
import { formatDebitAmount } from "../../../../core/carriers/sippy/debit.ts";
import { SIPPY_DEADLINE_MS } from "../../../../core/carriers/sippy/conversation.ts";
import type { SippyFault } from "../../../../core/carriers/sippy/simulated/faults.ts";
import { parseDecimal } from "../../../../core/money.ts";
import {
  clientOf,
  debitOf,
  I_ACCOUNT,
  NOW_MS,
  PASSWORD,
  serve,
  serveSippy,
} from "./served_sippy.ts";

const TRUTH = {
  iPayment: 90_001,
  iAccount: I_ACCOUNT,
  kind: "debit",
  amountMicros: 12_500_000n,
  currency: "EUR",
  notes: "smsbill ref=inv-2031-000042",
  paymentTimeMs: NOW_MS,
  executedAtMs: NOW_MS,
};

Deno.test("a debit is charged once, after a probe without credentials and without a body", async () => {
  await using sippy = serveSippy();
  assert.deepEqual(await sippy.client.debit(debitOf()), { status: "charged", tookMs: 0 });
  assert.deepEqual(sippy.simulator.truth(), [TRUTH]);
  assert.deepEqual(sippy.simulator.requestCount, { unsigned: 1, debit: 1, other: 0 });
  assert.equal(sippy.simulator.account(I_ACCOUNT)?.balanceMicros, 87_500_000n);
});

Deno.test("what is sent is the documented struct, amount as a double, and the probe is empty", async () => {
  const seen: { body: string; login: string | null; type: string | null }[] = [];
  await using server = serve(async (request) => {
    seen.push({
      body: await request.text(),
      login: request.headers.get("authorization"),
      type: request.headers.get("content-type"),
    });
    const headers = { "www-authenticate": 'Digest realm="r", nonce="n"' };
    return new Response(null, { status: 401, headers });
  });
  await server.client.debit(debitOf({ notes: 'a & b <c> "d" ü 💶' }));
  assert.equal(seen.length, 2);
  assert.deepEqual(seen[0], { body: "", login: null, type: "text/xml; charset=utf-8" });
  assert.match(seen[1]?.login ?? "", /^Digest username="tollkeeper", realm="r", nonce="n", /);
  const member = (name: string, value: string) =>
    `<member><name>${name}</name><value>${value}</value></member>`;
  assert.equal(
    seen[1]?.body,
    '<?xml version="1.0" encoding="UTF-8"?>\n<methodCall><methodName>accountDebit</methodName>' +
      "<params><param><value><struct>" +
      member("i_account", "<int>4711</int>") +
      member("amount", "<double>12.50</double>") +
      member("currency", "<string>EUR</string>") +
      member("payment_notes", '<string>a &amp; b &lt;c&gt; "d" ü 💶</string>') +
      member("payment_time", "<string>08:15:30.000 GMT Mon Mar 03 2031</string>") +
      "</struct></value></param></params></methodCall>",
  );
});

for (const algorithm of ["MD5", "SHA-256", "MD5-sess", "SHA-256-sess"] as const) {
  for (const hasQop of [true, false]) {
    Deno.test(`a debit signs in with ${algorithm}, ${hasQop ? "with" : "without"} qop`, async () => {
      await using sippy = serveSippy();
      const { challenge } = sippy.simulator.faults;
      Object.assign(challenge, { algorithms: [algorithm], hasQop, offersBasic: true });
      assert.equal((await sippy.client.debit(debitOf())).status, "charged");
      assert.equal(sippy.simulator.truth().length, 1);
    });
  }
}

const UNKNOWN: [SippyFault, number, RegExp][] = [
  ["html_502", 0, /^HTTP 502$/],
  ["lost", 0, /^connection closed$/],
  ["html_502_executed", 1, /^HTTP 502$/],
  ["empty", 1, /^empty document$/],
  ["truncated", 1, /^not well-formed XML$/],
  ["dropped", 1, /^connection closed$/],
  ["late", 0, /^connection closed$/],
];

for (const [fault, executedCount, reason] of UNKNOWN) {
  Deno.test(`a debit is unknown after ${fault}, was executed ${executedCount} times, and is not sent again`, async () => {
    await using sippy = serveSippy();
    sippy.simulator.faults.money.next = [fault];
    const outcome = await sippy.client.debit(debitOf());
    assert.equal(outcome.status, "unknown");
    assert.match("reason" in outcome ? outcome.reason : "", reason);
    assert.equal(sippy.simulator.truth().length, executedCount);
    assert.equal(sippy.simulator.requestCount.debit, 1);
  });
}

Deno.test("a fault is a refusal with its code and text, and moves nothing", async () => {
  await using sippy = serveSippy();
  sippy.simulator.faults.money.next = ["fault"];
  assert.deepEqual(await sippy.client.debit(debitOf()), {
    status: "refused",
    faultCode: 500,
    faultString: "internal error",
    tookMs: 0,
  });
  assert.equal((await sippy.client.debit(debitOf({ iAccount: 1 }))).status, "refused");
  assert.equal((await sippy.client.debit(debitOf({ currency: "USD" }))).status, "refused");
  sippy.simulator.faults.refusesShortFunds = true;
  const short = await sippy.client.debit(debitOf({ amountMicros: 120_000_001n }));
  assert.deepEqual(short.status === "refused" && short.faultString, "insufficient funds");
  assert.equal(sippy.simulator.truth().length, 0);
  assert.equal(
    (await sippy.client.debit(debitOf({ amountMicros: 120_000_000n }))).status,
    "charged",
  );
});

Deno.test("a debit beyond what is available is charged when the switch does not look", async () => {
  await using sippy = serveSippy();
  await sippy.client.debit(debitOf({ amountMicros: 500_000_000n }));
  assert.equal(sippy.simulator.account(I_ACCOUNT)?.balanceMicros, -400_000_000n);
});

Deno.test("a stale nonce proves that nothing was executed: the debit is sent with the next one", async () => {
  await using sippy = serveSippy();
  sippy.simulator.faults.money.next = ["stale_nonce"];
  assert.equal((await sippy.client.debit(debitOf())).status, "charged");
  assert.equal(sippy.simulator.truth().length, 1);
  assert.deepEqual(sippy.simulator.requestCount, { unsigned: 1, debit: 2, other: 0 });
});

Deno.test("a second stale nonce ends the debit unsent", async () => {
  await using sippy = serveSippy();
  sippy.simulator.faults.money.next = ["stale_nonce", "stale_nonce"];
  assert.deepEqual(await sippy.client.debit(debitOf()), {
    status: "not_sent",
    reason: "the switch called every nonce stale",
    tookMs: 0,
  });
  assert.equal(sippy.simulator.requestCount.debit, 2);
});

Deno.test("a 401 that is not stale is not_sent, names the credentials, and is not repeated", async () => {
  await using wrong = serveSippy({ password: "another" });
  await using sippy = serveSippy();
  sippy.simulator.faults.money.next = ["wrong_password"];
  for (const { client, simulator } of [wrong, sippy]) {
    const outcome = await client.debit(debitOf());
    assert.equal(outcome.status, "not_sent");
    assert.match("reason" in outcome ? outcome.reason : "", /SIPPY_USERNAME and SIPPY_PASSWORD/);
    assert.deepEqual(simulator.requestCount, { unsigned: 1, debit: 1, other: 0 });
    assert.equal(simulator.truth().length, 0);
  }
});

Deno.test("a switch that trusts our address gets no debit at all", async () => {
  await using sippy = serveSippy();
  sippy.simulator.faults.trustsCaller = true;
  assert.deepEqual(await sippy.client.debit(debitOf()), {
    status: "not_sent",
    reason: "the switch asks for no password: our address is in its trusted_hosts",
    tookMs: 0,
  });
  assert.deepEqual(sippy.simulator.requestCount, { unsigned: 1, debit: 0, other: 0 });
});

const PROBES: [string, () => Response, RegExp][] = [
  ["502", () => new Response("<html>", { status: 502 }), /HTTP 502 before signing in/],
  ["403", () => new Response("", { status: 403 }), /HTTP 403 before signing in/],
  ["a redirect", () => Response.redirect("http://127.0.0.1/", 302), /redirect refused/],
  ["Basic alone", () => unauthorized('Basic realm="x"'), /offers no digest login/],
  [
    "an unknown algorithm",
    () => unauthorized('Digest realm="x", nonce="n", algorithm=SHA-512-256'),
    /offers no digest login/,
  ],
  [
    "auth-int alone",
    () => unauthorized('Digest realm="x", nonce="n", qop="auth-int"'),
    /offers no digest login/,
  ],
];

function unauthorized(challenge: string): Response {
  return new Response(null, { status: 401, headers: { "www-authenticate": challenge } });
}

for (const [name, answer, reason] of PROBES) {
  Deno.test(`a probe answered with ${name} sends no debit`, async () => {
    let count = 0;
    await using server = serve(() => {
      count += 1;
      return answer();
    });
    const outcome = await server.client.debit(debitOf());
    assert.equal(outcome.status, "not_sent");
    assert.match("reason" in outcome ? outcome.reason : "", reason);
    assert.equal(count, 1);
  });
}

Deno.test("a port nobody listens on is not_sent", async () => {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const origin = `http://127.0.0.1:${listener.addr.port}`;
  listener.close();
  const { client, close } = clientOf(origin);
  const outcome = await client.debit(debitOf());
  close();
  assert.equal(outcome.status, "not_sent");
  assert.match("reason" in outcome ? outcome.reason : "", /cannot be reached: connection refused/);
});

const AFTER_LOGIN: [string, () => Response][] = [
  ["HTTP 403", () => new Response("", { status: 403 })],
  ["HTTP 500 with an OK", () => answerOf("OK", 500)],
  ["HTTP 200 with HTML", () => new Response("<html><body>hello</body></html>")],
  ["HTTP 200 with another word than OK", () => answerOf("PENDING")],
  ["HTTP 200 with ok in lower case", () => answerOf("ok")],
  ["HTTP 204", () => new Response(null, { status: 204 })],
  ["a redirect", () => Response.redirect("http://127.0.0.1/", 307)],
];

function answerOf(result: string, status = 200): Response {
  const struct = `<struct><member><name>result</name><value>${result}</value></member></struct>`;
  const xml = `<methodResponse><params><param><value>${struct}</value></param></params>`;
  return new Response(`${xml}</methodResponse>`, { status });
}

for (const [name, answer] of AFTER_LOGIN) {
  Deno.test(`a debit answered with ${name} is unknown and sent once`, async () => {
    const bodies: string[] = [];
    await using server = serve(async (request) => {
      bodies.push(await request.text());
      return bodies.length === 1 ? unauthorized('Digest realm="r", nonce="n"') : answer();
    });
    assert.equal((await server.client.debit(debitOf())).status, "unknown");
    assert.equal(bodies.length, 2);
  });
}

Deno.test("a fault quotes neither the password nor control characters, and is kept short", async () => {
  const text = `no &lt;account&gt; for ${
    PASSWORD.replace(/[<&>]/g, (c) => `&#${c.charCodeAt(0)};`)
  }`;
  const fault = "<methodResponse><fault><value><struct>" +
    "<member><name>faultCode</name><value><int>7</int></value></member>" +
    `<member><name>faultString</name><value>${text}\n${"x".repeat(5_000)}</value></member>` +
    "</struct></value></fault></methodResponse>";
  await using server = serve((request) =>
    request.headers.has("authorization")
      ? new Response(fault)
      : unauthorized('Digest realm="r", nonce="n"')
  );
  const outcome = await server.client.debit(debitOf());
  assert(outcome.status === "refused");
  assert.equal(outcome.faultCode, 7);
  assert.match(outcome.faultString, /^no <account> for … x{270,}$/);
  assert.equal(outcome.faultString.length, 300);
});

const UNSENDABLE: [string, Parameters<typeof debitOf>[0], RegExp][] = [
  ["nothing", { amountMicros: 0n }, /not above zero/],
  ["a negative amount", { amountMicros: -1n }, /not above zero/],
  ["more than a trillion", { amountMicros: 10n ** 18n + 1n }, /too many digits/],
  ["sixteen digits", { amountMicros: 1_234_567_890_123_456n }, /too many digits/],
  ["no currency", { currency: "" }, /currency/],
  ["a small currency", { currency: "eur" }, /currency/],
  ["account 0", { iAccount: 0 }, /account/],
  ["account 2^31", { iAccount: 2 ** 31 }, /account/],
  ["account 1.5", { iAccount: 1.5 }, /account/],
  ["a control character in the notes", { notes: "a\u0000b" }, /control character/],
  ["half a character in the notes", { notes: "a\ud83d" }, /half a character/],
  ["no time", { paymentTimeMs: NaN }, /not a time/],
];

for (const [name, changes, reason] of UNSENDABLE) {
  Deno.test(`a debit of ${name} is not sent, and nobody is asked`, async () => {
    await using sippy = serveSippy();
    const outcome = await sippy.client.debit(debitOf(changes));
    assert(outcome.status === "not_sent");
    assert.match(outcome.reason, reason);
    assert.equal(outcome.tookMs, null);
    assert.deepEqual(sippy.simulator.requestCount, { unsigned: 0, debit: 0, other: 0 });
  });
}

Deno.test("a debit is not begun after the instant it had to be sent by", async () => {
  await using sippy = serveSippy();
  const inTime = await sippy.client.debit(debitOf({ sendByMs: NOW_MS }));
  assert.equal(inTime.status, "charged");
  const late = await sippy.client.debit(debitOf({ sendByMs: NOW_MS - 1 }));
  assert.deepEqual(late, { status: "not_sent", reason: "signing in took too long", tookMs: 0 });
  assert.equal(sippy.simulator.truth().length, 1);
});

Deno.test("a slow debit is unknown once its deadline has passed, and was executed", async () => {
  const { clock, ring } = handClock();
  await using sippy = serveSippy({ clock });
  sippy.simulator.faults.money.next = ["slow"];
  const outcome = sippy.client.debit(debitOf());
  while (sippy.simulator.truth().length === 0) await pause();
  ring(SIPPY_DEADLINE_MS);
  assert.deepEqual(await outcome, {
    status: "unknown",
    reason: "no answer within 30000 ms",
    tookMs: SIPPY_DEADLINE_MS,
  });
  assert.equal(sippy.simulator.truth().length, 1);
  ring(60 * SECOND_MS);
});

Deno.test("a late debit is executed after its caller was told that nobody knows", async () => {
  const { clock, ring } = handClock();
  await using sippy = serveSippy({ clock });
  sippy.simulator.faults.money.next = ["late"];
  assert.equal((await sippy.client.debit(debitOf())).status, "unknown");
  ring(89 * SECOND_MS);
  assert.equal(sippy.simulator.truth().length, 0);
  ring(SECOND_MS);
  assert.equal(sippy.simulator.truth()[0]?.executedAtMs, NOW_MS + 90 * SECOND_MS);
  assert.equal(sippy.simulator.lateCount(), 0);
});

Deno.test("every amount we send reads back as itself, here and as a float of 64 bits", () => {
  fc.assert(
    fc.property(fc.bigInt(1n, 999_999_999_999_999n), (amountMicros) => {
      const text = formatDebitAmount(amountMicros);
      assert.match(text ?? "", /^\d+\.\d{2,6}$/);
      assert.equal(parseDecimal(text ?? ""), amountMicros);
      assert.equal(parseDecimal(String(Number(text))), amountMicros);
      assert.equal(parseDecimal(Number(text).toFixed(6)), amountMicros);
    }),
    { numRuns: 2_000 },
  );
});

const AMOUNTS: [bigint, string | null][] = [
  [1n, "0.000001"],
  [10_000n, "0.01"],
  [12_340_000n, "12.34"],
  [12_300_000n, "12.30"],
  [12_345_600n, "12.3456"],
  [12_000_000n, "12.00"],
  [100_000_000n, "100.00"],
  [10n ** 18n, "1000000000000.00"],
  [10n ** 18n + 1n, null],
  [999_999_999_999_999n, "999999999.999999"],
  [1_000_000_000_000_001n, null],
  [0n, null],
  [-10_000n, null],
];

for (const [amountMicros, text] of AMOUNTS) {
  Deno.test(`${amountMicros} micros are sent as ${text}`, () => {
    assert.equal(formatDebitAmount(amountMicros), text);
  });
}

/** A clock that stands until it is moved, and rings what that makes due. */
function handClock() {
  let nowMs = NOW_MS;
  const alarms = new Set<{ dueMs: number; ring: () => void }>();
  const clock = withSleep({
    now: () => nowMs,
    after: (ms, ring) => {
      const alarm = { dueMs: nowMs + ms, ring };
      alarms.add(alarm);
      return () => void alarms.delete(alarm);
    },
  });
  function ring(ms: number): void {
    nowMs += ms;
    for (const alarm of [...alarms]) {
      if (alarm.dueMs <= nowMs && alarms.delete(alarm)) alarm.ring();
    }
  }
  return { clock, ring };
}

function pause(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 1));
}
