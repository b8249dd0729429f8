import assert from "node:assert/strict";
import fc from "fast-check";
import {
  type AssignOutcome,
  holderAt,
  listNumbers,
  type NumberRow,
} from "../../../core/accounts/numbers.ts";
import { assignNumber, releaseNumber } from "../../../core/billing/claim_calls.ts";
import { intakeKey, numberKey } from "../../../core/kv/keys.ts";
import { openWorld, populateAccount, type World } from "../../support/world.ts";

const NUMBER = "+12025550155";
type Told = [accountId: string, carrier: string | null, fromMs: number];

const assign = ({ deps }: World, [accountId, carrier, fromMs]: Told): Promise<AssignOutcome> =>
  assignNumber(deps, {
    number: NUMBER,
    holding: { accountId, carrier, fromMs, toMs: null },
    actor: "test",
  });

/** Releases at an instant: the clock is put there. */
async function release(world: World, accountId: string, atMs: number): Promise<string> {
  world.clock.setTo(atMs);
  return (await releaseNumber(world.deps, { number: NUMBER, accountId, actor: "test" })).status;
}

const rowOf = async ({ deps }: World) =>
  (await deps.store.get<NumberRow>(numberKey(NUMBER)))?.value ?? null;
const holder = async (world: World, atMs: number, carrier = "bland") =>
  holderAt(await rowOf(world), { carrier, atMs });

const OVERLAPS: [before: Told, then: Told, AssignOutcome["status"]][] = [
  [["acme", null, 100], ["kiwi", null, 100], "number_held"],
  [["acme", null, 100], ["kiwi", null, 50], "number_held"],
  [["acme", null, 100], ["kiwi", null, 150], "number_held"],
  [["acme", null, 100], ["kiwi", "bland", 100], "number_held"],
  [["acme", "bland", 100], ["kiwi", null, 100], "number_held"],
  [["acme", "bland", 100], ["kiwi", "bland", 100], "number_held"],
  [["acme", "bland", 100], ["kiwi", "twilio", 100], "number_assigned"],
  [["acme", null, 100], ["acme", null, 100], "number_already_assigned"],
  [["acme", null, 100], ["acme", null, 150], "number_already_assigned"],
  [["acme", null, 100], ["acme", "bland", 100], "number_already_assigned"],
  [["acme", null, 100], ["acme", null, 50], "number_assigned"],
  [["acme", "bland", 100], ["acme", null, 100], "number_assigned"],
  [["acme", "bland", 100], ["acme", "twilio", 100], "number_assigned"],
  [["acme", null, 100], ["nobody", null, 100], "account_not_found"],
];
for (const [before, then, status] of OVERLAPS) {
  const name = ([accountId, carrier, from]: Told) =>
    `${accountId} for ${carrier ?? "all"} from ${from}`;
  Deno.test(`a number of ${name(before)}, asked for by ${name(then)}: ${status}`, async () => {
    using world = await openWorld();
    assert.equal((await assign(world, before)).status, "number_assigned");
    assert.equal((await assign(world, then)).status, status);
    if (status === "number_held") assert.equal(await holder(world, 200), "acme");
  });
}

Deno.test("a holding is from its first instant, inclusive, until its last, exclusive", async () => {
  using world = await openWorld();
  await assign(world, ["acme", null, 100]);
  assert.equal(await release(world, "acme", 200), "number_released");
  assert.deepEqual(
    await Promise.all([99, 100, 199, 200].map((atMs) => holder(world, atMs))),
    [null, "acme", "acme", null],
  );
});

Deno.test("a number moves from one account to the next at one instant, and back", async () => {
  using world = await openWorld();
  await assign(world, ["acme", null, 100]);
  await release(world, "acme", 200);
  assert.equal((await assign(world, ["kiwi", null, 199])).status, "number_held");
  assert.equal((await assign(world, ["kiwi", null, 200])).status, "number_assigned");
  await release(world, "kiwi", 300);
  assert.equal((await assign(world, ["acme", null, 300])).status, "number_assigned");
  assert.deepEqual(
    await Promise.all([100, 199, 200, 299, 300, 999].map((atMs) => holder(world, atMs))),
    ["acme", "acme", "kiwi", "kiwi", "acme", "acme"],
  );
});

Deno.test("a holding that was ended stays known when the account takes the number again before its end", async () => {
  using world = await openWorld();
  await assign(world, ["acme", null, 100]);
  await release(world, "acme", 200);
  assert.equal((await assign(world, ["acme", null, 150])).status, "number_assigned");
  assert.deepEqual(
    await Promise.all([99, 100, 149, 150, 999].map((atMs) => holder(world, atMs))),
    [null, "acme", "acme", "acme", "acme"],
  );
});

Deno.test("a holding for one carrier goes before one for all", () => {
  const row: NumberRow = {
    number: NUMBER,
    holdings: [
      { accountId: "acme", carrier: null, fromMs: 0, toMs: null },
      { accountId: "kiwi", carrier: "twilio", fromMs: 0, toMs: null },
    ],
  };
  assert.equal(holderAt(row, { carrier: "twilio", atMs: 1 }), "kiwi");
  assert.equal(holderAt(row, { carrier: "bland", atMs: 1 }), "acme");
  assert.equal(holderAt(null, { carrier: "bland", atMs: 1 }), null);
});

Deno.test("a release ends every open holding of the account, for all carriers", async () => {
  using world = await openWorld();
  await assign(world, ["acme", "bland", 100]);
  await assign(world, ["acme", null, 150]);
  await assign(world, ["acme", "twilio", 50]);
  await release(world, "acme", 300);
  for (const carrier of ["bland", "twilio", "telnyx"]) {
    assert.equal(await holder(world, 299, carrier), "acme", carrier);
    assert.equal(await holder(world, 300, carrier), null, carrier);
  }
  assert.equal(await release(world, "acme", 400), "number_not_held");
});

Deno.test("nobody releases a number that another holds, or that nobody does", async () => {
  using world = await openWorld();
  assert.equal(await release(world, "acme", 200), "number_not_held");
  await assign(world, ["kiwi", null, 100]);
  assert.equal(await release(world, "acme", 200), "number_not_held");
  assert.equal(await holder(world, 999), "kiwi");
});

Deno.test("a holding that ends before it begins never was, and stands in nobody's way", async () => {
  using world = await openWorld();
  await assign(world, ["acme", null, 500]);
  await release(world, "acme", 200);
  assert.equal(await holder(world, 500), null);
  assert.equal((await assign(world, ["kiwi", null, 100])).status, "number_assigned");
});

Deno.test("whoever changes a number makes every intake decide again", async () => {
  using world = await openWorld();
  const stamps = () =>
    Promise.all(
      ["bland", "telnyx", "twilio"].map(async (carrier) =>
        (await world.deps.store.get(intakeKey(carrier)))?.versionstamp
      ),
    );
  const first = await stamps();
  await assign(world, ["acme", null, 100]);
  const second = await stamps();
  await release(world, "acme", 200);
  const third = await stamps();
  await populateAccount(world.deps, { id: "fresh" });
  const fourth = await stamps();
  for (const i of [0, 1, 2]) {
    assert.equal(new Set([first[i], second[i], third[i], fourth[i]]).size, 4);
  }
});

Deno.test("an account sees its own holdings of its numbers, ended ones too, and nobody else's", async () => {
  using world = await openWorld();
  await assign(world, ["acme", null, 100]);
  await release(world, "acme", 200);
  await assign(world, ["kiwi", null, 200]);
  const mine = (await listNumbers(world.deps.store, "acme")).filter(({ number }) =>
    number === NUMBER
  );
  assert.deepEqual(mine.map(({ holding }) => [holding.accountId, holding.fromMs, holding.toMs]), [
    ["acme", 100, 200],
  ]);
});

const move = fc.record({
  accountId: fc.constantFrom("acme", "kiwi"),
  carrier: fc.constantFrom(null, "bland", "twilio"),
  isRelease: fc.boolean(),
  laterMs: fc.integer({ min: 0, max: 4 }),
  backMs: fc.integer({ min: 0, max: 12 }),
});
const LAST_MS = 50;
const instants = (from: number) => Array.from({ length: LAST_MS - from }, (_, i) => from + i);

Deno.test("whatever is assigned and released, no instant has two holders and nobody's past is lost", () =>
  fc.assert(
    fc.asyncProperty(fc.array(move, { maxLength: 12 }), async (moves) => {
      using world = await openWorld({ isEmpty: true });
      for (const id of ["acme", "kiwi"]) await populateAccount(world.deps, { id });
      const carriers = ["bland", "telnyx", "twilio"];
      // Every instant has a box with its owner's name: `twilio 12` -> `acme`.
      const owners = new Map<string, string>();
      let nowMs = 0;
      for (const { accountId, carrier, isRelease, laterMs, backMs } of moves) {
        world.clock.setTo(nowMs += laterMs);
        if (isRelease) {
          await releaseNumber(world.deps, { number: NUMBER, accountId, actor: "test" });
          for (
            const box of carriers.flatMap((one) => instants(nowMs).map((ms) => `${one} ${ms}`))
          ) {
            if (owners.get(box) === accountId) owners.delete(box);
          }
        } else {
          const fromMs = Math.max(0, nowMs - backMs);
          const { status } = await assign(world, [accountId, carrier, fromMs]);
          const boxes = carriers.filter((one) => carrier === null || carrier === one)
            .flatMap((one) => instants(fromMs).map((ms) => `${one} ${ms}`));
          const isTaken = boxes.some((box) => (owners.get(box) ?? accountId) !== accountId);
          assert.equal(status === "number_held", isTaken, `${accountId} ${carrier} ${fromMs}`);
          if (!isTaken) { for (const box of boxes) owners.set(box, accountId); }
        }
        const row = await rowOf(world);
        for (const one of carriers) {
          for (const ms of instants(0)) {
            const expected = owners.get(`${one} ${ms}`) ?? null;
            assert.equal(holderAt(row, { carrier: one, atMs: ms }), expected, `${one} at ${ms}`);
          }
        }
      }
    }),
    { numRuns: 40 },
  ));
