import assert from "node:assert/strict";
import { getEvent } from "../../../core/jobs/inbox.ts";
import { receiveEvent } from "../../../core/jobs/receive_event.ts";
import { tagsOf } from "./html_tags.ts";
import { openPages, postForms, type Visited } from "./visit.ts";

function receive(
  { deps }: Visited,
  { id, state = "processed", reason = null, carrier = "bland" }: {
    id: string;
    state?: "received" | "processed" | "parked";
    reason?: string | null;
    carrier?: string;
  },
) {
  const delivery = { carrier, kind: "call", carrierEventId: id, payload: "{}", state, reason };
  return receiveEvent(deps, delivery);
}

Deno.test("without any delivery the page says where the addresses are", async () => {
  using world = await openPages();
  const { status, text } = await world.get("/admin/events");
  assert.equal(status, 200);
  assert.match(text, /Nothing here yet .* The addresses/);
});

Deno.test("a delivery shows its carrier's id, its state and the reason", async () => {
  using world = await openPages();
  await receive(world, { id: "call-1", reason: "recorded only: BLAND_BILLING is sync" });
  await receive(world, { id: "call-2", state: "parked", reason: "no call_id" });
  const { text } = await world.get("/admin/events");
  assert.match(text, /bland call call-1 processed Replay recorded only: BLAND_BILLING is sync 0/);
  assert.match(text, /bland call call-2 parked Replay no call_id 0/);
});

Deno.test("deliveries are filtered by carrier and state", async () => {
  using world = await openPages();
  await receive(world, { id: "call-1" });
  await receive(world, { id: "call-2", state: "parked", reason: "no call_id" });
  const parked = await world.get("/admin/events?state=parked");
  assert(!parked.text.includes("call-1") && parked.text.includes("call-2"));
  assert.match(
    (await world.get("/admin/events?carrier=twilio")).text,
    /Nothing matches this filter/,
  );
});

Deno.test("a filter looks further back than one page", async () => {
  using world = await openPages();
  await receive(world, { id: "old", state: "parked", reason: "odd" });
  for (let at = 0; at < 60; at++) {
    world.clock.advance(1_000);
    await receive(world, { id: `young-${at}` });
  }
  assert.match((await world.get("/admin/events?state=parked")).text, /old parked/);
  assert.equal((await world.get("/admin/events?cursor=nonsense")).status, 400);
});

Deno.test("a delivery is processed again by its button", async () => {
  using world = await openPages();
  const { event } = await receive(world, { id: "call-2", state: "parked", reason: "no call_id" });
  const action = `/admin/events/${encodeURIComponent(event.id)}/replays`;
  assert.deepEqual(postForms((await world.get("/admin/events")).html), [action]);
  const answer = await world.post(action, {});
  assert.equal(answer.headers.get("location"), "/admin/events");
  assert.deepEqual(world.done, ["nudge"]);
  assert.equal((await getEvent(world.deps.store, event.id))?.state, "received");
  assert.deepEqual(postForms((await world.get("/admin/events")).html), []);
});

for (const id of ["none", "x".repeat(3_000)]) {
  Deno.test(`there is no delivery ${id.slice(0, 8)} to process again`, async () => {
    using world = await openPages();
    assert.equal((await world.post(`/admin/events/${id}/replays`, {})).status, 404);
  });
}

Deno.test("who may only look sees deliveries, and no button", async () => {
  using world = await openPages();
  const { event } = await receive(world, { id: "call-2", state: "parked", reason: "no call_id" });
  const { text, html } = await world.get("/admin/events", "viewer");
  assert.match(text, /no call_id/);
  assert.deepEqual(postForms(html), []);
  const action = `/admin/events/${encodeURIComponent(event.id)}/replays`;
  assert.equal((await world.post(action, {}, "viewer")).status, 403);
});

Deno.test("hostile text of a delivery stays text", async () => {
  using world = await openPages();
  const hostile = "<img src=x onerror=alert(1)>";
  await receive(world, { id: hostile, state: "parked", reason: hostile });
  const { html, text } = await world.get("/admin/events");
  assert.deepEqual(tagsOf(html).filter(({ name }) => name === "img"), []);
  assert(text.includes(`${hostile} parked`));
});
