/**
 * Whatever a carrier's key has signed is kept once and answered 200, or kept, shown and answered 400.
 *
 * @module
 */
import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import fc from "fast-check";
import { ADMIN, type AppWorld } from "../support/app.ts";
import { everyRoute } from "../support/every_route.ts";
import { hostileValue } from "../support/schema_values.ts";
import {
  deliver,
  openCarrierApp,
  WEBHOOK_DOORS,
  type WebhookDoor,
} from "../support/signed_webhooks.ts";

const bytesOf = (text: string) => new TextEncoder().encode(text);

/** Bodies of all kinds; `sample` is a good one to start from. */
function bodiesFor(door: WebhookDoor): fc.Arbitrary<Uint8Array<ArrayBuffer>> {
  const sample = fc.nat(1_000).map((turn) => door.sample(turn));
  const spliced = fc.tuple(sample, fc.uint8Array({ maxLength: 12 }), fc.nat()).map(
    ([text, noise, at]) => {
      const bytes = Buffer.from(text);
      const place = at % (bytes.length + 1);
      return new Uint8Array([...bytes.subarray(0, place), ...noise, ...bytes.subarray(place)]);
    },
  );
  const cut = fc.tuple(sample, fc.nat()).map(([text, at]) =>
    bytesOf(text.slice(0, at % text.length))
  );
  return fc.oneof(
    spliced,
    cut,
    fc.tuple(sample, fc.nat(), hostileValue).map((parts) => bytesOf(bendText(...parts))),
    fc.uint8Array({ maxLength: 400 }).map((bytes) => new Uint8Array(bytes)),
    fc.json().map(bytesOf),
    hostileValue.map((value) => bytesOf(JSON.stringify(value) ?? "")),
  );
}

/** A member of a JSON body, or a field of a form, with something else for its value. */
function bendText(text: string, at: number, bad: unknown): string {
  if (!text.startsWith("{")) {
    const fields = [...new URLSearchParams(text)];
    const value = (typeof bad === "string" ? bad : JSON.stringify(bad)).toWellFormed();
    fields[at % fields.length]![1] = value.slice(0, 9_000);
    return new URLSearchParams(fields).toString();
  }
  let place = 0;
  const count = [...text.matchAll(/":/g)].length;
  const whole = JSON.parse(text, (name, value) => {
    return name !== "" && place++ % count === at % count ? bad : value;
  });
  return JSON.stringify(whole);
}

async function parkedIds({ app }: AppWorld): Promise<{ reason: string | null }[]> {
  const answer = await app.request("/api/v1/webhook-events?state=parked&limit=100", {
    headers: ADMIN,
  });
  return (await answer.json()).data;
}

Deno.test("every address of a carrier is tried here", async () => {
  using world = await openCarrierApp();
  const doors = everyRoute(world).filter(({ row }) => row.callers.includes("carrier"));
  assert.deepEqual(
    doors.map(({ path }) => path).toSorted(),
    WEBHOOK_DOORS.map(({ path }) => path).toSorted(),
  );
});

for (const door of WEBHOOK_DOORS) {
  Deno.test(`${door.name}: no well signed body is a fault of ours, and a bad one is kept and shown`, async () => {
    using world = await openCarrierApp();
    const seen = { 200: 0, 400: 0 };
    await fc.assert(
      fc.asyncProperty(bodiesFor(door), async (body) => {
        const answer = await deliver(world, door.sign(body, world.clock.now()));
        const text = await answer.text();
        const told = `${answer.status} ${text} for ${
          Buffer.from(body).toString("latin1").slice(0, 300)
        }`;
        // A body that names another account of Twilio's is a stranger's, whoever signed it.
        if (answer.status === 403 && text.includes("AccountSid is not the account")) return;
        assert(answer.status === 200 || answer.status === 400, told);
        seen[answer.status]++;
        if (answer.status === 200) return assert.equal(text, door.answer);
        const problem = JSON.parse(text);
        assert.equal(problem.code, "malformed_body", told);
        const parked = await parkedIds(world);
        assert(parked.some(({ reason }) => reason === problem.detail), told);
        world.clock.advance(1);
      }),
      { numRuns: 250, seed: 20_260_131 },
    );
    assert(seen[200] > 10 && seen[400] > 10, JSON.stringify(seen));
    assert.deepEqual(world.logged.filter(({ level }) => level === "error"), []);
  });

  Deno.test(`${door.name}: what is not UTF-8 is refused with 400, kept and shown`, async () => {
    using world = await openCarrierApp();
    const good = bytesOf(door.sample(1));
    // Inside the last text of a JSON body, where anything else might stand; at the end of a form.
    const quote = good.lastIndexOf('"'.charCodeAt(0));
    const at = quote < 0 ? good.length : quote;
    const body = new Uint8Array([...good.subarray(0, at), 0xff, ...good.subarray(at)]);
    const answer = await deliver(world, door.sign(body, world.clock.now()));
    assert.equal(answer.status, 400, await answer.text());
    assert.equal((await parkedIds(world)).length, 1);
  });
}

Deno.test("odd spacing, another order of members and a key that comes twice are signed like all else", async () => {
  using world = await openCarrierApp();
  const doors = WEBHOOK_DOORS.filter(({ carrier }) => carrier !== "twilio");
  for (const [i, door] of doors.entries()) {
    const whole = JSON.parse(door.sample(i + 1));
    const spaced = JSON.stringify(whole, null, "\t\r\n ");
    const [first] = Object.keys(whole) as [string];
    const twice = `{${JSON.stringify(first)}:null,${JSON.stringify(whole).slice(1)}`;
    for (const text of [`\n ${spaced} `, twice]) {
      const answer = await deliver(world, door.sign(bytesOf(text), world.clock.now()));
      assert.equal(answer.status, 200, `${door.name} ${await answer.text()}`);
    }
  }
});
