/**
 * A day of Twilio held against its listing, through the API of the program as it is wired.
 *
 * @module
 */
import assert from "node:assert/strict";
import { DAY_MS, utcDay } from "../../core/clock.ts";
import { json } from "../support/app.ts";
import { openTwilioWorld, type TwilioWorld } from "../support/twilio_world.ts";
import { ACME_NUMBER, populateAccount, START_MS, STRANGER } from "../support/world.ts";

const DAY = utcDay(START_MS);

async function reconcile({ program }: TwilioWorld, day = DAY) {
  const body = { carrier: "twilio", day };
  const answer = await program.app.request("/api/v1/reconciliations", json(body));
  assert.equal(answer.status, 201);
  return await answer.json();
}

function place({ twilio }: TwilioWorld, count: number): void {
  for (let i = 0; i < count; i++) {
    twilio.placeCall({ from: STRANGER, to: ACME_NUMBER, direction: "inbound", talkSeconds: 61 });
  }
}

Deno.test("calls that no callback and no sweep told of are found by their day, and billed once", async () => {
  await using world = await openTwilioWorld();
  const { deps } = world.program;
  await populateAccount(deps, { id: "acme", micros: 50_000_000n, number: ACME_NUMBER });
  place(world, 3);
  world.clock.advance(DAY_MS);
  const found = await reconcile(world);
  assert.deepEqual(
    [found.matched.count, found.theirsOnly.count, found.openCount, found.closes],
    [0, 3, 0, true],
  );
  const { data } = await world.ask("/api/v1/calls?billing=billed");
  assert.equal(data.length, 3);
  const again = await reconcile(world);
  assert.deepEqual([again.matched.count, again.items], [3, []]);
  assert.equal((await world.ask("/api/v1/calls?billing=billed")).data.length, 3);
  assert.equal((await reconcile(world, utcDay(START_MS - DAY_MS))).matched.count, 0);
});
