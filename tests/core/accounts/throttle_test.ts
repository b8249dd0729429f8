import assert from "node:assert/strict";
import {
  countSignIn,
  FAILURES_PER_ADDRESS_MAX,
  FAILURES_PER_EMAIL_MAX,
  FAILURES_PER_PAIR_MAX,
  forgiveSignIn,
  KNOWN_ADDRESS_MS,
  SIGN_IN_WINDOW_MS,
  type SignInAttempt,
} from "../../../core/accounts/throttle.ts";
import { Unresolved } from "../../../core/kv/gates.ts";
import { faultyKv } from "../../support/faulty_kv.ts";
import { openWorld, type World } from "../../support/world.ts";

const ADA = { email: "ada@example.com", address: "192.0.2.1" };

async function fail(world: World, { attempt, times }: { attempt: SignInAttempt; times: number }) {
  for (let i = 0; i < times; i++) {
    assert.equal((await countSignIn(world.deps, attempt)).status, "may_try", `attempt ${i + 1}`);
  }
}
const isStopped = async (world: World, attempt: SignInAttempt) =>
  (await countSignIn(world.deps, attempt)).status === "too_many_attempts";

Deno.test("one address may fail ten times with one e-mail, until the window ends", async () => {
  using world = await openWorld({ isEmpty: true });
  world.clock.setTo(10 * SIGN_IN_WINDOW_MS);
  await fail(world, { attempt: ADA, times: FAILURES_PER_PAIR_MAX });
  world.clock.advance(1_000);
  assert.deepEqual(await countSignIn(world.deps, ADA), {
    status: "too_many_attempts",
    retryAfterMs: SIGN_IN_WINDOW_MS - 1_000,
  });
  assert(!await isStopped(world, { ...ADA, email: "bob@example.com" }));
  assert(!await isStopped(world, { ...ADA, address: "192.0.2.2" }));
  world.clock.advance(SIGN_IN_WINDOW_MS - 1_001);
  assert(await isStopped(world, ADA));
  world.clock.advance(1);
  assert(!await isStopped(world, ADA));
});

Deno.test("attempts side by side are all counted", async () => {
  using world = await openWorld({ isEmpty: true });
  const tries = Array.from(
    { length: FAILURES_PER_PAIR_MAX * 3 },
    () => countSignIn(world.deps, ADA),
  );
  const outcomes = await Promise.all(tries);
  const allowed = outcomes.filter(({ status }) => status === "may_try");
  assert.equal(allowed.length, FAILURES_PER_PAIR_MAX);
});

Deno.test("one address may fail a hundred times, whoever it tries to be", async () => {
  using world = await openWorld({ isEmpty: true });
  for (let i = 0; i < FAILURES_PER_ADDRESS_MAX; i++) {
    await fail(world, { attempt: { ...ADA, email: `${i}@example.com` }, times: 1 });
  }
  assert(await isStopped(world, { ...ADA, email: "one-more@example.com" }));
});

Deno.test("strangers cannot lock out somebody who comes from where they signed in before", async () => {
  using world = await openWorld({ isEmpty: true });
  await fail(world, { attempt: ADA, times: 1 });
  await forgiveSignIn(world.deps, ADA);
  for (let i = 0; i < FAILURES_PER_EMAIL_MAX; i++) {
    await fail(world, { attempt: { ...ADA, address: `198.51.100.${i}` }, times: 1 });
  }
  assert(await isStopped(world, { ...ADA, address: "198.51.100.200" }));
  assert(!await isStopped(world, ADA));
  world.clock.advance(KNOWN_ADDRESS_MS);
  for (let i = 0; i < FAILURES_PER_EMAIL_MAX; i++) {
    await fail(world, { attempt: { ...ADA, address: `198.51.100.${i}` }, times: 1 });
  }
  assert(await isStopped(world, ADA), "the address was forgotten");
});

Deno.test("a sign-in that succeeds is not counted", async () => {
  using world = await openWorld({ isEmpty: true });
  for (let i = 0; i < FAILURES_PER_ADDRESS_MAX + 1; i++) {
    await fail(world, { attempt: ADA, times: 1 });
    await forgiveSignIn(world.deps, ADA);
  }
});

Deno.test("nobody may try while the attempts cannot be counted", async () => {
  const bare = await Deno.openKv(":memory:");
  const faulty = faultyKv(bare, { commit: () => "throws_before" });
  using world = await openWorld({ kv: bare, wrap: () => faulty.kv, isEmpty: true });
  await assert.rejects(countSignIn(world.deps, ADA), Unresolved);
});
