import assert from "node:assert/strict";
import { MINUTE_MS, SECOND_MS } from "../../../../core/clock.ts";
import { chooseChallenge, signRequest } from "../../../../core/carriers/sippy/digest.ts";
import {
  type SippyFault,
  takeSippyFault,
} from "../../../../core/carriers/sippy/simulated/faults.ts";
import {
  createSippySimulator,
  type SippySimulator,
} from "../../../../core/carriers/sippy/simulator.ts";
import { decodeAnswer } from "../../../../core/carriers/sippy/xml_rpc/decode.ts";
import { encodeCall } from "../../../../core/carriers/sippy/xml_rpc/encode.ts";
import {
  memberOf,
  structOf,
  textOf,
  type XmlRpcValue,
} from "../../../../core/carriers/sippy/xml_rpc/value.ts";
import { fakeClock } from "../../../support/fake_clock.ts";
import { I_ACCOUNT, NOW_MS, PASSWORD, serveSippy, USERNAME } from "./served_sippy.ts";

const URL_TEXT = "https://switch.example.test/xmlapi/xmlapi";
const DEBIT = structOf({
  i_account: { kind: "int", value: I_ACCOUNT },
  amount: { kind: "double", text: "12.50" },
  currency: { kind: "string", text: "EUR" },
});

function openSimulator() {
  const clock = fakeClock(NOW_MS);
  let id = 0;
  const simulator = createSippySimulator({
    clock,
    random: () => 0.5,
    id: () => `nonce-${++id}`,
    username: USERNAME,
    password: PASSWORD,
  });
  simulator.placeAccount({ iAccount: I_ACCOUNT, balanceMicros: 5_000_000n, baseCurrency: "EUR" });
  return { clock, simulator };
}

async function post(
  { app }: SippySimulator,
  { body, authorization }: { body: string; authorization?: string },
): Promise<Response> {
  const headers: HeadersInit = authorization === undefined ? {} : { authorization };
  return await app.fetch(new Request(URL_TEXT, { method: "POST", body, headers }));
}

function xmlOf(method: string, parameters: XmlRpcValue): string {
  const encoded = encodeCall({ method, parameters: [parameters] });
  if (encoded.status !== "encoded") throw new Error(encoded.reason);
  return encoded.xml;
}

async function login(simulator: SippySimulator, requestCount = 1): Promise<string> {
  const probe = await post(simulator, { body: "" });
  await probe.text();
  assert.equal(probe.status, 401);
  const challenge = chooseChallenge(probe.headers.get("www-authenticate"));
  assert(challenge);
  return signRequest(challenge, {
    username: USERNAME,
    password: PASSWORD,
    method: "POST",
    uri: "/xmlapi/xmlapi",
    requestCount,
    cnonce: "c",
  });
}

async function call(
  simulator: SippySimulator,
  [method, parameters]: [string, XmlRpcValue],
): Promise<ReturnType<typeof decodeAnswer>> {
  const authorization = await login(simulator);
  const answer = await post(simulator, { body: xmlOf(method, parameters), authorization });
  return decodeAnswer(await answer.text());
}

Deno.test("the simulator answers without a server, at its own path alone", async () => {
  const { simulator } = openSimulator();
  const answer = await call(simulator, ["accountDebit", DEBIT]);
  assert(answer.status === "answer");
  assert.equal(textOf(memberOf(answer.value, "result")), "OK");
  const elsewhere = new Request("https://switch.example.test/xmlapi", { method: "POST" });
  assert.equal((await simulator.app.fetch(elsewhere)).status, 404);
});

Deno.test("a nonce is good once per count, and for its time", async () => {
  const { simulator, clock } = openSimulator();
  const body = xmlOf("accountDebit", DEBIT);
  const authorization = await login(simulator);
  assert.equal((await post(simulator, { body, authorization })).status, 200);
  const replayed = await post(simulator, { body, authorization });
  assert.equal(replayed.status, 401);
  assert(chooseChallenge(replayed.headers.get("www-authenticate"))?.isStale);
  const old = await login(simulator);
  clock.advance(5 * MINUTE_MS + 1);
  const late = await post(simulator, { body, authorization: old });
  assert(chooseChallenge(late.headers.get("www-authenticate"))?.isStale);
  assert.equal(simulator.truth().length, 1);
});

Deno.test("a wrong answer to the challenge is refused, and not as stale", async () => {
  const { simulator } = openSimulator();
  const body = xmlOf("accountDebit", DEBIT);
  const right = await login(simulator);
  const wrongs = [
    right.replace(/response="./, 'response="x'),
    right.replace('uri="/xmlapi', 'uri="/other'),
    right.replace(`username="${USERNAME}`, 'username="x'),
    right.replace("nc=00000001", "nc=1"),
    right.replace("MD5", "SHA-1"),
    "Basic dG9sbGtlZXBlcjp4",
    "",
  ];
  for (const authorization of wrongs) {
    const answer = await post(simulator, { body, authorization });
    assert.equal(answer.status, 401);
    assert.equal(chooseChallenge(answer.headers.get("www-authenticate"))?.isStale, false);
  }
  assert.equal(simulator.truth().length, 0);
});

Deno.test("a trusted caller's request without a login is executed: the trap is real", async () => {
  const { simulator } = openSimulator();
  simulator.faults.trustsCaller = true;
  const answer = await post(simulator, { body: xmlOf("accountDebit", DEBIT) });
  assert.equal(decodeAnswer(await answer.text()).status, "answer");
  assert.equal(simulator.truth().length, 1);
  const probe = await post(simulator, { body: "" });
  assert.equal(probe.status, 200);
});

Deno.test("top-ups and refunds raise the balance, debits lower it", async () => {
  const { simulator } = openSimulator();
  await call(simulator, ["accountAddFunds", DEBIT]);
  await call(simulator, ["accountCredit", DEBIT]);
  await call(simulator, ["accountDebit", DEBIT]);
  assert.equal(simulator.account(I_ACCOUNT)?.balanceMicros, 17_500_000n);
  assert.deepEqual(simulator.truth().map(({ kind }) => kind), ["add_funds", "credit", "debit"]);
});

Deno.test("getAccountInfo turns the balance around, listAccounts does not", async () => {
  const { simulator } = openSimulator();
  simulator.placeAccount({ balanceMicros: -1_500_000n });
  const one = await call(simulator, ["getAccountInfo", DEBIT]);
  assert(one.status === "answer");
  assert.equal(textOf(memberOf(one.value, "balance")), "-5.000000");
  const all = await call(simulator, ["listAccounts", structOf({})]);
  const accounts = all.status === "answer" ? memberOf(all.value, "accounts") : null;
  assert(accounts?.kind === "array");
  assert.deepEqual(accounts.items.map((each) => textOf(memberOf(each, "balance"))), [
    "5.000000",
    "-1.500000",
  ]);
});

const REFUSED: [string, XmlRpcValue][] = [
  ["an int amount", { kind: "int", value: 5 }],
  ["an amount as text", { kind: "string", text: "5.00" }],
  ["an amount of zero", { kind: "double", text: "0.00" }],
  ["a negative amount", { kind: "double", text: "-5.00" }],
];

for (const [name, amount] of REFUSED) {
  Deno.test(`${name} is refused under HTTP 200`, async () => {
    const { simulator } = openSimulator();
    const parameters = { kind: "struct" as const, members: new Map(DEBIT.members) };
    parameters.members.set("amount", amount);
    assert.equal((await call(simulator, ["accountDebit", parameters])).status, "fault");
    assert.equal(simulator.truth().length, 0);
  });
}

Deno.test("an unknown method, and no method at all, are faults", async () => {
  const { simulator } = openSimulator();
  assert.equal((await call(simulator, ["makePayment", DEBIT])).status, "fault");
  const authorization = await login(simulator);
  const answer = await post(simulator, { body: "nonsense", authorization });
  assert.equal(decodeAnswer(await answer.text()).status, "fault");
});

Deno.test("stop() forgets what was to be executed late", async () => {
  const { simulator, clock } = openSimulator();
  simulator.faults.money.next = ["late", "late"];
  assert.equal((await call(simulator, ["accountDebit", DEBIT])).status, "malformed");
  clock.advance(90 * SECOND_MS);
  assert.equal(simulator.truth().length, 1);
  await call(simulator, ["accountDebit", DEBIT]);
  assert.equal(simulator.lateCount(), 1);
  simulator.stop();
  clock.advance(90 * SECOND_MS);
  assert.deepEqual([simulator.truth().length, simulator.lateCount()], [1, 0]);
});

Deno.test("faults come from the queue, then by chance, and null lets a request pass", () => {
  const plan = {
    next: ["fault", null] as (SippyFault | null)[],
    rates: { lost: 0.25, late: 0.25 },
  };
  const take = (drawn: number) => takeSippyFault(plan, () => drawn);
  assert.deepEqual([take(0), take(0)], ["fault", null]);
  assert.deepEqual([0, 0.249, 0.25, 0.499, 0.5, 0.999].map(take), [
    ...["lost", "lost", "late", "late"],
    ...[null, null],
  ]);
});

Deno.test("chance strikes money and lookups each by its own rates", async () => {
  const { simulator } = openSimulator();
  simulator.faults.money.rates = { fault: 0.51 };
  assert.equal((await call(simulator, ["accountDebit", DEBIT])).status, "fault");
  assert.equal((await call(simulator, ["getAccountInfo", DEBIT])).status, "answer");
  simulator.faults.money.rates = { fault: 0.5 };
  simulator.faults.lookups.rates = { fault: 1 };
  assert.equal((await call(simulator, ["accountDebit", DEBIT])).status, "answer");
  assert.equal((await call(simulator, ["getAccountInfo", DEBIT])).status, "fault");
});

Deno.test("staff books by hand; an account's number is given once", () => {
  const { simulator } = openSimulator();
  const booking = { kind: "debit", amountMicros: 1n, notes: "staff", paymentTimeMs: null } as const;
  assert.equal(simulator.bookByHand({ ...booking, iAccount: I_ACCOUNT }).executedAtMs, NOW_MS);
  assert.throws(() => simulator.bookByHand({ ...booking, iAccount: 1 }), /Cannot book/);
  assert.throws(() => simulator.placeAccount({ iAccount: I_ACCOUNT }), /Cannot place/);
});

Deno.test("whatever goes wrong, what the client says of a debit is true of the switch", async () => {
  await using sippy = serveSippy();
  const { faults, truth } = sippy.simulator;
  const kinds: SippyFault[] = [
    ...["wrong_password", "stale_nonce", "fault", "html_502", "lost", "html_502_executed"],
    ...["empty", "truncated", "dropped", "slow", "late"],
  ] as SippyFault[];
  faults.slowMs = 1;
  faults.lateMs = 1;
  const said = new Map<string, string>();
  for (let index = 0; index < 150; index++) {
    // Two queued faults, so that what follows a stale nonce goes wrong as well.
    const at = (step: number) => kinds[(index * step) % kinds.length] ?? null;
    faults.money.next = [at(1), at(7)];
    const notes = `ref=${index}`;
    const outcome = await sippy.client.debit({
      iAccount: I_ACCOUNT,
      amountMicros: BigInt(index + 1) * 10_000n,
      currency: "EUR",
      notes,
      paymentTimeMs: NOW_MS,
    });
    said.set(notes, outcome.status);
  }
  while (sippy.simulator.lateCount() > 0) await new Promise((resolve) => setTimeout(resolve, 5));
  for (const [notes, status] of said) {
    const count = truth().filter((each) => each.notes === notes).length;
    if (status === "charged") assert.equal(count, 1, notes);
    else if (status === "unknown") assert(count <= 1, notes);
    else assert.equal(count, 0, notes);
  }
  assert.deepEqual([...new Set(said.values())].sort(), [
    ...["charged", "not_sent", "refused", "unknown"],
  ]);
});
