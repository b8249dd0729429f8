/**
 * Our client against Python's own XML-RPC server, and our reader and writer against Python's.
 *
 * @module
 */
import assert from "node:assert/strict";
import fc from "fast-check";
import { MINUTE_MS } from "../../../../core/clock.ts";
import { decodeAnswer } from "../../../../core/carriers/sippy/xml_rpc/decode.ts";
import { encodeAnswer } from "../../../../core/carriers/sippy/xml_rpc/encode.ts";
import type { XmlRpcValue } from "../../../../core/carriers/sippy/xml_rpc/value.ts";
import { clientOf, debitOf, I_ACCOUNT, NOW_MS } from "./served_sippy.ts";
import { xmlRpcValue } from "./xml_rpc/any_value.ts";

const SCRIPT = new URL("../../../support/sippy_oracle.py", import.meta.url).pathname;

const isMissing = await new Deno.Command("python3", {
  args: ["-c", "import xmlrpc.server"],
  stdout: "null",
  stderr: "null",
}).output().then(({ success }) => !success, () => true);

/** A Python process that talks in lines of JSON. */
function python(...args: string[]) {
  const child = new Deno.Command("python3", {
    args: [SCRIPT, ...args],
    stdin: "piped",
    stdout: "piped",
    env: { PYTHONIOENCODING: "utf-8", PYTHONDONTWRITEBYTECODE: "1" },
  }).spawn();
  const writer = child.stdin.getWriter();
  const reader = child.stdout.pipeThrough(new TextDecoderStream()).getReader();
  let pending = "";
  async function next(): Promise<unknown> {
    while (!pending.includes("\n")) {
      const { value, done } = await reader.read();
      if (done) throw new Error("Cannot read a line: Python ended");
      pending += value;
    }
    const end = pending.indexOf("\n");
    const line = pending.slice(0, end);
    pending = pending.slice(end + 1);
    return JSON.parse(line);
  }
  return {
    next,
    ask: async (question: unknown) => {
      await writer.write(new TextEncoder().encode(JSON.stringify(question) + "\n"));
      return await next();
    },
    [Symbol.asyncDispose]: async () => {
      await writer.close().catch(() => {});
      child.kill();
      await child.status;
      await reader.cancel();
    },
  };
}

for (const algorithm of ["MD5", "SHA-256", "MD5-sess"]) {
  for (const qop of algorithm === "MD5-sess" ? ["qop"] : ["qop", "none"]) {
    Deno.test({
      name: `Python's server takes our debits and lists them, ${algorithm}, ${qop} (needs python3)`,
      ignore: isMissing,
      fn: async () => {
        await using oracle = python("serve", algorithm, qop);
        const { client, close } = clientOf(`http://127.0.0.1:${await oracle.next()}`);
        const notes = "smsbill ref=ü<&>]]>💶";
        const outcome = await client.debit(debitOf({ notes, amountMicros: 10_100_000n }));
        assert.equal(outcome.status, "charged");
        assert.deepEqual(await oracle.next(), {
          i_payment: 90_001,
          i_account: I_ACCOUNT,
          payment_time: "08:15:30.000 GMT Mon Mar 03 2031",
          amount: 10.1,
          currency: "EUR",
          notes,
          tx_id: null,
          by_voucher: false,
        });
        const refused = await client.debit(debitOf({ iAccount: 1 }));
        assert(refused.status === "refused");
        assert.deepEqual([refused.faultCode, refused.faultString], [400, "no such account <4711>"]);
        const window = { fromMs: NOW_MS - MINUTE_MS, untilMs: NOW_MS + MINUTE_MS };
        const found = await client.findDebits({ iAccount: I_ACCOUNT, ...window });
        assert(found.status === "found");
        assert.deepEqual(found.payments, [{
          iPayment: 90_001,
          paymentTimeMs: NOW_MS,
          amountText: "10.1",
          amountMicros: 10_100_000n,
          currency: "EUR",
          notes,
          iAccount: I_ACCOUNT,
        }]);
        const account = await client.accountInfo({ iAccount: I_ACCOUNT });
        assert(account.status === "found");
        assert.equal(account.availableMicros, 89_900_001n);
        close();
      },
    });
  }
}

Deno.test({
  name: "a wrong password is not_sent at Python's server (needs python3)",
  ignore: isMissing,
  fn: async () => {
    await using oracle = python("serve", "MD5", "qop");
    const origin = `http://127.0.0.1:${await oracle.next()}`;
    const { client, close } = clientOf(origin, { password: "another" });
    assert.equal((await client.debit(debitOf())).status, "not_sent");
    close();
  },
});

Deno.test({
  name: "Python reads what we write, and we read what Python writes (needs python3)",
  ignore: isMissing,
  fn: async () => {
    await using oracle = python("convert");
    await fc.assert(
      fc.asyncProperty(xmlRpcValue(), async (value) => {
        const encoded = encodeAnswer(value);
        assert(encoded.status === "encoded");
        const theirs = await oracle.ask({ loads: encoded.xml }) as { value: unknown };
        assert.deepEqual(theirs.value, plain(value, (text) => pythonFloat(text)));
        const { xml } = await oracle.ask({ dumps: plain(value, String) }) as { xml: string };
        const ours = decodeAnswer(xml);
        assert(ours.status === "answer");
        assert.deepEqual(plain(ours.value, Number), plain(value, Number));
      }),
      { numRuns: 500 },
    );
  },
});

/** As JSON, members as pairs, doubles as `double` makes them. */
function plain(value: XmlRpcValue, double: (text: string) => unknown): unknown {
  if (value.kind === "double") return { kind: "double", text: double(value.text) };
  if (value.kind === "array") {
    return { kind: "array", items: value.items.map((item) => plain(item, double)) };
  }
  if (value.kind !== "struct") return value;
  const members = [...value.members].map(([name, member]) => [name, plain(member, double)]);
  return { kind: "struct", members };
}

/** As Python prints the float that a text stands for: `5.0`, `1e-07`, `1e+16`. */
function pythonFloat(text: string): string {
  const float = Number(text);
  if (Object.is(float, -0)) return "-0.0";
  const size = Math.abs(float);
  if (size !== 0 && (size < 1e-4 || size >= 1e16)) {
    return float.toExponential().replace(/e([+-])(\d)$/, "e$10$2");
  }
  return Number.isInteger(float) ? `${float}.0` : String(float);
}
