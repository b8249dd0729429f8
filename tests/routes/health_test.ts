import assert from "node:assert/strict";
import { MINUTE_MS } from "../../core/clock.ts";
import { type Cursor, saveCursor } from "../../core/jobs/cursors.ts";
import { encodeRow } from "../../core/kv/codec.ts";
import { tickKey } from "../../core/kv/keys.ts";
import { CARRIER_LAG_MAX_MS, TICK_AGE_MAX_MS } from "../../routes/health.ts";
import { type AppWorld, bearer, openApp, SECRETS } from "../support/app.ts";
import { faultyKv, type KvHooks } from "../support/faulty_kv.ts";

async function tick(world: AppWorld): Promise<void> {
  const bytes = encodeRow(tickKey, { atMs: world.clock.now(), hour: "", day: "" });
  await world.deps.store.commit({ checks: [], puts: [{ key: tickKey, bytes }], deletes: [] });
}

function cursor(world: AppWorld, change: Partial<Cursor>): Promise<void> {
  return saveCursor(world.deps.store, {
    sourceId: "bland:main",
    completeToMs: world.clock.now(),
    lastHourlyMs: 0,
    lastDailyMs: 0,
    stopped: null,
    lastRunAtMs: world.clock.now(),
    lastError: null,
    failuresInARow: 0,
    ...change,
  });
}

async function ready(world: AppWorld): Promise<string> {
  const answer = await world.app.request("/readyz");
  return `${answer.status} ${(await answer.json()).status}`;
}

Deno.test("/healthz answers without the database", async () => {
  const hooks: KvHooks = {};
  using world = await openApp({ wrap: (kv) => faultyKv(kv, hooks).kv });
  hooks.read = () => Promise.reject(new Error("no I/O here"));
  hooks.commit = () => Promise.reject(new Error("no I/O here"));
  const cookie = `__Host-tollkeeper=${"A".repeat(43)}`;
  const answer = await world.app.request("/healthz", { headers: { cookie, ...bearer("x") } });
  assert.equal(answer.status, 200);
  assert.deepEqual(await answer.json(), {
    status: "ok",
    version: "0.0.0-test",
    startedAt: "2026-01-31T22:30:00.000Z",
  });
});

Deno.test("/readyz is not ready while the database is away", async () => {
  const hooks: KvHooks = {};
  using world = await openApp({ wrap: (kv) => faultyKv(kv, hooks).kv });
  assert.equal(await ready(world), "200 ready");
  hooks.read = () => Promise.reject(new Error("away"));
  assert.equal(await ready(world), "503 not_ready");
});

Deno.test("/readyz is not ready when no minute ended for five minutes, counted from the start", async () => {
  using world = await openApp();
  world.clock.advance(TICK_AGE_MAX_MS - 1);
  assert.equal(await ready(world), "200 ready");
  world.clock.advance(1);
  assert.equal(await ready(world), "503 not_ready");
  await tick(world);
  assert.equal(await ready(world), "200 ready");
  world.clock.advance(TICK_AGE_MAX_MS);
  assert.equal(await ready(world), "503 not_ready");
});

Deno.test("/readyz tells of a carrier that is late or fails, and goes on taking requests", async () => {
  using world = await openApp();
  await cursor(world, {});
  assert.equal(await ready(world), "200 ready");
  await cursor(world, { sourceId: "bland:account:acme", lastError: "401 of sk-secret" });
  assert.equal(await ready(world), "200 degraded");
  const text = await (await world.app.request("/readyz")).text();
  assert(!text.includes("acme") && !text.includes("sk-secret"), text);
  const completeToMs = world.clock.now() - CARRIER_LAG_MAX_MS;
  await cursor(world, { sourceId: "bland:account:acme", completeToMs });
  assert.equal(await ready(world), "200 ready");
  await cursor(world, { sourceId: "bland:account:acme", completeToMs: completeToMs - 1_000 });
  const answer = await (await world.app.request("/readyz")).json();
  assert.deepEqual([answer.status, answer.carriers], ["degraded", [
    { carrier: "bland", lagSeconds: 901, isWorking: true },
  ]]);
  await cursor(world, { completeToMs: null });
  assert.equal(await ready(world), "200 degraded");
});

Deno.test("/metrics shows gauges to whoever has the token", async () => {
  using world = await openApp();
  await tick(world);
  await cursor(world, { completeToMs: world.clock.now() - MINUTE_MS });
  world.clock.advance(2_000);
  const answer = await world.app.request("/metrics", { headers: bearer(SECRETS.METRICS_TOKEN) });
  assert.equal(answer.status, 200);
  assert.match(answer.headers.get("content-type") ?? "", /^text\/plain; version=0\.0\.4/);
  const lines = (await answer.text()).trimEnd().split("\n");
  for (
    const line of [
      "tollkeeper_ready 1",
      "tollkeeper_tick_age_seconds 2",
      `tollkeeper_carrier_lag_seconds{carrier="bland"} 62`,
      "tollkeeper_jobs_due 0",
      "tollkeeper_calls_parked 0",
      "tollkeeper_wallets_waiting 0",
      `tollkeeper_charged_today{currency="USD"} 0.000000`,
    ]
  ) assert(lines.includes(line), `${line} in\n${lines.join("\n")}`);
  for (const line of lines) {
    assert.match(line, /^(# (HELP|TYPE) tollkeeper_\w+ .+|tollkeeper_\w+(\{\w+="\w+"\})? [\d.]+)$/);
  }
});
