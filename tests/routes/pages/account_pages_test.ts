import assert from "node:assert/strict";
import { getAccount } from "../../../core/accounts/account.ts";
import { findApiKey, listApiKeys } from "../../../core/accounts/api_keys.ts";
import { listNumbers } from "../../../core/accounts/numbers.ts";
import { getWalletView } from "../../../core/billing/move_money.ts";
import { balancePoints } from "../../../routes/pages/account/balance_charts.tsx";
import { type AppWorld, form, openApp, signedIn } from "../../support/app.ts";
import { ACME_NUMBER, KIWI_NUMBER, STRANGER, topUp } from "../../support/world.ts";

const ANN = { email: "ann@example.com", role: "admin" } as const;
const VIC = { email: "vic@example.com", role: "viewer" } as const;
const ACME = "/admin/accounts/acme";

async function readPage(world: AppWorld, path: string, who: typeof ANN | typeof VIC = ANN) {
  const answer = await world.app.request(path, { headers: await signedIn(world, who) });
  return { status: answer.status, html: await answer.text() };
}

async function send(world: AppWorld, path: string, fields: Record<string, string>) {
  const headers = await signedIn(world, ANN);
  const answer = await world.app.request(path, form(fields, headers));
  const html = await answer.text();
  const hidden = [...html.matchAll(/<input type="hidden" name="([^"]+)" value="([^"]*)"/g)]
    .map(([, name, value]) => [name!, value!.replaceAll("&quot;", '"')] as const);
  return { answer, status: answer.status, html, hidden: Object.fromEntries(hidden) };
}

Deno.test("an account's page shows its money with the formula, its numbers and its ledger", async () => {
  using world = await openApp();
  const { status, html } = await readPage(world, ACME);
  assert.equal(status, 200);
  assert(html.includes("balance <data"), "the formula");
  assert(html.includes(ACME_NUMBER));
  assert(html.includes("+$50.00"), "the first entry, signed");
  assert(html.includes("$0.11 a minute, billed 60/60"));
  assert(html.includes("by hand, <small>test</small>"));
});

Deno.test("a viewer sees the page of an account without any form that changes something", async () => {
  using world = await openApp();
  const { status, html } = await readPage(world, ACME, VIC);
  assert.equal(status, 200);
  const posts = [...html.matchAll(/<form[^>]*method="post"[^>]*action="([^"]+)"/g)];
  assert.deepEqual(posts.map(([, action]) => action), ["/logout"]);
  for (const word of ["Top up", "Release", "Make a key", "Suspend"]) {
    assert(!html.includes(word), word);
  }
});

Deno.test("an account that is not there is a page that says so", async () => {
  using world = await openApp();
  const { status, html } = await readPage(world, "/admin/accounts/nobody");
  assert.equal(status, 404);
  assert(html.includes("No account has this id."));
});

Deno.test("entries are filtered by kind and by days of the account's zone", async () => {
  using world = await openApp();
  // At 22:30 UTC of 31 January it is 1 February in Auckland.
  const rows = async (query: string) => {
    const { html } = await readPage(world, `/admin/accounts/kiwi?${query}`);
    return [...html.matchAll(/<td>top-up<\/td>/g)].length;
  };
  assert.equal(await rows("from=2026-02-01&to=2026-02-01"), 1);
  assert.equal(await rows("to=2026-01-31"), 0);
  assert.equal(await rows("kind=charge"), 0);
  assert.equal(await rows("kind=top_up"), 1);
  const { html } = await readPage(world, "/admin/accounts/kiwi?from=tomorrow");
  assert(html.includes("Give a day, such as 2026-11-20"));
});

Deno.test("the balance line goes back from the present by what each day moved", () => {
  const day = (name: string, micros: bigint | null) => ({
    day: name,
    total: micros === null ? null : { byKindMicros: { top_up: micros } } as never,
  });
  const points = balancePoints({
    nowMs: Date.UTC(2026, 0, 4, 12),
    account: { createdAtMs: Date.UTC(2026, 0, 2, 9) } as never,
    walletView: { wallet: { balanceMicros: 8_000_000n } } as never,
    days: [
      day("2026-01-01", null),
      day("2026-01-02", 5_000_000n),
      day("2026-01-03", 3_000_000n),
      day("2026-01-04", null),
    ],
  });
  assert.deepEqual(points.map(({ atMs, amount }) => [new Date(atMs).toISOString(), amount]), [
    ["2026-01-02T00:00:00.000Z", "0.000000"],
    ["2026-01-03T00:00:00.000Z", "5.000000"],
    ["2026-01-04T00:00:00.000Z", "8.000000"],
    ["2026-01-04T12:00:00.000Z", "8.000000"],
  ]);
});

Deno.test("a number is reviewed, added from an instant of the account's zone, and released", async () => {
  using world = await openApp();
  const path = "/admin/accounts/kiwi/numbers";
  const review = await send(world, path, {
    number: "+1 (212) 555-0199",
    carrier: "",
    from: "2026-01-31T10:00",
  });
  assert.equal(review.status, 200);
  assert(review.html.includes("nothing: no call since then is without an owner"));
  const added = await send(world, path, review.hidden);
  assert.equal(added.status, 303);
  const numbers = await listNumbers(world.deps.store, "kiwi");
  const found = numbers.find(({ number }) => number === STRANGER);
  assert.equal(found?.holding.fromMs, Date.UTC(2026, 0, 30, 21), "10:00 in Auckland");
  assert(world.done.some((what) => what.startsWith("job ")), "what it claims is billed at once");
  await send(world, "/admin/accounts/kiwi/number-releases", { number: STRANGER });
  const after = await listNumbers(world.deps.store, "kiwi");
  assert.notEqual(after.find(({ number }) => number === STRANGER)?.holding.toMs, null);
});

Deno.test("a number that another account holds is refused with who holds it", async () => {
  using world = await openApp();
  const review = await send(world, `${ACME}/numbers`, { number: KIWI_NUMBER });
  const { status, html } = await send(world, `${ACME}/numbers`, review.hidden);
  assert.equal(status, 422);
  assert(html.includes("The account kiwi holds this number"));
});

Deno.test("a key is shown once, opens the account, and is revoked", async () => {
  using world = await openApp();
  const { status, html } = await send(world, `${ACME}/api-keys`, { name: "dialer" });
  assert.equal(status, 200);
  const key = /<code>(tk_[^<]+)<\/code>/.exec(html)![1]!;
  assert.equal((await findApiKey(world.deps.store, key))?.accountId, "acme");
  const page = await readPage(world, ACME);
  assert(page.html.includes("dialer") && !page.html.includes(key));
  const [kept] = await listApiKeys(world.deps.store, "acme");
  await send(world, `${ACME}/api-key-revocations`, { key_id: kept!.id });
  assert.equal(await findApiKey(world.deps.store, key), null);
});

Deno.test("settings are saved by who has seen the present ones; a conflict keeps what was typed", async () => {
  using world = await openApp();
  const path = `${ACME}/settings`;
  const etagOn = (html: string) => /name="etag" value="([^"]+)"/.exec(html)![1]!;
  const etag = etagOn((await readPage(world, path)).html).replaceAll("&quot;", '"');
  const mine = { policy: "overdraw", credit_limit: "5", thresholds: "20, 5.5", etag };
  assert.equal((await send(world, path, mine)).status, 303);
  const { wallet } = (await getWalletView(world.deps, "acme"))!;
  assert.deepEqual(wallet.lowBalanceThresholdsMicros, [20_000_000n, 5_500_000n]);
  assert.equal(wallet.creditLimitMicros, 5_000_000n);
  assert.equal(wallet.policy, "overdraw");

  const late = await send(world, path, { ...mine, credit_limit: "9" });
  assert.equal(late.status, 409);
  assert(late.html.includes("Somebody else has saved these settings meanwhile"));
  assert(late.html.includes('value="9"'), "what was typed is kept");
  assert.equal((await getWalletView(world.deps, "acme"))!.wallet.creditLimitMicros, 5_000_000n);
  const again = await send(world, path, {
    ...mine,
    credit_limit: "9",
    etag: late.hidden.etag!,
  });
  assert.equal(again.status, 303, "the conflict page's form has seen them");
});

Deno.test("charges meanwhile are no conflict of settings", async () => {
  using world = await openApp();
  const path = `${ACME}/settings`;
  const { html } = await readPage(world, path);
  const etag = /name="etag" value="([^"]+)"/.exec(html)![1]!.replaceAll("&quot;", '"');
  await topUp(world.deps, { accountId: "acme", micros: 1_000_000n });
  const fields = { policy: "wait", credit_limit: "1", thresholds: "", etag };
  assert.equal((await send(world, path, fields)).status, 303);
});

for (
  const [field, value] of [["credit_limit", "-1"], ["thresholds", "a"], [
    "policy",
    "never",
  ]] as const
) {
  Deno.test(`settings with ${field} "${value}" are refused beside the field`, async () => {
    using world = await openApp();
    const fields = { policy: "wait", credit_limit: "1", thresholds: "", etag: "x" };
    const { status, html } = await send(world, `${ACME}/settings`, { ...fields, [field]: value });
    assert.equal(status, 422);
    assert(html.includes(`href="#field-${field}"`));
  });
}

Deno.test("an account is suspended and resumed; what is out of date changes nothing", async () => {
  using world = await openApp();
  const statusOf = async () => (await getAccount(world.deps.store, "acme"))!.status;
  const { html } = await readPage(world, `${ACME}/status?to=suspended`);
  assert(html.includes("Suspend acme"));
  const fields = { to: "suspended", from: "active" };
  assert.equal((await send(world, `${ACME}/status`, fields)).status, 303);
  assert.equal(await statusOf(), "suspended");
  await send(world, `${ACME}/status`, { to: "closed", from: "active" });
  assert.equal(await statusOf(), "suspended", "it was shown as active, and is not");
  await send(world, `${ACME}/status`, { to: "active", from: "suspended" });
  assert.equal(await statusOf(), "active");
});

Deno.test("details are changed one by one, and the installation's own key is refused", async () => {
  using world = await openApp();
  const path = `${ACME}/details`;
  const fields = {
    name: "Acme Inc.",
    email: "ops@example.com",
    timezone: "Europe/Berlin",
    sippy_account_id: "77",
    bland_api_key: "",
  };
  assert.equal((await send(world, path, fields)).status, 303);
  const account = (await getAccount(world.deps.store, "acme"))!;
  assert.deepEqual(
    [account.name, account.email, account.timezone, account.sippyAccountId, account.hasBlandKey],
    ["Acme Inc.", "ops@example.com", "Europe/Berlin", 77, false],
  );
  const key = world.appDeps.config.bland!.apiKey.reveal();
  const refused = await send(world, path, { ...fields, bland_api_key: key });
  assert.equal(refused.status, 422);
  assert(refused.html.includes("is the key of the installation itself"));
  assert(!refused.html.includes(key), "what was typed into it is not shown again");
});
