import assert from "node:assert/strict";
import { type Arrived, say, serveRaw } from "../../../support/raw_server.ts";
import { clientOf, debitOf } from "./served_sippy.ts";

const CHALLENGE = "HTTP/1.1 401 Unauthorized\r\n" +
  'www-authenticate: Digest realm="r", nonce="n", qop="auth"\r\n' +
  "connection: keep-alive\r\ncontent-length: 0\r\n\r\n";

/** What the switch does with the request that holds the debit; false ends the connection. */
type React = (arrived: Arrived) => Promise<boolean>;

const DROPS: [string, React][] = [
  ["without an answer", () => Promise.resolve(false)],
  ["after half of the headers", async ({ conn }) => {
    await say(conn, "HTTP/1.1 200 OK\r\ncontent-ty");
    return false;
  }],
  ["after the headers", async ({ conn }) => {
    await say(conn, "HTTP/1.1 200 OK\r\ncontent-type: text/xml\r\ncontent-length: 500\r\n\r\n");
    return false;
  }],
  ["in the middle of the answer", async ({ conn }) => {
    await say(conn, "HTTP/1.1 200 OK\r\ncontent-length: 500\r\n\r\n<methodResponse><params>");
    return false;
  }],
  ["in the middle of a chunked answer", async ({ conn }) => {
    const head = "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n";
    await say(conn, `${head}10\r\n<methodResponse>\r\n`);
    return false;
  }],
  ["with something that is not HTTP", async ({ conn }) => {
    await say(conn, "Segmentation fault\r\n");
    return false;
  }],
];

for (const [how, react] of DROPS) {
  Deno.test(`a connection that drops ${how} brings one debit, and nobody knows its end`, async () => {
    const { counts, server } = serveSwitch(react);
    const { client, close } = clientOf(server.origin);
    const outcome = await client.debit(debitOf());
    // Time enough for a runtime that sends again by itself to have done so.
    await new Promise((resolve) => setTimeout(resolve, 50));
    close();
    await server.stop();
    assert.equal(outcome.status, "unknown");
    assert.deepEqual(counts, { probes: 1, debits: 1 });
  });
}

Deno.test("a connection that drops under the probe brings no debit", async () => {
  const server = serveRaw(() => Promise.resolve(false));
  const { client, close } = clientOf(server.origin);
  const outcome = await client.debit(debitOf());
  close();
  await server.stop();
  assert.equal(outcome.status, "not_sent");
});

Deno.test("many debits at once over dropping connections are sent once each", async () => {
  const { counts, server } = serveSwitch(() => Promise.resolve(false));
  const { client, close } = clientOf(server.origin);
  const outcomes = await Promise.all(Array.from({ length: 20 }, () => client.debit(debitOf())));
  close();
  await server.stop();
  assert(outcomes.every(({ status }) => status === "unknown"));
  assert.deepEqual(counts, { probes: 20, debits: 20 });
});

Deno.test("a pooled connection would have sent the debit twice: the trap is real", async () => {
  const { counts, server } = serveSwitch(({ requestCount, conn }) => {
    // Answers on a fresh connection, drops one that served before: a keep-alive timeout at its worst.
    return requestCount === 1
      ? say(conn, "HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n").then(() => true)
      : Promise.resolve(false);
  });
  const pooled = Deno.createHttpClient({});
  const url = `${server.origin}/xmlapi/xmlapi`;
  const post = (body: string, headers: HeadersInit) =>
    fetch(url, { method: "POST", body, headers, client: pooled }).then((answer) => answer.text());
  await post("", {});
  await post("<methodCall>", { authorization: "Digest" }).catch(() => {});
  pooled.close();
  await server.stop();
  assert.equal(counts.debits, 2);
});

function serveSwitch(react: React) {
  const counts = { probes: 0, debits: 0 };
  const server = serveRaw(async (arrived) => {
    // The rest of a request that came in two pieces.
    if (!arrived.requestText.startsWith("POST ")) return true;
    if (!/^authorization:/im.test(arrived.requestText)) {
      counts.probes += 1;
      await say(arrived.conn, CHALLENGE);
      return true;
    }
    counts.debits += 1;
    return await react(arrived);
  });
  return { counts, server };
}
