import assert from "node:assert/strict";
import { Hono } from "hono";
import { changePerson } from "../../core/accounts/people.ts";
import { authorize } from "../../routes/authorize.ts";
import type { AppEnv } from "../../routes/caller.ts";
import { ACCOUNT_REQUESTS_MAX, ADMIN_REQUESTS_MAX } from "../../routes/rate_limits.ts";
import { stampAnswers } from "../../routes/security_headers.ts";
import {
  ADMIN,
  type AppWorld,
  bearer,
  form,
  json,
  keyOf,
  openApp,
  SECRETS,
  signedIn,
} from "../support/app.ts";
import { faultyKv, type KvHooks } from "../support/faulty_kv.ts";

const ACCOUNTS = "/api/v1/accounts";
const CRON = "/api/calls/scheduled-sync";
const codeOf = async (answer: Response) => `${answer.status} ${(await answer.json()).code}`;

const UNSET: [unset: string[], path: string, token: string | null, expected: string][] = [
  [["ADMIN_API_KEY"], ACCOUNTS, null, "503 not_configured"],
  [["ADMIN_API_KEY"], ACCOUNTS, "anything", "503 not_configured"],
  [["ADMIN_API_KEY"], ACCOUNTS, SECRETS.ADMIN_API_KEY, "503 not_configured"],
  [["ADMIN_API_KEY"], ACCOUNTS, SECRETS.CRON_SECRET, "403 forbidden"],
  [["ADMIN_API_KEY"], CRON, "anything", "401 unauthorized"],
  [["CRON_SECRET"], CRON, SECRETS.CRON_SECRET, "401 unauthorized"],
  [["CRON_SECRET"], CRON, null, "401 unauthorized"],
  [["CRON_SECRET", "ADMIN_API_KEY"], CRON, null, "503 not_configured"],
  [["CRON_SECRET", "ADMIN_API_KEY"], CRON, SECRETS.CRON_SECRET, "503 not_configured"],
  [["METRICS_TOKEN"], "/metrics", SECRETS.METRICS_TOKEN, "503 not_configured"],
  [["METRICS_TOKEN"], "/metrics", null, "503 not_configured"],
  [[], "/metrics", null, "401 unauthorized"],
  [[], "/metrics", SECRETS.ADMIN_API_KEY, "401 unauthorized"],
  [[], ACCOUNTS, "", "401 unauthorized"],
];

for (const [unset, path, token, expected] of UNSET) {
  const given = token === null ? "nothing" : "a token";
  Deno.test(`${path} with ${given} and ${unset.join(" and ") || "nothing"} unset: ${expected}`, async () => {
    using world = await openApp({ env: Object.fromEntries(unset.map((name) => [name, ""])) });
    const headers = token === null ? {} : bearer(token);
    const answer = await world.app.request(path, { headers });
    if (expected.startsWith("503")) assert(answer.headers.get("retry-after"));
    assert.equal(await codeOf(answer), expected);
    assert.deepEqual(world.done, []);
  });
}

Deno.test("an account's key goes on working while ADMIN_API_KEY is not set", async () => {
  using world = await openApp({ env: { ADMIN_API_KEY: "" } });
  const headers = await keyOf(world, "acme");
  const answer = await world.app.request("/api/v1/accounts/acme/wallet", { headers });
  assert.equal(answer.status, 200);
});

Deno.test("only a bearer token counts, whole and exact", async () => {
  using world = await openApp();
  const key = SECRETS.ADMIN_API_KEY;
  const rows: [string, number][] = [
    [`Bearer ${key}`, 200],
    [`bearer ${key}`, 200],
    [`Bearer ${key}x`, 401],
    [`Bearer ${key.slice(1)}`, 401],
    [`Bearer ${key.toUpperCase()}`, 401],
    [`Bearer ${key} ${key}`, 401],
    [`Basic ${btoa(`admin:${key}`)}`, 401],
    [key, 401],
    ["Bearer", 401],
  ];
  for (const [authorization, status] of rows) {
    const answer = await world.app.request(ACCOUNTS, { headers: { authorization } });
    assert.equal(answer.status, status, authorization);
  }
});

Deno.test("a token in the address opens nothing", async () => {
  using world = await openApp();
  for (const name of ["token", "key", "secret", "access_token", "api_key"]) {
    const answer = await world.app.request(`${CRON}?${name}=${SECRETS.CRON_SECRET}`);
    assert.equal(answer.status, 401);
  }
  assert.deepEqual(world.done, []);
});

Deno.test("the schedulers' addresses never answer to a cookie", async () => {
  using world = await openApp();
  const cookie = await signedIn(world, { email: "ada@example.com", role: "admin" });
  assert.equal((await world.app.request(CRON, { headers: cookie })).status, 403);
  const posted = await world.app.request(CRON, form({}, cookie));
  assert.equal(posted.status, 403);
  assert.deepEqual(world.done, []);
  assert.equal(
    (await world.app.request(CRON, { headers: bearer(SECRETS.CRON_SECRET) })).status,
    200,
  );
  assert.deepEqual(world.done, ["sync all scheduler"]);
});

Deno.test("with a token the cookie is not looked at", async () => {
  using world = await openApp();
  const cookie = await signedIn(world, { email: "ada@example.com", role: "admin" });
  const headers = { ...cookie, ...bearer("wrong") };
  assert.equal((await world.app.request(ACCOUNTS, { headers })).status, 401);
});

Deno.test("a change of the person ends their session at once", async () => {
  using world = await openApp();
  const headers = await signedIn(world, { email: "ada@example.com", role: "admin" });
  assert.equal((await world.app.request(ACCOUNTS, { headers })).status, 200);
  await changePerson(world.deps, {
    email: "ada@example.com",
    change: { role: "viewer" },
    actor: "test",
  });
  assert.equal((await world.app.request(ACCOUNTS, { headers })).status, 401);
});

Deno.test("over plain http the cookie has a plain name, and neither name works in the other's place", async () => {
  using world = await openApp({ env: { PUBLIC_URL: "http://127.0.0.1:8000" } });
  const { cookie } = await signedIn(world, { email: "ada@example.com", role: "admin" });
  assert.match(cookie, /^tollkeeper=/);
  assert.equal((await world.app.request(ACCOUNTS, { headers: { cookie } })).status, 200);
  const other = cookie.replace("tollkeeper=", "__Host-tollkeeper=");
  assert.equal((await world.app.request(ACCOUNTS, { headers: { cookie: other } })).status, 401);
});

Deno.test("an account's key gets 600 requests a minute and is told how many are left", async () => {
  using world = await openApp();
  world.clock.setTo(60_000 * 1_000_000);
  const headers = await keyOf(world, "acme");
  const ask = () => world.app.request("/api/v1/accounts/acme", { headers });
  const first = await ask();
  assert.equal(first.headers.get("ratelimit-policy"), `"default";q=600;w=60`);
  assert.equal(first.headers.get("ratelimit"), `"default";r=599;t=60`);
  for (let i = 1; i < ACCOUNT_REQUESTS_MAX; i++) assert.equal((await ask()).status, 200);
  world.clock.advance(20_000);
  const refused = await ask();
  assert.equal(refused.headers.get("retry-after"), "40");
  assert.equal(refused.headers.get("ratelimit"), `"default";r=0;t=40`);
  assert.equal(await codeOf(refused), "429 rate_limited");
  const others = await world.app.request("/api/v1/accounts/acme", {
    headers: await keyOf(world, "acme"),
  });
  assert.equal(others.status, 200, "another key has its own limit");
  world.clock.advance(40_000);
  assert.equal((await ask()).status, 200);
});

Deno.test("the admin key gets 12 000 requests a minute; a scheduler is not counted", async () => {
  using world = await openApp();
  const answer = await world.app.request(ACCOUNTS, { headers: ADMIN });
  assert.equal(answer.headers.get("ratelimit-policy"), `"default";q=${ADMIN_REQUESTS_MAX};w=60`);
  const sync = await world.app.request(CRON, { headers: bearer(SECRETS.CRON_SECRET) });
  assert.equal(sync.headers.get("ratelimit"), null);
});

Deno.test("an account starts the sync of its own calls and of no other's", async () => {
  using world = await openApp();
  const headers = await keyOf(world, "acme");
  const own = await world.app.request("/api/calls/sync", json({ userId: "acme" }, { headers }));
  assert.equal(own.status, 200);
  const foreign = await world.app.request("/api/calls/sync", json({ userId: "kiwi" }, { headers }));
  assert.equal(foreign.status, 404);
  assert.equal(world.done.length, 1);
  assert.match(world.done[0]!, /^sync acme key:tk_/);
});

Deno.test("while the database is away nobody is let in by key or cookie", async () => {
  const hooks: KvHooks = {};
  using world = await openApp({ wrap: (kv) => faultyKv(kv, hooks).kv });
  const headers = [
    await keyOf(world, "acme"),
    await signedIn(world, { email: "ada@example.com", role: "admin" }),
  ];
  hooks.read = () => Promise.reject(new Error("the connection broke"));
  for (const one of headers) {
    const answer = await world.app.request(ACCOUNTS, { headers: one });
    assert.equal(answer.headers.get("retry-after"), "5");
    assert.equal(await codeOf(answer), "503 store_unavailable");
  }
});

/** The lock with doors of the test's own behind it. */
function lockedApp({ appDeps }: AppWorld): Hono<AppEnv> {
  return new Hono<AppEnv>()
    .use("*", stampAnswers(appDeps))
    .use("*", authorize(appDeps))
    .get("/admin/accounts/:id", (c) => c.text("a page"))
    .post("/admin/accounts", (c) => c.text(`changed by ${c.var.caller?.actor}`))
    .get("/without-a-row", (c) => c.text("a secret"))
    .get("/healthz", (c) => c.text("open"))
    .get("/:anything", (c) => c.text("in doubt"))
    .all("/every-method", (c) => c.text("a secret"));
}

Deno.test("a viewer sees pages and changes nothing; an admin changes, by forms only", async () => {
  using world = await openApp();
  const app = lockedApp(world);
  const viewer = await signedIn(world, { email: "vic@example.com", role: "viewer" });
  const admin = await signedIn(world, { email: "ada@example.com", role: "admin" });
  const see = (headers: HeadersInit) => app.request("/admin/accounts/acme", { headers });
  assert.deepEqual([(await see(viewer)).status, (await see(admin)).status], [200, 200]);
  assert.equal((await app.request("/admin/accounts", form({}, viewer))).status, 403);
  const changed = await app.request("/admin/accounts", form({}, admin));
  assert.equal(await changed.text(), "changed by ada@example.com");
  for (const type of ["application/json", "text/plain", "application/x-www-form-urlencodedx", ""]) {
    const answer = await app.request(
      "/admin/accounts",
      form({}, { ...admin, "content-type": type }),
    );
    assert.equal(answer.status, 415, type);
  }
  assert.equal((await app.request("/admin/accounts", form({}, ADMIN))).status, 403);
});

Deno.test("whoever is not signed in is sent from a page to the sign-in page, a program is refused", async () => {
  using world = await openApp();
  const app = lockedApp(world);
  const page = { accept: "text/html,application/xhtml+xml,*/*;q=0.8" };
  const answer = await app.request("/admin/accounts/acme", { headers: page });
  assert.deepEqual([answer.status, answer.headers.get("location")], [303, "/login"]);
  assert.equal((await app.request("/admin/accounts/acme")).status, 401);
  const posted = await app.request("/admin/accounts", form({}, page));
  assert.equal(posted.status, 401);
});

Deno.test("a route without a row, or in doubt between two rows, answers nobody", async () => {
  using world = await openApp();
  const app = lockedApp(world);
  const admin = await signedIn(world, { email: "ada@example.com", role: "admin" });
  for (const headers of [{}, ADMIN, admin]) {
    for (const path of ["/without-a-row", "/healthz", "/every-method", "/other"]) {
      assert.equal((await app.request(path, { headers })).status, 404, path);
    }
  }
});
