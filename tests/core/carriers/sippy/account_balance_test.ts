import assert from "node:assert/strict";
import { debitOf, I_ACCOUNT, serve, serveSippy } from "./served_sippy.ts";

Deno.test("the inverted balance is turned around, and the credit limit added", async () => {
  await using sippy = serveSippy();
  assert.deepEqual(await sippy.client.accountInfo({ iAccount: I_ACCOUNT }), {
    status: "found",
    iAccount: I_ACCOUNT,
    availableMicros: 120_000_000n,
    balanceMicros: 100_000_000n,
    creditLimitMicros: 20_000_000n,
    baseCurrency: "EUR",
    tookMs: 0,
  });
  await sippy.client.debit(debitOf({ amountMicros: 130_000_000n }));
  const overdrawn = await sippy.client.accountInfo({ iAccount: I_ACCOUNT });
  assert(overdrawn.status === "found");
  assert.equal(overdrawn.balanceMicros, -30_000_000n);
  assert.equal(overdrawn.availableMicros, -10_000_000n);
});

const ANSWERS: [string, Record<string, string>, bigint | null][] = [
  ["a balance alone", { balance: "<double>-5</double>" }, 5_000_000n],
  ["a balance of zero", { balance: "<double>0.0</double>" }, 0n],
  ["a balance as text", { balance: "-5.25" }, 5_250_000n],
  ["a balance as int", { balance: "<int>-5</int>" }, 5_000_000n],
  ["a limit of nil", { balance: "<int>-5</int>", credit_limit: "<nil/>" }, 5_000_000n],
  ["an inverted limit", { balance: "<int>-5</int>", credit_limit: "<int>-2</int>" }, 7_000_000n],
  ["no balance", { credit_limit: "<int>2</int>" }, null],
  ["a balance of words", { balance: "much" }, null],
  ["a limit of words", { balance: "<int>-5</int>", credit_limit: "much" }, null],
];

for (const [name, members, availableMicros] of ANSWERS) {
  Deno.test(`an answer with ${name} means ${availableMicros} micros`, async () => {
    const xml = Object.entries(members).map(([member, value]) =>
      `<member><name>${member}</name><value>${value}</value></member>`
    ).join("");
    await using server = serve((request) => {
      if (request.headers.has("authorization")) {
        const value = `<value><struct>${xml}</struct></value>`;
        return new Response(
          `<methodResponse><params><param>${value}</param></params></methodResponse>`,
        );
      }
      const headers = { "www-authenticate": 'Digest realm="r", nonce="n"' };
      return new Response(null, { status: 401, headers });
    });
    const outcome = await server.client.accountInfo({ iAccount: I_ACCOUNT });
    if (availableMicros === null) assert.equal(outcome.status, "unavailable");
    else assert.equal(outcome.status === "found" && outcome.availableMicros, availableMicros);
  });
}

Deno.test("an account the switch does not have is refused, silence is unavailable", async () => {
  await using sippy = serveSippy();
  const refused = await sippy.client.accountInfo({ iAccount: 1 });
  assert.deepEqual(refused.status === "refused" && refused.faultString, "no such account");
  sippy.simulator.faults.lookups.next = ["lost"];
  assert.deepEqual(await sippy.client.accountInfo({ iAccount: I_ACCOUNT }), {
    status: "unavailable",
    reason: "connection closed",
    tookMs: 0,
  });
});
