/**
 * A delivery with one bit turned, in its body, signature or timestamp, is refused, and nothing of it is
 * kept but that there was one.
 *
 * @module
 */
import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { parseForm } from "../../core/carriers/twilio/form.ts";
import type { AppWorld } from "../support/app.ts";
import { seeded } from "../support/world.ts";
import {
  deliver,
  openCarrierApp,
  type SignedDelivery,
  WEBHOOK_DOORS,
  type WebhookDoor,
} from "../support/signed_webhooks.ts";

const PROOFS = ["x-webhook-signature", "telnyx-signature-ed25519", "x-twilio-signature"];
const ALL_PROOFS = [...PROOFS, "telnyx-timestamp"];

async function rowsOf({ kv }: AppWorld): Promise<Map<string, string>> {
  const rows = await Array.fromAsync(kv.list({ prefix: [] }));
  return new Map(rows.map(({ key, versionstamp }) => [key.join("/"), versionstamp]));
}

/** Rows that came, went or changed. */
function changed(before: Map<string, string>, after: Map<string, string>): string[] {
  const names = new Set([...before.keys(), ...after.keys()]);
  return [...names].filter((name) => before.get(name) !== after.get(name));
}

function flipBody(delivery: SignedDelivery, at: number, bit: number): SignedDelivery | null {
  const body = new Uint8Array(delivery.body);
  body[at] = body[at]! ^ (1 << bit);
  const isSame = (read: (bytes: Uint8Array) => unknown) =>
    JSON.stringify(read(body)) === JSON.stringify(read(delivery.body));
  // Twilio signs what a form says, not how: %2b and %2B are the same.
  return delivery.path.includes("twilio") && isSame(parseForm) ? null : { ...delivery, body };
}

function flipHeader(delivery: SignedDelivery, at: number, bit: number): SignedDelivery[] {
  return ALL_PROOFS.filter((name) => name in delivery.headers).map((name) => {
    const bytes = Buffer.from(delivery.headers[name]!);
    bytes[at % bytes.length] = bytes[at % bytes.length]! ^ (1 << (bit % 7));
    const value = bytes.toString("latin1");
    // A header cannot hold everything that a bit may make of it.
    const isSendable = /^[\x21-\x7e]+$/.test(value);
    return {
      ...delivery,
      headers: { ...delivery.headers, [name]: isSendable ? value : `x${value.length}` },
    };
  });
}

function forgeriesOf(door: WebhookDoor, good: SignedDelivery): SignedDelivery[] {
  const random = seeded(door.path.length);
  const bits = () => Math.floor(random() * 8);
  const others = WEBHOOK_DOORS.filter(({ carrier }) => carrier !== door.carrier);
  const without = (name: string) => {
    const { [name]: _, ...headers } = good.headers;
    return { ...good, headers };
  };
  return [
    ...Array.from(good.body, (_, at) => flipBody(good, at, bits())).filter((one) => one !== null),
    ...Array.from({ length: 60 }, (_, at) => flipHeader(good, at, bits())).flat(),
    ...PROOFS.filter((name) => name in good.headers).map(without),
    ...others.map((other) => ({ ...other.sign(good.body, 0), path: good.path })),
  ];
}

for (const door of WEBHOOK_DOORS) {
  Deno.test(`${door.name}: one turned bit anywhere is 403, and only a count is kept`, async () => {
    using world = await openCarrierApp();
    const body = new TextEncoder().encode(door.sample(1));
    const good = door.sign(body, world.clock.now());
    const forgeries = forgeriesOf(door, good);
    assert(forgeries.length > 100);
    const before = await rowsOf(world);
    for (const [i, forged] of forgeries.entries()) {
      // From many addresses: one alone is answered 429 in the end.
      const answer = await deliver(world, { ...forged, remoteAddress: `192.0.2.${i % 10}` });
      assert.equal(answer.status, 403, JSON.stringify(forged.headers));
      assert.equal((await answer.json()).code, "forbidden");
    }
    const day = "2026-01-31";
    assert.deepEqual(changed(before, await rowsOf(world)), [
      `refused_delivery/${door.carrier}/${day}`,
    ]);
    assert.deepEqual(world.done, [], "nothing was set in motion");
    assert.equal((await deliver(world, good)).status, 200, "the good one is still good");
  });
}

Deno.test("a delivery may be five minutes old, and not a second more", async () => {
  using world = await openCarrierApp();
  for (const door of WEBHOOK_DOORS.filter(({ carrier }) => carrier === "telnyx")) {
    const signedAt = (ms: number, turn: number) =>
      door.sign(new TextEncoder().encode(door.sample(turn)), world.clock.now() + ms);
    const rows: [number, number][] = [[-300_000, 200], [-301_000, 403], [300_000, 200], [
      301_000,
      403,
    ]];
    for (const [i, [ms, status]] of rows.entries()) {
      assert.equal((await deliver(world, signedAt(ms, i + 10))).status, status, `${ms} ms`);
    }
  }
});
