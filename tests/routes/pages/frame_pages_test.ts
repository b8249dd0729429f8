import assert from "node:assert/strict";
import { SESSION_IDLE_MS } from "../../../core/accounts/sessions.ts";
import { form, openApp, signedIn } from "../../support/app.ts";

const ANN = { email: "ann@example.com", role: "admin" } as const;

Deno.test("the navigation offers what the access table lets this person open, marked where they are", async () => {
  using world = await openApp();
  const headers = await signedIn(world, ANN);
  const html = await (await world.app.request("/admin/accounts", { headers })).text();
  assert(html.includes('href="/admin/accounts" aria-current="page"'));
  assert(html.includes('href="/billing"'));
  assert(!html.includes('href="/portal"'));
  assert(html.includes("ann@example.com"));
});

Deno.test("the sandbox's banner is on the pages of a sandbox, and on no other", async () => {
  for (const isSandbox of [true, false]) {
    using world = await openApp({ isSandbox });
    const headers = await signedIn(world, ANN);
    const html = await (await world.app.request("/admin?x=1", { headers })).text();
    assert.equal(html.includes('action="/sandbox/clock"'), isSandbox);
    assert.equal(html.includes('name="return_to" value="/admin?x=1"'), isSandbox);
  }
});

Deno.test("whoever moves the sandbox's clock beyond the idle time stays signed in", async () => {
  using world = await openApp({ isSandbox: true });
  const headers = await signedIn(world, ANN);
  const moved = await world.app.request(
    "/sandbox/clock",
    form({ advance: "P7D", return_to: "/admin" }, headers),
  );
  assert.equal(moved.status, 303);
  const cookie = moved.headers.get("set-cookie")!.split(";")[0]!;
  assert.notEqual(cookie, headers.cookie, "a fresh token");
  assert.equal((await world.app.request("/admin", { headers: { cookie } })).status, 200);
  const old = await world.app.request("/admin", { headers: { ...headers, accept: "text/html" } });
  assert.equal(old.headers.get("location"), "/login");
  world.clock.advance(SESSION_IDLE_MS);
  const later = await world.app.request("/admin", { headers: { cookie, accept: "text/html" } });
  assert.equal(later.headers.get("location"), "/login", "and idles like any other");
});

Deno.test("the sandbox's clock moves without a session too, and opens none", async () => {
  using world = await openApp({ isSandbox: true });
  const moved = await world.app.request("/sandbox/clock", form({ advance: "PT1H" }));
  assert.equal(moved.status, 303);
  assert.equal(moved.headers.get("set-cookie"), null);
});

Deno.test("the sign-in page lists a fault on top, keeps the e-mail and never the password", async () => {
  using world = await openApp();
  const answer = await world.app.request(
    "/login",
    form({ email: "ann@example.com", password: "not hers" }),
  );
  const html = await answer.text();
  assert.equal(answer.status, 401);
  assert(html.includes('role="alert"') && html.includes('value="ann@example.com"'));
  assert(!html.includes("not hers"));
});

Deno.test("a message that somebody wrote into the cookie is shown as text", async () => {
  using world = await openApp();
  const { cookie } = await signedIn(world, ANN);
  const flash = `__Host-tollkeeper-flash=${encodeURIComponent("positive <b>x</b>")}`;
  const answer = await world.app.request("/admin", {
    headers: { cookie: `${cookie}; ${flash}` },
  });
  const html = await answer.text();
  assert(html.includes("&lt;b&gt;x&lt;/b&gt;") && !html.includes("<b>x</b>"));
});
