/**
 * Too much of anything: bodies, headers, addresses, repeated fields.
 *
 * @module
 */
import assert from "node:assert/strict";
import { BODY_BYTES_MAX } from "../../routes/read_body.ts";
import { ADMIN, form, openApp, PUBLIC_URL, signedIn } from "../support/app.ts";
import { admit, everyRoute, fillPath } from "../support/every_route.ts";
import { openCarrierApp } from "../support/signed_webhooks.ts";
import { serveApp } from "../support/serve_app.ts";

const TOO_MUCH = "x".repeat(BODY_BYTES_MAX + 1);

Deno.test("a body over 256 KiB is 413 at every address that takes one, told of before or not", async () => {
  using world = await openCarrierApp({ isSandbox: true });
  let count = 0;
  for (const route of everyRoute(world).filter(({ method }) => method !== "GET")) {
    const headers = {
      ...await admit(world, route.row),
      "content-type": route.row.isPage ? "application/x-www-form-urlencoded" : "application/json",
      "idempotency-key": "a key",
      origin: PUBLIC_URL,
    };
    const path = fillPath(route.path, { id: "acme" });
    const told = { ...headers, "content-length": String(TOO_MUCH.length) };
    for (
      const init of [
        { headers: told, body: TOO_MUCH },
        { headers, body: new Blob([TOO_MUCH]).stream() },
      ]
    ) {
      const answer = await world.app.request(path, { method: route.method, ...init });
      assert.equal(
        `${answer.status} ${(await answer.json()).code}`,
        "413 body_too_large",
        route.name,
      );
      count++;
    }
  }
  assert(count > 80, String(count));
  assert.deepEqual(world.logged.filter(({ level }) => level === "error"), []);
});

Deno.test("over real HTTP a body that is too large is refused, be its length told or not", async () => {
  using world = await openApp();
  await using served = serveApp(world);
  for (const body of [TOO_MUCH, new Blob([TOO_MUCH]).stream()]) {
    const answer = await fetch(`${served.origin}/api/v1/accounts`, {
      method: "POST",
      headers: { ...ADMIN, "content-type": "application/json" },
      body,
    });
    assert.equal(answer.status, 413);
    assert.equal((await answer.json()).code, "body_too_large");
  }
});

Deno.test("headers and addresses of any length are answered or refused, and others are served after", async () => {
  using world = await openApp();
  await using served = serveApp(world);
  const rows: [path: string, headers: Record<string, string>][] = [
    ["/api/v1/accounts", { ...ADMIN, "x-long": "x".repeat(60_000) }],
    ["/api/v1/accounts", { authorization: `Bearer ${"x".repeat(60_000)}` }],
    ["/api/v1/accounts", { cookie: `__Host-tollkeeper=${"x".repeat(60_000)}` }],
    ["/admin", { cookie: "a=b; ".repeat(5_000), accept: "text/html" }],
    [`/api/v1/accounts?search=${"x".repeat(60_000)}`, ADMIN],
    [`/${"x".repeat(60_000)}`, {}],
    [`/${"x/".repeat(20_000)}`, {}],
    [`/api/v1/accounts/acme/top-ups?${"a=1&".repeat(10_000)}`, ADMIN],
  ];
  for (const [path, headers] of rows) {
    const answer = await fetch(served.origin + path, { headers });
    await answer.body?.cancel();
    const told = `${answer.status} for ${path.slice(0, 40)} ${Object.keys(headers)}`;
    assert(answer.status < 500, told);
  }
  const many = new Headers(
    Array.from({ length: 90 }, (_, i) => [`x-${i}`, "y"] as [string, string]),
  );
  const answer = await fetch(`${served.origin}/healthz`, { headers: many });
  await answer.body?.cancel();
  assert.equal(answer.status, 200);
});

Deno.test("a field that comes twice is refused by every form that a page posts", async () => {
  using world = await openApp();
  const headers = await signedIn(world, { email: "ada@example.com", role: "admin" });
  const fields = `amount=1.00&reason=x&form_id=${crypto.randomUUID()}`;
  for (const extra of ["&amount=900.00", `&form_id=${crypto.randomUUID()}`, "&form_id="]) {
    const init = { ...form({}, headers), body: fields + extra };
    const answer = await world.app.request("/admin/accounts/acme/top-up", init);
    assert.equal(answer.status, 422, extra);
    await answer.body?.cancel();
  }
  const good = { ...form({}, headers), body: fields };
  assert.equal((await world.app.request("/admin/accounts/acme/top-up", good)).status, 303);
  const entries = await world.app.request("/api/v1/accounts/acme/entries", { headers: ADMIN });
  assert.equal((await entries.json()).data.length, 2, "the opening top-up and the good one");
});

Deno.test("the sandbox's clock is not moved by a field that comes twice", async () => {
  using world = await openApp({ isSandbox: true });
  const init = { ...form({}), body: "advance=PT1M&advance=P300D" };
  assert.equal((await world.app.request("/sandbox/clock", init)).status, 422);
  assert.deepEqual(world.done, []);
});

Deno.test("a parameter of the API that comes twice is refused", async () => {
  using world = await openApp();
  const lists = everyRoute(world).filter(({ method, path, row }) =>
    method === "GET" && /^\/api\/v1\/[\w-]+$/.test(path) && row.callers.includes("admin_program")
  );
  let count = 0;
  for (const { path } of lists) {
    // A list that is never long has no parameters.
    const probe = await world.app.request(`${path}?limit=0`, { headers: ADMIN });
    if (probe.status === 200) continue;
    count++;
    const answer = await world.app.request(`${path}?limit=1&limit=100`, { headers: ADMIN });
    assert.equal(answer.status, 422, path);
  }
  assert(count > 5, String(count));
});
