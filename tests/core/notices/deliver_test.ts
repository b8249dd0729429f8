import assert from "node:assert/strict";
import { Webhook } from "standardwebhooks";
import { type Job, listJobs, retryJob } from "../../../core/jobs/job.ts";
import { createEndpointEgress } from "../../../core/endpoint_egress.ts";
import { runDueJobs, runJob } from "../../../core/jobs/run_jobs.ts";
import { noticeDuePrefix } from "../../../core/kv/keys.ts";
import { listDeliveries, stageTest, WEBHOOK_RETRIES_MS } from "../../../core/notices/deliver.ts";
import {
  getEndpoint,
  removeEndpoint,
  rotateSecret,
  ROTATION_OVERLAP_MS,
} from "../../../core/notices/endpoint.ts";
import { type Arrival, type NoticeWorld, openNoticeWorld } from "../../support/notice_world.ts";
import { noticeKinds, sendNotices } from "../../../cron/send_notices.ts";
import { faultyKv } from "../../support/faulty_kv.ts";
import { openDoors } from "../../support/world.ts";

/** Throws unless the receiver's own check lets the message pass; its clock is the machine's. */
function verify({ body, headers }: Arrival, secret: string): unknown {
  return new Webhook(secret).verify(body, Object.fromEntries(headers));
}

async function onlyJob({ deps }: NoticeWorld): Promise<Job> {
  const { rows } = (await listJobs(deps.store, { limit: 90 }))!;
  const jobs = rows.map(({ value }) => value).filter(({ kind }) => kind === "deliver_webhook");
  assert.equal(jobs.length, 1);
  return jobs[0]!;
}

Deno.test("a notice arrives once, signed so that the receiver's library accepts it", async () => {
  await using world = await openNoticeWorld();
  world.clock.setTo(Date.now());
  const { secret } = await world.add();
  await world.tell("low_balance:acme:7");
  await world.send();
  await world.send();
  assert.equal(world.arrived.length, 1);
  const [arrival] = world.arrived;
  assert.match(secret, /^whsec_[A-Za-z0-9+/]{32}$/);
  const message = verify(arrival!, secret) as { type: string; timestamp: string; data: object };
  assert.equal(message.type, "low_balance");
  assert.match(message.timestamp, /^\d{4}-\d\d-\d\dT.*Z$/);
  assert.deepEqual(message.data, {
    id: "low_balance:acme:7",
    kind: "low_balance",
    accountId: "acme",
    at: message.timestamp,
    title: "Title of low_balance:acme:7",
    detail: "What to do.",
    link: "/admin/accounts/acme",
    readAt: null,
  });
  assert.equal(arrival!.headers.get("webhook-id"), "low_balance:acme:7");
  assert.match(arrival!.headers.get("content-type")!, /^application\/json/);
  assert.throws(() => verify(arrival!, "whsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"));
  assert.throws(() => verify({ ...arrival!, body: `${arrival!.body} ` }, secret));
});

Deno.test("after a rotation both secrets sign for a day, then the new one alone", async () => {
  await using world = await openNoticeWorld();
  world.clock.setTo(Date.now());
  const { endpoint, secret } = await world.add();
  const turn = { id: endpoint.id, changeId: "one", actor: "test" };
  const rotated = await rotateSecret(world.deps, turn);
  assert(rotated.status === "endpoint_rotated" && rotated.secret !== null);
  const again = await rotateSecret(world.deps, turn);
  assert(again.status === "endpoint_rotated" && again.secret === null, "one form, one rotation");
  await world.tell("a");
  await world.send();
  verify(world.arrived[0]!, secret);
  verify(world.arrived[0]!, rotated.secret);
  assert.equal(world.arrived[0]!.headers.get("webhook-signature")!.split(" ").length, 2);
  world.clock.advance(ROTATION_OVERLAP_MS);
  await world.tell("b");
  await world.send();
  assert.equal(world.arrived[1]!.headers.get("webhook-signature")!.split(" ").length, 1);
});

Deno.test("tries come after 0 s, 5 s, 5 min … 24 h, with one id; then the endpoint fails", async () => {
  await using world = await openNoticeWorld();
  const { endpoint } = await world.add();
  world.answer.with = () => new Response("no", { status: 500 });
  await world.tell("a");
  const startMs = world.clock.now();
  const triedAtMs: number[] = [];
  for (const waitMs of [0, ...WEBHOOK_RETRIES_MS]) {
    if (waitMs > 0) {
      world.clock.advance(waitMs - 1);
      await world.send();
      assert.equal(world.arrived.length, triedAtMs.length, "not before its time");
      world.clock.advance(1);
    }
    await world.send();
    triedAtMs.push(world.clock.now() - startMs);
  }
  const minute = 60_000;
  const waits = [0, 5_000, 5 * minute, 30 * minute, 120 * minute, 300 * minute, 600 * minute];
  waits.push(840 * minute, 1_200 * minute, 1_440 * minute);
  assert.deepEqual(triedAtMs.map((at, i) => at - (triedAtMs[i - 1] ?? 0)), waits);
  assert.equal(world.arrived.length, 10);
  assert.equal(new Set(world.arrived.map(({ headers }) => headers.get("webhook-id"))).size, 1);
  const stamps = world.arrived.map(({ headers }) => headers.get("webhook-timestamp"));
  assert.equal(new Set(stamps).size, 10, "each try has a stamp of its own");
  assert.equal(new Set(world.arrived.map(({ body }) => body)).size, 1);
  const job = await onlyJob(world);
  assert.deepEqual([job.state, job.attempts, job.lastError], ["failed", 10, "HTTP 500"]);
  assert.equal((await getEndpoint(world.deps.store, endpoint.id))?.state, "failing");
  world.clock.advance(7 * 86_400_000);
  await world.send();
  assert.equal(world.arrived.length, 10, "no more by itself");
});

Deno.test("a failed delivery is sent again by hand, and the endpoint works again", async () => {
  await using world = await openNoticeWorld();
  const { endpoint } = await world.add();
  world.answer.with = () => new Response(null, { status: 503 });
  await world.tell("a");
  for (const waitMs of [0, ...WEBHOOK_RETRIES_MS]) {
    world.clock.advance(waitMs);
    await world.send();
  }
  world.answer.with = () => new Response(null, { status: 204 });
  const job = await onlyJob(world);
  await retryJob(world.deps, { jobId: job.id, atMs: world.clock.now() });
  await runJob({ ...world.deps, kinds: world.kinds }, job.id);
  assert.equal((await onlyJob(world)).state, "done");
  assert.equal((await getEndpoint(world.deps.store, endpoint.id))?.state, "active");
  const { deliveries } = (await listDeliveries(world.deps.store, {
    endpointId: endpoint.id,
    limit: 10,
  }))!;
  assert.deepEqual(deliveries.map(({ messageId }) => messageId), ["a"]);
  assert.equal(deliveries[0]!.job.progress?.result.httpStatus, 204);
});

Deno.test("a redirect is no success and is not followed; a receiver that is away neither", async () => {
  await using world = await openNoticeWorld();
  await world.add("/one");
  world.answer.with = () =>
    new Response(null, { status: 302, headers: { location: `${world.url}/two` } });
  await world.tell("a");
  await world.send();
  assert.deepEqual(world.arrived.map(({ path }) => path), ["/one"]);
  assert.equal((await onlyJob(world)).lastError, "HTTP 302");
});

Deno.test("an endpoint hears of its kinds and its account alone, and customers not of carriers", async () => {
  await using world = await openNoticeWorld();
  await world.add("/all");
  await world.add("/low", { kinds: ["low_balance"] });
  await world.add("/acme", { accountId: "acme" });
  await world.add("/kiwi", { accountId: "kiwi" });
  await world.tell("a", { kind: "low_balance" });
  await world.tell("b", { kind: "waiting_funds", accountId: "kiwi" });
  await world.tell("c", { kind: "cost_not_found" });
  await world.tell("d", { kind: "sync_failing", accountId: null });
  await world.send();
  const heard = Map.groupBy(world.arrived, ({ path }) => path);
  const ids = (path: string) =>
    (heard.get(path) ?? []).map(({ headers }) => headers.get("webhook-id")).sort();
  assert.deepEqual(ids("/all"), ["a", "b", "c", "d"]);
  assert.deepEqual(ids("/low"), ["a"]);
  assert.deepEqual(ids("/acme"), ["a"]);
  assert.deepEqual(ids("/kiwi"), ["b"]);
});

Deno.test("what was on its way to an endpoint that was removed comes to nothing", async () => {
  await using world = await openNoticeWorld();
  const { endpoint } = await world.add();
  world.answer.with = () => new Response(null, { status: 500 });
  await world.tell("a");
  await world.send();
  await removeEndpoint(world.deps, { id: endpoint.id, actor: "test" });
  world.clock.advance(5_000);
  await world.send();
  assert.equal(world.arrived.length, 1);
  assert.equal((await onlyJob(world)).state, "done");
});

Deno.test("one slow endpoint does not keep the others waiting", async () => {
  await using world = await openNoticeWorld();
  for (let at = 0; at < 6; at++) await world.add(`/${at}`);
  let release = () => {};
  const held = new Promise<void>((resolve) => release = resolve);
  world.answer.with = async ({ path }) => {
    if (world.arrived.length === 6) release();
    if (path === "/0") await held;
    return new Response();
  };
  await world.tell("a");
  await world.send();
  assert.equal(world.arrived.length, 6);
});

Deno.test("a test is posted once, whatever becomes of it", async () => {
  await using world = await openNoticeWorld();
  world.clock.setTo(Date.now());
  const { endpoint, secret } = await world.add();
  world.answer.with = () => new Response(null, { status: 418 });
  const jobId = await stageTest(world.deps, endpoint.id);
  await runJob({ ...world.deps, kinds: world.kinds }, jobId);
  const message = verify(world.arrived[0]!, secret) as { type: string };
  assert.equal(message.type, "test");
  world.clock.advance(86_400_000);
  await world.send();
  assert.equal(world.arrived.length, 1);
  assert.equal((await getEndpoint(world.deps.store, endpoint.id))?.state, "active");
});

for (const fate of ["throws_before", "throws_after", "not_ok_before", "not_ok_after"] as const) {
  Deno.test(`each commit that ${fate} in turn: the notice arrives at least once, with one id`, async () => {
    for (let broken = 1; broken <= 8; broken++) {
      let seen = 0;
      let isArmed = false;
      const hooks = {
        commit: () => (isArmed && ++seen === broken ? fate : undefined),
      };
      await using world = await openNoticeWorld({ wrap: (kv) => faultyKv(kv, hooks).kv });
      await world.add();
      await world.tell("a");
      isArmed = true;
      for (let minute = 0; minute < 8; minute++) {
        await world.send();
        world.clock.advance(60_000);
      }
      assert(world.arrived.length >= 1, `lost by commit ${broken}`);
      assert.equal(new Set(world.arrived.map(({ headers }) => headers.get("webhook-id"))).size, 1);
      assert.deepEqual(await world.deps.store.list({ prefix: noticeDuePrefix }), []);
      assert.equal((await onlyJob(world)).state, "done");
    }
  });
}

Deno.test("killed at any commit: the next process sends it, with the same id", async () => {
  for (let killedAt = 1; killedAt <= 4; killedAt++) {
    for (const isApplied of [false, true]) {
      let seen = 0;
      let isArmed = false;
      let kill = () => {};
      const killed = new Promise<void>((resolve) => kill = resolve);
      const never = new Promise<never>(() => {});
      let isDead = false;
      const hooks = {
        commit: async () => {
          if (isDead) return await never;
          if (!isArmed || ++seen < killedAt) return undefined;
          if (isApplied && seen === killedAt) return undefined;
          isDead = true;
          kill();
          return await never;
        },
      };
      await using world = await openNoticeWorld({ wrap: (kv) => faultyKv(kv, hooks).kv });
      await world.add();
      await world.tell("a");
      isArmed = true;
      // What is never answered stays behind, as it does when a process is gone.
      await Promise.race([world.send().then(() => world.send()), killed]);
      const next = openNext(world);
      for (let minute = 0; minute < 8; minute++) {
        await next();
        world.clock.advance(60_000);
      }
      assert(world.arrived.length >= 1, `lost when killed at commit ${killedAt}`);
      assert.equal(new Set(world.arrived.map(({ headers }) => headers.get("webhook-id"))).size, 1);
    }
  }
});

/** Another process over the same database, that sends. */
function openNext(world: NoticeWorld): () => Promise<void> {
  const deps = {
    ...openDoors({ kv: world.kv, clock: world.clock, seed: 99 }),
    endpoints: createEndpointEgress({ clock: world.clock, mayReachLoopback: true }),
  };
  return async () => {
    await sendNotices(deps);
    await runDueJobs({ ...deps, kinds: noticeKinds(deps) }, {
      untilMs: world.clock.now() + 60_000,
    });
  };
}
