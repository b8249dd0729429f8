import assert from "node:assert/strict";
import { FAILURES_PER_PAIR_MAX } from "../../core/accounts/throttle.ts";
import { addQuickPerson, type AppWorld, form, openApp } from "../support/app.ts";

const ADA = { email: "ada@example.com", password: "correct horse battery" };
const FROM = { remoteAddress: "192.0.2.1" };

async function openHall(env: Record<string, string> = {}): Promise<AppWorld> {
  const world = await openApp({ env });
  await addQuickPerson(world, { ...ADA, role: "admin" });
  return world;
}
const post = (
  world: AppWorld,
  fields: Record<string, string>,
  headers: Record<string, string> = {},
) => Promise.resolve(world.app.request("/login", form(fields, headers), FROM));

Deno.test("the right e-mail and password open a session that the pages and lists accept", async () => {
  using world = await openHall();
  const answer = await post(world, { ...ADA, email: " ADA@example.com" });
  assert.equal(answer.status, 303);
  assert.equal(answer.headers.get("location"), "/admin");
  const cookie = answer.headers.get("set-cookie") ?? "";
  assert.match(
    cookie,
    /^__Host-tollkeeper=[\w-]{43}; Max-Age=43200; Path=\/; HttpOnly; Secure; SameSite=Lax$/,
  );
  const headers = { cookie: cookie.split(";")[0]! };
  assert.equal((await world.app.request("/api/v1/accounts", { headers })).status, 200);
});

Deno.test("over plain http the cookie is neither Secure nor bound to the host by name", async () => {
  using world = await openHall({ PUBLIC_URL: "http://127.0.0.1:8000" });
  const answer = await world.app.request(
    "http://127.0.0.1:8000/login",
    form(ADA, { origin: "http://127.0.0.1:8000" }),
  );
  const cookie = answer.headers.get("set-cookie") ?? "";
  assert.match(cookie, /^tollkeeper=[\w-]{43}; Max-Age=43200; Path=\/; HttpOnly; SameSite=Lax$/);
});

Deno.test("a program that is no browser signs in without an origin", async () => {
  using world = await openHall();
  const answer = await world.app.request("/login", {
    method: "POST",
    headers: { "content-type": "application/x-www-form-urlencoded" },
    body: new URLSearchParams(ADA).toString(),
  });
  assert.equal(answer.status, 303);
});

Deno.test("a wrong password and an unknown e-mail get the same page, and no cookie", async () => {
  using world = await openHall();
  const wrong = await post(world, { ...ADA, password: "wrong" });
  const unknown = await post(world, { ...ADA, email: "eve@example.com" });
  assert.deepEqual([wrong.status, unknown.status], [401, 401]);
  assert.equal(wrong.headers.get("set-cookie"), null);
  assert.match(wrong.headers.get("content-type") ?? "", /^text\/html/);
  const bare = (page: string) =>
    page.replaceAll(/[\w.]+@example\.com/g, "").replace(/<code>[^<]*<\/code>/, "");
  assert.equal(bare(await wrong.text()), bare(await unknown.text()));
});

Deno.test("the form's own text cannot break out of the page", async () => {
  using world = await openHall();
  const answer = await post(world, { email: `"><script>x</script>`, password: "x" });
  assert(!(await answer.text()).includes("<script>x"));
});

Deno.test("a field that is missing, empty, too long or sent twice is refused before any work", async () => {
  using world = await openHall();
  const bodies = [
    "email=ada@example.com",
    "email=&password=x",
    `email=${"a".repeat(255)}&password=x`,
    "email=ada@example.com&email=eve@example.com&password=x",
    `email=ada@example.com&password=${"p".repeat(1_025)}`,
  ];
  for (const body of bodies) {
    const answer = await world.app.request("/login", { ...form({}), body });
    assert.equal(answer.status, 400, body.slice(0, 60));
  }
});

Deno.test("signing in again gives another token and ends the session the browser brought", async () => {
  using world = await openHall();
  const first = (await post(world, ADA)).headers.get("set-cookie")!.split(";")[0]!;
  const second = (await post(world, ADA, { cookie: first })).headers.get("set-cookie")!
    .split(";")[0]!;
  assert.notEqual(second, first);
  const asks = (cookie: string) => world.app.request("/api/v1/accounts", { headers: { cookie } });
  assert.equal((await asks(first)).status, 401);
  assert.equal((await asks(second)).status, 200);
});

Deno.test("a token that somebody planted is not taken over", async () => {
  using world = await openHall();
  const planted = `__Host-tollkeeper=${"A".repeat(43)}`;
  const answer = await post(world, ADA, { cookie: planted });
  assert.notEqual(answer.headers.get("set-cookie")!.split(";")[0], planted);
  const asked = await world.app.request("/api/v1/accounts", { headers: { cookie: planted } });
  assert.equal(asked.status, 401);
});

Deno.test("signing out ends the session, takes the cookie back, and may be repeated", async () => {
  using world = await openHall();
  const cookie = (await post(world, ADA)).headers.get("set-cookie")!.split(";")[0]!;
  for (const _ of [1, 2]) {
    const answer = await world.app.request("/logout", form({}, { cookie }));
    assert.equal(answer.status, 303);
    assert.equal(answer.headers.get("location"), "/login");
    assert.match(answer.headers.get("set-cookie") ?? "", /^__Host-tollkeeper=; Max-Age=0;/);
  }
  const asked = await world.app.request("/api/v1/accounts", { headers: { cookie } });
  assert.equal(asked.status, 401);
});

Deno.test("after too many failures even the right password waits, and is told how long", async () => {
  using world = await openHall();
  // Failures without the cost of a password: the count alone is under test here.
  const wrong = { ...ADA, password: "wrong" };
  for (let i = 0; i < FAILURES_PER_PAIR_MAX; i++) {
    assert.equal((await post(world, wrong)).status, 401);
  }
  const answer = await post(world, ADA);
  assert.equal(answer.status, 429);
  assert(Number(answer.headers.get("retry-after")) > 0);
  assert.match(await answer.text(), /Too many attempts/);
  const elsewhere = await world.app.request("/login", form(ADA), { remoteAddress: "192.0.2.9" });
  assert.equal(elsewhere.status, 303);
});

Deno.test("no line of the log and no answer holds a password or a token", async () => {
  using world = await openHall();
  const good = await post(world, ADA);
  const bad = await post(world, { ...ADA, password: "a wrong secret" });
  const token = good.headers.get("set-cookie")!.match(/=([\w-]{43})/)![1]!;
  const said = JSON.stringify(world.logged) + await bad.text() + await good.text();
  for (const hidden of [ADA.password, "a wrong secret", token]) assert(!said.includes(hidden));
});
