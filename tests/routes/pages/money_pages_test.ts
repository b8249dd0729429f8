import assert from "node:assert/strict";
import { getWalletView } from "../../../core/billing/move_money.ts";
import { listEntries } from "../../../core/wallet/read_entries.ts";
import { type AppWorld, form, openApp, signedIn } from "../../support/app.ts";

const ANN = { email: "ann@example.com", role: "admin" } as const;
const VIC = { email: "vic@example.com", role: "viewer" } as const;
const PATH = "/admin/accounts/acme/top-up";

async function balanceOf(world: AppWorld, accountId = "acme"): Promise<bigint> {
  return (await getWalletView(world.deps, accountId))!.wallet.balanceMicros;
}

/** Fills the form, and answers what its review would send. */
async function review(world: AppWorld, path: string, fields: Record<string, string>) {
  const headers = await signedIn(world, ANN);
  const answer = await world.app.request(path, form(fields, headers));
  const html = await answer.text();
  const hidden = [...html.matchAll(/<input type="hidden" name="([^"]+)" value="([^"]*)"/g)]
    .map(([, name, value]) => [name!, value!] as const);
  return { status: answer.status, html, headers, fields: Object.fromEntries(hidden) };
}

Deno.test("a top-up is reviewed before it is posted: before and after, and nothing has moved", async () => {
  using world = await openApp();
  const { status, html, fields } = await review(world, PATH, { amount: "25", reason: "Transfer" });
  assert.equal(status, 200);
  assert(html.includes('value="50.000000">$50.00</data>'));
  assert(html.includes('value="75.000000">$75.00</data>'));
  assert.deepEqual({ ...fields, form_id: "" }, {
    amount: "25",
    reason: "Transfer",
    reference: "",
    form_id: "",
  });
  assert.equal(await balanceOf(world), 50_000_000n);
});

Deno.test("the review posts once; a second click is told what the first one did", async () => {
  using world = await openApp();
  const { fields, headers } = await review(world, PATH, {
    amount: "25.50",
    reason: "Bank\ntransfer",
    reference: "4711",
  });
  const first = await world.app.request(PATH, form(fields, headers));
  const second = await world.app.request(PATH, form(fields, headers));
  for (const answer of [first, second]) {
    assert.equal(answer.status, 303);
    assert.equal(answer.headers.get("location"), "/admin/accounts/acme");
  }
  assert.equal(await balanceOf(world), 75_500_000n);
  const entries = await listEntries(world.deps.store, { accountId: "acme", limit: 5 });
  assert.equal(entries!.rows.length, 2);
  const { value } = entries!.rows[0]!;
  assert.equal(value.description, "Bank transfer");
  assert.equal(value.actor, ANN.email);
  assert.deepEqual(value.metadata, { reference: "4711" });
  const cookie = second.headers.get("set-cookie")!;
  const page = await world.app.request("/admin/accounts/acme", {
    headers: { cookie: `${headers.cookie}; ${cookie.split(";")[0]}` },
  });
  const html = await page.text();
  assert(html.includes("This was done before, once: Top-up of $25.50 is entry 2"));
  assert.match(page.headers.get("set-cookie") ?? "", /-flash=; Max-Age=0/, "it is shown once");
});

Deno.test("two clicks at the same instant post once", async () => {
  using world = await openApp();
  const { fields, headers } = await review(world, PATH, { amount: "5", reason: "Transfer" });
  const answers = await Promise.all(
    [1, 2, 3].map(() => world.app.request(PATH, form(fields, headers))),
  );
  assert.deepEqual(answers.map(({ status }) => status), [303, 303, 303]);
  assert.equal(await balanceOf(world), 55_000_000n);
});

Deno.test("a review that was altered after its first use posts nothing", async () => {
  using world = await openApp();
  const { fields, headers } = await review(world, PATH, { amount: "5", reason: "Transfer" });
  await world.app.request(PATH, form(fields, headers));
  const altered = await world.app.request(PATH, form({ ...fields, amount: "500" }, headers));
  assert.equal(altered.status, 422);
  assert((await altered.text()).includes("used for something else before"));
  assert.equal(await balanceOf(world), 55_000_000n);
});

const FAULTS: [path: string, amount: string, words: string][] = [
  ["top-up", "", "plain digits with a point"],
  ["top-up", "1,000", "plain digits with a point"],
  ["top-up", "1e3", "plain digits with a point"],
  ["top-up", "0.0000001", "plain digits with a point"],
  ["top-up", "0", "must not be zero"],
  ["top-up", "-5", "must be more than zero"],
  ["refund", "-5", "must be more than zero"],
  ["adjustment", "0.00", "must not be zero"],
  ["adjustment", "-50.000001", "Only $50.00 is available"],
];

for (const [path, amount, words] of FAULTS) {
  Deno.test(`${path} of "${amount}" is refused beside its field`, async () => {
    using world = await openApp();
    const fields = { amount, reason: "Why" };
    const { status, html } = await review(world, `/admin/accounts/acme/${path}`, fields);
    assert.equal(status, 422);
    assert(html.includes(words), html);
    assert(html.includes('href="#field-amount"') && html.includes('aria-invalid="true"'));
    assert(html.includes("Why"), "what was typed stays");
  });
}

Deno.test("without a reason nothing is reviewed", async () => {
  using world = await openApp();
  const { status, html } = await review(world, PATH, { amount: "5", reason: "  " });
  assert.equal(status, 422);
  assert(html.includes("Give a reason"));
});

Deno.test("an adjustment may take everything that is available, and a wallet that overdraws more", async () => {
  using world = await openApp();
  for (const [id, amount, left] of [["acme", "-50", 0n], ["kiwi", "-25", -5_000_000n]] as const) {
    const path = `/admin/accounts/${id}/adjustment`;
    const { fields, headers } = await review(world, path, { amount, reason: "Correction" });
    assert.equal((await world.app.request(path, form(fields, headers))).status, 303);
    assert.equal(await balanceOf(world, id), left);
  }
});

Deno.test("money that went meanwhile is noticed when the review is confirmed", async () => {
  using world = await openApp();
  const path = "/admin/accounts/acme/adjustment";
  const one = await review(world, path, { amount: "-40", reason: "One" });
  const two = await review(world, path, { amount: "-40", reason: "Two" });
  assert.equal((await world.app.request(path, form(one.fields, one.headers))).status, 303);
  const late = await world.app.request(path, form(two.fields, two.headers));
  assert.equal(late.status, 422);
  assert((await late.text()).includes("Only $10.00 is available"));
  assert.equal(await balanceOf(world), 10_000_000n);
});

Deno.test("money of an account that is not there answers 404, of a viewer 403", async () => {
  using world = await openApp();
  const headers = await signedIn(world, ANN);
  const answer = await world.app.request("/admin/accounts/nobody/top-up", { headers });
  assert.equal(answer.status, 404);
  const viewer = await signedIn(world, VIC);
  const refused = await world.app.request(PATH, form({ amount: "5", reason: "Why" }, viewer));
  assert.equal(refused.status, 403);
});
