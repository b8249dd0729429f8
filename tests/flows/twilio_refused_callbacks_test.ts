/**
 * Posts to Twilio's addresses that are not Twilio's, or make no sense: what is refused, and what is kept.
 *
 * @module
 */
import assert from "node:assert/strict";
import type { InboxEvent } from "../../core/jobs/inbox.ts";
import { rowsOf } from "../support/ledger.ts";
import {
  ACCOUNT_SID,
  MESSAGES,
  openTwilioWorld,
  sign,
  type TwilioWorld,
  VOICE,
} from "../support/twilio_world.ts";
import { populateAccount, runJobs } from "../support/world.ts";

const ACME = "+12025550100";
const THEIRS = "+12125550199";

async function openTenants(): Promise<TwilioWorld> {
  const world = await openTwilioWorld();
  const { deps } = world.program;
  await populateAccount(deps, { id: "acme", number: ACME, micros: 50_000_000n });
  await runJobs(deps);
  return world;
}

/** Everything stored but what counts refusals. */
async function rowsBesidesCounter({ kv }: TwilioWorld): Promise<string[]> {
  const rows = await Array.fromAsync(kv.list({ prefix: [] }));
  return rows.filter(({ key }) => key[0] !== "refused_delivery")
    .map(({ key, versionstamp }) => `${key.join("/")} ${versionstamp}`);
}

const GOOD: Record<string, string> = {
  CallSid: "CA1",
  AccountSid: ACCOUNT_SID,
  CallStatus: "completed",
  CallDuration: "60",
  From: THEIRS,
  To: ACME,
};

const many = (count: number) =>
  Object.fromEntries(Array.from({ length: count }, (_, i) => [`P${i}`, "x"]));

type Post = ReturnType<typeof sign>;
const without = (post: Post, header: string): Post => ({
  ...post,
  headers: Object.fromEntries(Object.entries(post.headers).filter(([name]) => name !== header)),
});
const signature = "x-twilio-signature";
const good = sign(GOOD);

const REFUSED: [what: string, post: Post, status: number, counted: number][] = [
  ["no signature", without(good, signature), 403, 1],
  ["an empty signature", { ...good, headers: { ...good.headers, [signature]: "" } }, 403, 1],
  [
    "a wrong signature",
    { ...good, headers: { ...good.headers, [signature]: `${"A".repeat(27)}=` } },
    403,
    1,
  ],
  ["another duration", { ...good, body: good.body.replace("=60", "=61") }, 403, 1],
  ["one more parameter", { ...good, body: `${good.body}&CallDuration=0` }, 403, 1],
  ["another path", { ...good, path: MESSAGES }, 403, 1],
  ["a query that was not signed", { ...good, path: `${VOICE}?a=1` }, 403, 1],
  ["another account's name", sign({ ...GOOD, AccountSid: `AC${"9".repeat(32)}` }), 403, 1],
  ["another account, half a name", sign({ ...GOOD, AccountSid: "<script>" }), 403, 1],
  ["another account's message", sign({ MessageSid: "SM1", AccountSid: "AC1" }, MESSAGES), 403, 1],
  ["ten thousand parameters, unsigned", without(sign(many(10_000)), signature), 403, 1],
  ["no UTF-8", { ...good, body: `${good.body}&FromCity=%FF%FE` }, 403, 1],
  [
    "JSON under the same signature",
    {
      ...good,
      body: JSON.stringify(GOOD),
      headers: { ...good.headers, "content-type": "application/json" },
    },
    403,
    1,
  ],
  ["a megabyte", { ...good, body: `CallSid=${"x".repeat(1024 * 1024)}` }, 413, 0],
];

for (const [what, post, status, counted] of REFUSED) {
  Deno.test(`refused, and nothing is stored but a count: ${what}`, async () => {
    await using world = await openTenants();
    const before = await rowsBesidesCounter(world);
    const answer = await world.post(post);
    await world.program.idle();
    assert.equal(answer.status, status);
    assert.equal(answer.headers.get("content-type"), "application/problem+json");
    assert.doesNotMatch(await answer.text(), /script|99999/);
    assert.deepEqual(await rowsBesidesCounter(world), before);
    const { store } = world.program.deps;
    const counts = await rowsOf<{ count: number }>(store, ["refused_delivery", "twilio"]);
    assert.equal(counts.reduce((sum, { count }) => sum + count, 0), counted);
  });
}

const UNREADABLE: [what: string, post: Post, reason: RegExp][] = [
  ["ten thousand parameters", sign({ ...GOOD, ...many(10_000) }), /too many parameters/],
  ["a value of ten thousand letters", sign({ ...GOOD, X: "x".repeat(10_000) }), /too long/],
  ["a status that is none", sign({ ...GOOD, CallStatus: "finished" }), /CallStatus is none of/],
  ["no id", sign({ CallStatus: "completed" }), /CallSid is not as documented/],
  ["an id with a slash", sign({ ...GOOD, CallSid: "CA/../1" }), /CallSid is not as documented/],
  ["neither a call nor a message", sign({ Hello: "you" }), /neither CallStatus nor MessageSid/],
  ["an empty body", sign({}), /neither CallStatus nor MessageSid/],
];

for (const [what, post, reason] of UNREADABLE) {
  Deno.test(`well signed and not understood is answered 400, kept and shown: ${what}`, async () => {
    await using world = await openTenants();
    for (let i = 0; i < 2; i++) {
      const answer = await world.post(post);
      assert.equal(answer.status, 400);
      assert.match((await answer.json()).detail, reason);
    }
    await world.program.idle();
    const { data } = await world.ask("/api/v1/webhook-events?carrier=twilio");
    assert.deepEqual(data.map((one: InboxEvent) => [one.kind, one.state]), [[
      "unreadable",
      "parked",
    ]]);
    assert.match(data[0].reason, reason);
    assert.equal((await rowsOf(world.program.deps.store, ["call"])).length, 0);
  });
}

Deno.test("without Twilio's token its addresses are closed, whoever knocks", async () => {
  const env = { TWILIO_ACCOUNT_SID: "", TWILIO_AUTH_TOKEN: "", BLAND_API_KEY: "sk-bland-1" };
  await using world = await openTwilioWorld({ env });
  for (const path of [VOICE, MESSAGES]) {
    const answer = await world.post(sign(GOOD, path));
    assert.deepEqual([answer.status, (await answer.json()).code], [503, "not_configured"]);
  }
});

Deno.test("a message's callbacks are kept in our terms, and its text nowhere", async () => {
  await using world = await openTenants();
  const parameters = {
    MessageSid: "SM1",
    SmsStatus: "received",
    AccountSid: ACCOUNT_SID,
    From: THEIRS,
    To: ACME,
    Body: "my-secret-text",
    NumSegments: "2",
  };
  const answer = await world.say(parameters, MESSAGES);
  assert.equal(answer.status, 200);
  for await (const { key, value } of world.kv.list<Uint8Array>({ prefix: [] })) {
    assert(!new TextDecoder().decode(value).includes("my-secret-text"), key.join("/"));
  }
  assert(!JSON.stringify(world.logged).includes("my-secret-text"));
});
