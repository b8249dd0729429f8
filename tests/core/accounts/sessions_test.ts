import assert from "node:assert/strict";
import { changePerson } from "../../../core/accounts/people.ts";
import {
  closeSession,
  findSession,
  openSession,
  SESSION_IDLE_MS,
  SESSION_LIFE_MS,
  SESSION_TOUCH_MS,
} from "../../../core/accounts/sessions.ts";
import { HOUR_MS, MINUTE_MS } from "../../../core/clock.ts";
import { addQuickPerson } from "../../support/app.ts";
import { openWorld } from "../../support/world.ts";

async function openHall() {
  const world = await openWorld({ isEmpty: true });
  const deps = { ...world.deps, sessionSecret: "a secret of the tests" };
  const person = await addQuickPerson(world, { email: "ada@example.com", role: "admin" });
  const subject = { kind: "person", email: person.email, epoch: person.epoch } as const;
  return { world, deps, subject, [Symbol.dispose]: () => world.close() };
}

Deno.test("a session is found by its token, and its token is kept nowhere", async () => {
  using hall = await openHall();
  const token = await openSession(hall.deps, hall.subject);
  assert.match(token, /^[\w-]{43}$/);
  const found = await findSession(hall.deps, token);
  assert(found?.kind === "person" && found.person.email === "ada@example.com");
  for await (const { key, value } of hall.world.kv.list({ prefix: [] })) {
    const text = key.join() + new TextDecoder().decode(value as Uint8Array);
    assert(!text.includes(token), key.join("/"));
  }
  for (const wrong of ["", "x", token.slice(1), `${token}x`, token.replace(/.$/, "!")]) {
    assert.equal(await findSession(hall.deps, wrong), null);
  }
});

Deno.test("another SESSION_SECRET ends every session", async () => {
  using hall = await openHall();
  const token = await openSession(hall.deps, hall.subject);
  assert.equal(await findSession({ ...hall.deps, sessionSecret: "another" }, token), null);
  assert.equal(await findSession({ ...hall.deps, sessionSecret: null }, token), null);
});

Deno.test("a session ends after half an hour without a request, to the millisecond", async () => {
  for (
    const [idleMs, isFound] of [[SESSION_IDLE_MS - 1, true], [SESSION_IDLE_MS, false]] as const
  ) {
    using hall = await openHall();
    const token = await openSession(hall.deps, hall.subject);
    hall.world.clock.advance(idleMs);
    assert.equal(await findSession(hall.deps, token) !== null, isFound);
  }
});

Deno.test("a session in use goes on, and ends after twelve hours all the same", async () => {
  using hall = await openHall();
  const token = await openSession(hall.deps, hall.subject);
  for (let ms = 0; ms < SESSION_LIFE_MS - 20 * MINUTE_MS; ms += 20 * MINUTE_MS) {
    hall.world.clock.advance(20 * MINUTE_MS);
    assert(await findSession(hall.deps, token), `after ${ms / HOUR_MS} hours`);
  }
  hall.world.clock.advance(20 * MINUTE_MS - 1);
  assert(await findSession(hall.deps, token));
  hall.world.clock.advance(1);
  assert.equal(await findSession(hall.deps, token), null);
});

Deno.test("a session in use is written once a minute, not at every request", async () => {
  using hall = await openHall();
  const token = await openSession(hall.deps, hall.subject);
  const stamp = async () => {
    const rows = await Array.fromAsync(hall.world.kv.list({ prefix: ["session"] }));
    return rows[0]?.versionstamp;
  };
  const first = await stamp();
  hall.world.clock.advance(SESSION_TOUCH_MS - 1);
  await findSession(hall.deps, token);
  assert.equal(await stamp(), first);
  hall.world.clock.advance(1);
  await findSession(hall.deps, token);
  assert.notEqual(await stamp(), first);
});

Deno.test("a session ends at sign-out, when its person changes, and when its person is gone", async () => {
  using hall = await openHall();
  const [one, two] = [
    await openSession(hall.deps, hall.subject),
    await openSession(hall.deps, hall.subject),
  ];
  await closeSession(hall.deps, one);
  await closeSession(hall.deps, one);
  assert.equal(await findSession(hall.deps, one), null);
  assert(await findSession(hall.deps, two));
  await changePerson(hall.deps, { email: "ada@example.com", change: {}, actor: "test" });
  assert.equal(await findSession(hall.deps, two), null);
  const three = await openSession(hall.deps, { ...hall.subject, epoch: 2 });
  assert(await findSession(hall.deps, three));
  await hall.world.kv.delete(["person", "ada@example.com"]);
  assert.equal(await findSession(hall.deps, three), null);
});

Deno.test("a session that is being touched while it is ended stays ended", async () => {
  using hall = await openHall();
  const token = await openSession(hall.deps, hall.subject);
  hall.world.clock.advance(SESSION_TOUCH_MS);
  const slow = {
    ...hall.deps,
    store: {
      ...hall.deps.store,
      commit: async (write: Parameters<typeof hall.deps.store.commit>[0]) => {
        await closeSession(hall.deps, token);
        return await hall.deps.store.commit(write);
      },
    },
  };
  await findSession(slow, token);
  assert.equal(await findSession(hall.deps, token), null);
});

Deno.test("an account's session knows its account and nothing else", async () => {
  using hall = await openHall();
  const token = await openSession(hall.deps, { kind: "account", accountId: "acme" });
  assert.deepEqual(await findSession(hall.deps, token), { kind: "account", accountId: "acme" });
});
