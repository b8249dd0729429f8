import assert from "node:assert/strict";
import {
  API_KEY_SHAPE,
  findApiKey,
  listApiKeys,
  makeApiKey,
  revokeApiKey,
} from "../../../core/accounts/api_keys.ts";
import { listAudit } from "../../../core/audit/audit.ts";
import { openWorld } from "../../support/world.ts";

const WANTED = { accountId: "acme", name: "dialer", actor: "admin" };

Deno.test("makeApiKey() shows the key once and keeps its hash only", async () => {
  using world = await openWorld();
  const made = await makeApiKey(world.deps, WANTED);
  assert(made.status === "api_key_made");
  assert.match(made.key, API_KEY_SHAPE);
  assert.equal(made.apiKey.prefix, made.key.slice(0, 11));
  for await (const { key, value } of world.kv.list({ prefix: [] })) {
    const text = key.join() + new TextDecoder().decode(value as Uint8Array);
    assert(!text.includes(made.key), key.join("/"));
  }
  assert.equal((await findApiKey(world.deps.store, made.key))?.id, made.apiKey.id);
  const listed = await listApiKeys(world.deps.store, "acme");
  assert.deepEqual(listed.map(({ id }) => id), [made.apiKey.id]);
  assert.deepEqual(await listApiKeys(world.deps.store, "kiwi"), []);
});

Deno.test("makeApiKey() refuses an account that does not exist", async () => {
  using world = await openWorld();
  const made = await makeApiKey(world.deps, { ...WANTED, accountId: "nobody" });
  assert.deepEqual(made, { status: "account_not_found" });
});

Deno.test("findApiKey() knows no other key, and looks nothing up that is not shaped like one", async () => {
  using world = await openWorld();
  const made = await makeApiKey(world.deps, WANTED);
  assert(made.status === "api_key_made");
  const { key } = made;
  for (const wrong of ["", "tk_", key.slice(0, -1), `${key}x`, key.replace("tk_", "TK_")]) {
    assert.equal(await findApiKey(world.deps.store, wrong), null);
  }
  assert.equal(await findApiKey(world.deps.store, `tk_${"A".repeat(43)}`), null);
});

Deno.test("revokeApiKey() closes a key for good, once, and only for its own account", async () => {
  using world = await openWorld();
  world.clock.advance(1_000);
  const made = await makeApiKey(world.deps, WANTED);
  world.clock.advance(1_000);
  assert(made.status === "api_key_made");
  const keyId = made.apiKey.id;
  const foreign = await revokeApiKey(world.deps, { accountId: "kiwi", keyId, actor: "admin" });
  assert.deepEqual(foreign, { status: "api_key_not_found" });
  assert(await findApiKey(world.deps.store, made.key));
  const revoked = await revokeApiKey(world.deps, { accountId: "acme", keyId, actor: "admin" });
  world.clock.advance(1_000);
  const again = await revokeApiKey(world.deps, { accountId: "acme", keyId, actor: "admin" });
  assert(revoked.status === "api_key_revoked" && again.status === "api_key_revoked");
  assert.equal(again.apiKey.revokedAtMs, revoked.apiKey.revokedAtMs);
  assert.equal(await findApiKey(world.deps.store, made.key), null);
  const [kept] = await listApiKeys(world.deps.store, "acme");
  assert(kept?.revokedAtMs !== null);
  const audit = await listAudit(world.deps.store, { limit: 2 });
  assert.deepEqual(audit?.rows.map(({ value }) => value.action), [
    "api_key_revoked",
    "api_key_made",
  ]);
});
