import assert from "node:assert/strict";
import {
  addPerson,
  changePerson,
  ensureFirstAdmin,
  getPerson,
  verifyPassword,
} from "../../../core/accounts/people.ts";
import {
  HASHES_AT_ONCE,
  HASHES_WAITING_MAX,
  hashPassword,
  isOutdated,
  isPassword,
  PASSWORD_COST,
  TooManyHashes,
} from "../../../core/accounts/password.ts";
import { listAudit } from "../../../core/audit/audit.ts";
import { addQuickPerson } from "../../support/app.ts";
import { openDoors, openWorld } from "../../support/world.ts";

const ADA = { email: "Ada@Example.com ", password: "correct horse battery" };

Deno.test("ensureFirstAdmin() makes one admin, however often and from however many processes", async () => {
  using world = await openWorld({ isEmpty: true });
  const other = openDoors({ kv: world.kv, clock: world.clock, seed: 7 });
  const outcomes = await Promise.all([
    ensureFirstAdmin(world.deps, ADA),
    ensureFirstAdmin(other, ADA),
  ]);
  assert.deepEqual(outcomes.map(({ status }) => status).sort(), [
    "first_admin_made",
    "people_exist",
  ]);
  assert.deepEqual(await ensureFirstAdmin(other, { ...ADA, email: "eve@example.com" }), {
    status: "people_exist",
  });
  assert.equal(await getPerson(world.deps.store, "eve@example.com"), null);
  const ada = await getPerson(world.deps.store, "ada@example.com");
  assert.deepEqual([ada?.email, ada?.role], ["ada@example.com", "admin"]);
  const audit = await listAudit(world.deps.store, { limit: 10 });
  assert.deepEqual(audit?.rows.map(({ value }) => [value.action, value.subject]), [
    ["person_added", "ada@example.com"],
  ]);
});

Deno.test("verifyPassword() takes the right password in any spelling of the e-mail, and no other", async () => {
  using world = await openWorld({ isEmpty: true });
  await ensureFirstAdmin(world.deps, ADA);
  const found = await verifyPassword(world.deps, {
    email: "ADA@example.COM",
    password: ADA.password,
  });
  assert.equal(found?.email, "ada@example.com");
  for (const password of ["correct horse batterx", "Correct horse battery", ""]) {
    assert.equal(await verifyPassword(world.deps, { email: "ada@example.com", password }), null);
  }
  assert.equal(
    await verifyPassword(world.deps, { email: "eve@example.com", password: ADA.password }),
    null,
  );
});

Deno.test("a password is kept as scrypt with its parameters, never as it is", async () => {
  using world = await openWorld({ isEmpty: true });
  const kept = await hashPassword(world.deps.ids, { password: "a pässword" });
  assert.match(kept, /^scrypt\$131072\$8\$1\$[\w-]{22}\$[0-9a-f]{64}$/);
  assert(!isOutdated(kept));
  // The same letters, composed by another keyboard.
  assert(await isPassword(kept, "a pa\u0308ssword"));
  assert(!await isPassword(kept, "a passwort"));
  assert.equal(PASSWORD_COST.rounds, 2 ** 17);
});

Deno.test("a password of an older cost is hashed again at the sign-in", async () => {
  using world = await openWorld({ isEmpty: true });
  const before = await addQuickPerson(world, {
    email: "ada@example.com",
    role: "admin",
    password: ADA.password,
  });
  assert(isOutdated(before.passwordHash));
  assert(await verifyPassword(world.deps, { email: before.email, password: ADA.password }));
  const after = await getPerson(world.deps.store, before.email);
  assert(after && !isOutdated(after.passwordHash));
  assert.equal(after.epoch, before.epoch);
});

Deno.test("an unknown e-mail costs as much work as a known one", async () => {
  const startedMs = performance.now();
  assert.equal(await isPassword(null, "guess"), false);
  assert(performance.now() - startedMs > 100, "scrypt has run");
});

Deno.test("two hashes run at once, a few wait, and more are refused", async () => {
  using world = await openWorld({ isEmpty: true });
  const cost = { rounds: 2 ** 14, blockSize: 8, parallelism: 1 };
  const tries = Array.from(
    { length: HASHES_AT_ONCE + HASHES_WAITING_MAX + 1 },
    () => hashPassword(world.deps.ids, { password: "x", cost }),
  );
  const settled = await Promise.allSettled(tries);
  const refused = settled.filter(({ status }) => status === "rejected");
  assert.equal(refused.length, 1);
  assert((refused[0] as PromiseRejectedResult).reason instanceof TooManyHashes);
  await hashPassword(world.deps.ids, { password: "x", cost });
});

Deno.test("addPerson() refuses an e-mail somebody has, and changePerson() moves the epoch on", async () => {
  using world = await openWorld({ isEmpty: true });
  const bob = { email: "bob@example.com", password: "long enough", actor: "test" };
  assert.equal((await addPerson(world.deps, { ...bob, role: "viewer" })).status, "person_added");
  assert.equal((await addPerson(world.deps, { ...bob, role: "admin" })).status, "person_exists");
  const outcome = await changePerson(world.deps, {
    email: "Bob@example.com",
    change: { role: "admin" },
    actor: "test",
  });
  assert.equal(outcome.status, "person_changed");
  const after = await getPerson(world.deps.store, "bob@example.com");
  assert.deepEqual([after?.role, after?.epoch], ["admin", 2]);
  const nobody = await changePerson(world.deps, { email: "x@y.z", change: {}, actor: "test" });
  assert.equal(nobody.status, "person_not_found");
});
