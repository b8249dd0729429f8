import assert from "node:assert/strict";
import { getAccount } from "../../../core/accounts/account.ts";
import { ACME_NUMBER, populateAccount } from "../../support/world.ts";
import { type AppWorld, form, openApp, signedIn } from "../../support/app.ts";

const ANN = { email: "ann@example.com", role: "admin" } as const;
const VIC = { email: "vic@example.com", role: "viewer" } as const;

async function namesOn(world: AppWorld, path: string): Promise<string[]> {
  const answer = await world.app.request(path, { headers: await signedIn(world, ANN) });
  const html = await answer.text();
  return [...html.matchAll(/<th scope="row"><a href="\/admin\/accounts\/([^"]+)">/g)]
    .map(([, id]) => id!);
}

const SEARCHES: [query: string, ids: string[]][] = [
  ["", ["acme", "euro", "kiwi"]],
  ["?search=KIW", ["kiwi"]],
  [`?search=${encodeURIComponent(ACME_NUMBER)}`, ["acme"]],
  ["?search=(202)+555-0100", ["acme"]],
  ["?search=nobody", []],
  ["?status=suspended", []],
  ["?status=active&search=e", ["acme", "euro"]],
  ["?money=low", []],
  ["?money=negative", []],
  ["?status=nonsense", ["acme", "euro", "kiwi"]],
  ["?search=%00%ED%A0%80", []],
];

for (const [query, ids] of SEARCHES) {
  Deno.test(`the accounts of "${query}" are ${ids.join(", ") || "none"}`, async () => {
    using world = await openApp();
    assert.deepEqual(await namesOn(world, `/admin/accounts${query}`), ids);
  });
}

Deno.test("a long list has pages that keep the filter and leave nobody out", async () => {
  using world = await openApp();
  for (let i = 100; i < 160; i++) await populateAccount(world.deps, { id: `shop-${i}` });
  const headers = await signedIn(world, ANN);
  const seen: string[] = [];
  let path: string | undefined = "/admin/accounts?search=shop";
  for (let pages = 0; path && pages < 9; pages++) {
    seen.push(...await namesOn(world, path));
    const html = await (await world.app.request(path, { headers })).text();
    path = /href="([^"]*cursor=[^"]*)"/.exec(html)?.[1]?.replaceAll("&amp;", "&");
    assert(path === undefined || path.includes("search=shop"));
  }
  assert.deepEqual(seen, Array.from({ length: 60 }, (_, i) => `shop-${100 + i}`));
});

Deno.test("a cursor nobody gave out leads back to the list", async () => {
  using world = await openApp();
  const headers = await signedIn(world, ANN);
  const answer = await world.app.request("/admin/accounts?cursor=x", { headers });
  assert.equal(answer.status, 400);
  assert((await answer.text()).includes("could not be loaded"));
});

const NEW = { name: "Dune Hotels", id: "dune", email: "", currency: "EUR" };
const REST = { timezone: "Europe/Berlin", sippy_account_id: "" };

Deno.test("the form opens an account and goes to its page", async () => {
  using world = await openApp();
  const headers = await signedIn(world, ANN);
  const answer = await world.app.request("/admin/accounts", form({ ...NEW, ...REST }, headers));
  assert.equal(answer.status, 303);
  assert.equal(answer.headers.get("location"), "/admin/accounts/dune");
  const account = await getAccount(world.deps.store, "dune");
  assert.equal(account?.timezone, "Europe/Berlin");
  assert.equal(account?.email, null);
});

const FAULTS: [field: string, value: string, words: string][] = [
  ["name", "", "Give a name"],
  ["id", "a b", "The id may have"],
  ["id", "acme", "The id acme belongs to acme"],
  ["email", "nobody", "The e-mail is not one"],
  ["currency", "ZZZ", "The currency must be"],
  ["timezone", "Mars/Olympus", "The time zone must"],
  ["sippy_account_id", "0", "The Sippy account must"],
  ["is_admin", "yes", "The field is_admin is not known here"],
];

for (const [field, value, words] of FAULTS) {
  Deno.test(`the form says what is wrong with ${field} "${value}" and keeps the rest`, async () => {
    using world = await openApp();
    const fields = { ...NEW, ...REST, [field]: value };
    const headers = await signedIn(world, ANN);
    const answer = await world.app.request("/admin/accounts", form(fields, headers));
    const html = await answer.text();
    assert.equal(answer.status, 422);
    assert(html.includes(`href="#field-${field}"`), "the list on top links to the field");
    assert(html.includes(words));
    if (field !== "name") assert(html.includes('value="Dune Hotels"'));
    assert.equal(await getAccount(world.deps.store, "dune"), null);
  });
}

Deno.test("a viewer sees the list, and neither button nor form", async () => {
  using world = await openApp();
  const headers = await signedIn(world, VIC);
  const list = await (await world.app.request("/admin/accounts", { headers })).text();
  assert(!list.includes("New account"));
  assert.equal((await world.app.request("/admin/new-account", { headers })).status, 403);
  const posted = await world.app.request("/admin/accounts", form({ ...NEW, ...REST }, headers));
  assert.equal(posted.status, 403);
});
