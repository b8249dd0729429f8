import assert from "node:assert/strict";
import {
  findPortalLink,
  listPortalLinks,
  makePortalLink,
  PORTAL_LINK_LIFE_MS,
  REDEEM_AGAIN_MS,
  redeemPortalLink,
  revokePortalLink,
  stateOfLink,
} from "../../../core/accounts/portal_links.ts";
import {
  findSession,
  openSession,
  PORTAL_SESSION_LIFE_MS,
  SESSION_IDLE_MS,
} from "../../../core/accounts/sessions.ts";
import { listAudit } from "../../../core/audit/audit.ts";
import { MINUTE_MS } from "../../../core/clock.ts";
import { openDoors, openWorld, type World } from "../../support/world.ts";

async function makeLink({ deps }: World, accountId = "acme") {
  const made = await makePortalLink(deps, { accountId, actor: "ann@example.com" });
  assert(made.status === "portal_link_made");
  return made;
}

Deno.test("a link opens for the first browser and for no other, whoever comes at the same time", async () => {
  using world = await openWorld();
  const { token } = await makeLink(world);
  const other = openDoors({ kv: world.kv, clock: world.clock, seed: 9 });
  const outcomes = await Promise.all(
    [world.deps, other, world.deps, other].map((deps, at) =>
      redeemPortalLink(deps, { token, browser: `browser ${at}` })
    ),
  );
  const statuses = outcomes.map(({ status }) => status).toSorted();
  assert.deepEqual(statuses, [
    "portal_link_not_good",
    "portal_link_not_good",
    "portal_link_not_good",
    "portal_link_redeemed",
  ]);
});

Deno.test("the browser that redeemed a link may press again for a minute", async () => {
  using world = await openWorld();
  const { token } = await makeLink(world);
  const redeem = async (browser: string) =>
    (await redeemPortalLink(world.deps, { token, browser })).status;
  assert.equal(await redeem("hers"), "portal_link_redeemed");
  world.clock.advance(REDEEM_AGAIN_MS - 1);
  assert.equal(await redeem("hers"), "portal_link_redeemed");
  assert.equal(await redeem("his"), "portal_link_not_good");
  world.clock.advance(1);
  assert.equal(await redeem("hers"), "portal_link_not_good");
});

Deno.test("a link opens until its day has passed, to the millisecond, and not after it is taken back", async () => {
  using world = await openWorld();
  const { deps, clock } = world;
  const { token, link } = await makeLink(world);
  const isGood = async () => (await findPortalLink(deps, { token, browser: "b" }))?.isGood;
  clock.advance(PORTAL_LINK_LIFE_MS - 1);
  assert.equal(await isGood(), true);
  clock.advance(1);
  assert.equal(await isGood(), false);
  assert.equal(stateOfLink(link, clock.now()), "expired");
  const second = await makeLink(world);
  const revocation = { accountId: "acme", linkId: second.link.id, actor: "ann@example.com" };
  assert.equal((await revokePortalLink(deps, revocation)).status, "portal_link_revoked");
  assert.equal((await revokePortalLink(deps, revocation)).status, "portal_link_revoked");
  const outcome = await redeemPortalLink(deps, { token: second.token, browser: "b" });
  assert.equal(outcome.status, "portal_link_not_good");
  const foreign = { ...revocation, accountId: "kiwi" };
  assert.equal((await revokePortalLink(deps, foreign)).status, "portal_link_not_found");
});

Deno.test("a token is kept nowhere: not in a row, not in the audit log, not in the list", async () => {
  using world = await openWorld();
  world.clock.advance(1_000);
  const { token } = await makeLink(world);
  await redeemPortalLink(world.deps, { token, browser: "the browser's own" });
  const rows = await Array.fromAsync(world.kv.list({ prefix: [] }));
  const text = rows.map(({ key, value }) =>
    JSON.stringify(key) + (value instanceof Uint8Array ? new TextDecoder().decode(value) : value)
  ).join("\n");
  assert(!text.includes(token) && !text.includes("the browser's own"));
  assert(!JSON.stringify(world.logged).includes(token));
  const audit = await listAudit(world.deps.store, { limit: 1 });
  assert.equal(audit?.rows[0]?.value.action, "portal_link_made");
});

Deno.test("links are listed newest first; no account has none, and no account gets one", async () => {
  using world = await openWorld();
  const first = await makeLink(world);
  world.clock.advance(1);
  const second = await makeLink(world);
  await makeLink(world, "kiwi");
  const ids = (await listPortalLinks(world.deps.store, "acme")).map(({ id }) => id);
  assert.deepEqual(ids, [second.link.id, first.link.id]);
  const made = await makePortalLink(world.deps, { accountId: "nobody", actor: "test" });
  assert.equal(made.status, "account_not_found");
  for (const token of ["", "x", `${first.token}x`, "A".repeat(43)]) {
    assert.equal(await findPortalLink(world.deps, { token, browser: "b" }), null);
  }
});

Deno.test("a customer's session idles out after half an hour and ends after a day, or with its link", async () => {
  using world = await openWorld();
  const deps = { ...world.deps, sessionSecret: "secret" };
  const { link } = await makeLink(world);
  const subject = { kind: "account", accountId: "acme", linkId: link.id } as const;
  const token = await openSession(deps, subject);
  for (let spentMs = 0; spentMs < PORTAL_SESSION_LIFE_MS; spentMs += 20 * MINUTE_MS) {
    assert.deepEqual(await findSession(deps, token), subject);
    world.clock.advance(20 * MINUTE_MS);
  }
  assert.equal(await findSession(deps, token), null, "a day is over");
  const idle = await openSession(deps, subject);
  world.clock.advance(SESSION_IDLE_MS);
  assert.equal(await findSession(deps, idle), null, "half an hour without a click");
  const open = await openSession(deps, subject);
  await revokePortalLink(deps, { accountId: "acme", linkId: link.id, actor: "test" });
  assert.equal(await findSession(deps, open), null, "its link was taken back");
});
