import assert from "node:assert/strict";
import { noticeKey } from "../../../core/kv/keys.ts";
import { type NoticeKind, stageNotice } from "../../../core/notices/notice.ts";
import { keyOf } from "../../support/app.ts";
import { serveApi, type ServedApi } from "./served_api.ts";

async function tell(
  { world: { deps, clock } }: ServedApi,
  { id, kind = "low_balance", accountId = "acme" }: {
    id: string;
    kind?: NoticeKind;
    accountId?: string | null;
  },
): Promise<void> {
  clock.advance(1_000);
  const words = { title: `Title of ${id}`, detail: "Detail", link: "/admin/accounts/acme" };
  const atMs = clock.now();
  await deps.gates.change({
    gate: noticeKey(id),
    stage: (batch) => stageNotice(batch, { id, kind, accountId, atMs, ...words }),
  });
}

async function openTold(): Promise<ServedApi> {
  const api = await serveApi();
  await tell(api, { id: "one" });
  await tell(api, { id: "two", kind: "waiting_funds", accountId: "kiwi" });
  await tell(api, { id: "three", kind: "sync_failing", accountId: null });
  await tell(api, { id: "four", kind: "cost_not_found" });
  return api;
}

const idsOf = (body: { data: { id: string }[] }) => body.data.map(({ id }) => id);

Deno.test("GET /notices lists all of them, newest first, as the contract shows one", async () => {
  using api = await openTold();
  const { status, body } = await api.ask("GET /notices");
  assert.equal(status, 200);
  assert.deepEqual(idsOf(body), ["four", "three", "two", "one"]);
  const { at, ...rest } = body.data[3];
  assert.match(at, /^2026-01-31T.*Z$/);
  assert.deepEqual(rest, {
    id: "one",
    kind: "low_balance",
    accountId: "acme",
    title: "Title of one",
    detail: "Detail",
    link: "/admin/accounts/acme",
    readAt: null,
  });
});

Deno.test("GET /notices is filtered by account, kind and unread, and paged", async () => {
  using api = await openTold();
  const ids = async (query: string) => idsOf((await api.ask(`GET /notices?${query}`)).body);
  assert.deepEqual(await ids("account=acme"), ["four", "one"]);
  assert.deepEqual(await ids("kind=sync_failing"), ["three"]);
  await api.ask("POST /notices/three/reads");
  assert.deepEqual(await ids("unread=true"), ["four", "two", "one"]);
  const first = await api.ask("GET /notices?limit=3");
  assert.deepEqual(idsOf(first.body), ["four", "three", "two"]);
  assert.deepEqual(await ids(`limit=3&cursor=${first.body.nextCursor}`), ["one"]);
  assert.equal((await api.ask("GET /notices?cursor=no")).body.code, "malformed_cursor");
  assert.equal((await api.ask("GET /notices?kind=gossip")).status, 422);
});

Deno.test("an account sees what customers may hear about itself, and nothing else", async () => {
  using api = await openTold();
  const as = (await keyOf(api.world, "acme")).authorization.replace("Bearer ", "");
  const { body } = await api.ask("GET /notices", { as });
  assert.deepEqual(idsOf(body), ["one"]);
  const other = await api.ask("GET /notices?account=kiwi", { as });
  assert.equal(other.body.code, "account_not_found");
  assert.deepEqual(
    idsOf((await api.ask("GET /notices?kind=cost_not_found", { as })).body),
    [],
  );
  assert.equal((await api.ask("POST /notices/one/reads", { as })).status, 403);
});

Deno.test("a notice is marked as read, once", async () => {
  using api = await openTold();
  const read = await api.ask("POST /notices/one/reads");
  assert.equal(read.status, 201);
  assert.match(read.body.readAt, /Z$/);
  api.world.clock.advance(60_000);
  assert.equal((await api.ask("POST /notices/one/reads")).body.readAt, read.body.readAt);
  assert.equal((await api.ask("POST /notices/none/reads")).status, 404);
});

Deno.test("an endpoint is added with a secret that is shown this once", async () => {
  using api = await serveApi();
  const url = "https://hooks.example.com/tollkeeper?key=1";
  const added = await api.ask("POST /webhook-endpoints", {
    body: { url, kinds: ["low_balance"], accountId: "acme" },
  });
  assert.equal(added.status, 201);
  const { secret, ...shown } = added.body;
  assert.match(secret, /^whsec_/);
  assert.deepEqual({ ...shown, id: "", createdAt: "" }, {
    id: "",
    url,
    kinds: ["low_balance"],
    accountId: "acme",
    state: "active",
    createdAt: "",
  });
  const list = await api.ask("GET /webhook-endpoints");
  assert.deepEqual(list.body, { data: [shown], nextCursor: null });
  assert.deepEqual((await api.ask(`GET /webhook-endpoints/${shown.id}`)).body, shown);
  const log = JSON.stringify((await api.ask("GET /audit-log")).body);
  assert(log.includes("webhook_endpoint_added") && !log.includes(secret) && !log.includes("key=1"));
});

Deno.test("an endpoint is rotated, tested and removed", async () => {
  using api = await serveApi();
  const url = "https://hooks.example.com/";
  const { body: added } = await api.ask("POST /webhook-endpoints", { body: { url } });
  const path = `/webhook-endpoints/${added.id}`;
  const rotated = await api.ask(`POST ${path}/rotations`);
  assert.equal(rotated.status, 201);
  assert.notEqual(rotated.body.secret, added.secret);
  const tested = await api.ask(`POST ${path}/tests`);
  assert.equal(tested.status, 201);
  assert.equal(tested.body.kind, "test_webhook");
  const deliveries = await api.ask(`GET ${path}/deliveries`);
  assert.deepEqual(deliveries.body.data.map(({ jobId }: { jobId: string }) => jobId), [
    tested.body.id,
  ]);
  assert.equal((await api.ask(`DELETE ${path}`)).status, 204);
  for (
    const line of [`GET ${path}`, `DELETE ${path}`, `POST ${path}/rotations`, `POST ${path}/tests`]
  ) {
    assert.equal((await api.ask(line)).status, 404, line);
  }
});

for (
  const url of [
    "http://hooks.example.com/",
    "https://127.0.0.1/",
    "https://2130706433/",
    "https://[::ffff:10.0.0.1]/",
    "http://127.0.0.1:8000/",
    "https://user:pass@example.com/",
  ]
) {
  Deno.test(`${url} is refused as an endpoint, and says which member is at fault`, async () => {
    using api = await serveApi();
    const { status, body } = await api.ask("POST /webhook-endpoints", { body: { url } });
    assert.deepEqual([status, body.code, body.errors[0].pointer], [422, "validation", "/url"]);
    assert.deepEqual((await api.ask("GET /webhook-endpoints")).body.data, []);
  });
}

Deno.test("an endpoint of an account that is not there is refused; so is the one too many", async () => {
  using api = await serveApi();
  const url = "https://hooks.example.com/";
  const lost = await api.ask("POST /webhook-endpoints", {
    body: { url, accountId: "nobody" },
  });
  assert.equal(lost.body.code, "account_not_found");
  for (let at = 0; at < 40; at++) {
    assert.equal((await api.ask("POST /webhook-endpoints", { body: { url } })).status, 201);
  }
  const more = await api.ask("POST /webhook-endpoints", { body: { url } });
  assert.equal(more.body.code, "state_conflict");
});
