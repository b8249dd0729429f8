import assert from "node:assert/strict";
import { type AccountQuery, getAccount, listAccounts } from "../../../core/accounts/account.ts";
import { changeAccount, openAccount } from "../../../core/billing/open_account.ts";
import { accountSecretKey, accountWithBlandKeyKey } from "../../../core/kv/keys.ts";
import { openWorld, populateAccount, type World } from "../../support/world.ts";

const named = async ({ deps }: World, query: Partial<AccountQuery>) => {
  const ids: string[] = [];
  let cursor: string | undefined;
  do {
    const page = await listAccounts(deps.store, { limit: 2, ...query, cursor });
    assert.ok(page);
    ids.push(...page.rows.map(({ value }) => value.id));
    cursor = page.nextCursor ?? undefined;
  } while (cursor !== undefined);
  return ids.join(" ");
};

Deno.test("accounts are listed by id, page after page, and searched by id, name, e-mail and status", async () => {
  using world = await openWorld();
  await populateAccount(world.deps, { id: "zeta" });
  await changeAccount(world.deps, {
    accountId: "kiwi",
    change: { name: "Zetland Ltd", email: "Pay@Kiwi.example", status: "suspended" },
    actor: "test",
  });
  assert.equal(await named(world, {}), "acme euro kiwi zeta");
  assert.equal(await named(world, { search: "ZET" }), "kiwi zeta");
  assert.equal(await named(world, { search: "pay@" }), "kiwi");
  assert.equal(await named(world, { status: "active" }), "acme euro zeta");
  assert.equal(await named(world, { search: "zet", status: "suspended" }), "kiwi");
  assert.equal(await named(world, { search: "nobody" }), "");
  assert.equal(await listAccounts(world.deps.store, { limit: 2, cursor: "?" }), null);
  assert.equal(await listAccounts(world.deps.store, { limit: 2, cursor: "?", search: "a" }), null);
});

const request = {
  id: "fresh",
  name: "Fresh",
  email: null,
  currency: "USD",
  timezone: "UTC",
  sippyAccountId: null,
  ratePlans: {},
};

Deno.test("of five who open one account at once one does, and its wallet is empty", async () => {
  using world = await openWorld();
  const outcomes = await Promise.all(
    Array.from({ length: 5 }, () => openAccount(world.deps, { request, actor: "test" })),
  );
  assert.deepEqual(outcomes.map(({ status }) => status).toSorted(), [
    ...Array(4).fill("account_exists"),
    "account_opened",
  ]);
});

Deno.test("opening an account again changes nothing about it or its money", async () => {
  using world = await openWorld();
  const outcome = await openAccount(world.deps, {
    request: { ...request, id: "acme", currency: "EUR" },
    actor: "test",
  });
  assert.equal(outcome.status, "account_exists");
  const { balanceMicros } =
    (await world.deps.store.get<{ balanceMicros: bigint }>(["wallet", "acme"]))!.value;
  assert.equal(balanceMicros, 50_000_000n);
  assert.equal((await getAccount(world.deps.store, "acme"))?.currency, "USD");
});

Deno.test("a Bland key is kept apart from its account, indexed, and can be taken away", async () => {
  using world = await openWorld();
  const { deps } = world;
  const has = async () =>
    (await deps.store.getMany([accountSecretKey("acme"), accountWithBlandKeyKey("acme")]))
      .map((row) => row !== null);
  const change = (blandApiKey: string | null | undefined) =>
    changeAccount(deps, { accountId: "acme", change: {}, blandApiKey, actor: "test" });
  await change("sk-1");
  assert.deepEqual(await has(), [true, true]);
  const row = await getAccount(deps.store, "acme");
  assert.equal(row?.hasBlandKey, true);
  assert.ok(!JSON.stringify(row).includes("sk-1"));
  await change(undefined);
  assert.deepEqual(await has(), [true, true]);
  await change(null);
  assert.deepEqual(await has(), [false, false]);
  assert.equal((await getAccount(deps.store, "acme"))?.hasBlandKey, false);
});

Deno.test("a change of an account that is not there is told so", async () => {
  using world = await openWorld();
  const outcome = await changeAccount(world.deps, {
    accountId: "nobody",
    change: { name: "x" },
    actor: "test",
  });
  assert.deepEqual(outcome, { status: "account_not_found" });
});
