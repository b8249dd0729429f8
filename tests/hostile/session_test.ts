/**
 * Sessions and the sign-in, as somebody who would like another one's tries them.
 *
 * @module
 */
import assert from "node:assert/strict";
import { SESSION_IDLE_MS, SESSION_LIFE_MS } from "../../core/accounts/sessions.ts";
import {
  countSignIn,
  FAILURES_PER_ADDRESS_MAX,
  FAILURES_PER_EMAIL_MAX,
  SIGN_IN_WINDOW_MS,
} from "../../core/accounts/throttle.ts";
import {
  addQuickPerson,
  type AppWorld,
  cookieOf,
  form,
  openApp,
  PUBLIC_URL,
  signedIn,
} from "../support/app.ts";
import { admit, everyRoute, plainRequest } from "../support/every_route.ts";

const ADA = { email: "ada@example.com", password: "correct horse battery" };
const NAME = "__Host-tollkeeper";

async function openHall(): Promise<AppWorld> {
  const world = await openApp();
  await addQuickPerson(world, { ...ADA, role: "admin" });
  await addQuickPerson(world, { ...ADA, email: "eve@example.com", role: "viewer" });
  return world;
}

async function signIn(
  world: AppWorld,
  { headers = {}, from = "192.0.2.1", ...fields }: {
    email?: string;
    password?: string;
    from?: string;
    headers?: Record<string, string>;
  } = {},
): Promise<{ status: number; token: string; cookie: string }> {
  const init = form({ ...ADA, ...fields }, headers);
  const answer = await world.app.request("/login", init, { remoteAddress: from });
  await answer.body?.cancel();
  const cookie = answer.headers.get("set-cookie") ?? "";
  return { status: answer.status, cookie, token: /=([\w-]{43});/.exec(cookie)?.[1] ?? "" };
}

async function statusWith(world: AppWorld, cookie: string): Promise<number> {
  const answer = await world.app.request("/admin", { headers: { cookie } });
  await answer.body?.cancel();
  return answer.status;
}

Deno.test("a token planted before the sign-in is worth nothing after it, even one that was good", async () => {
  using world = await openHall();
  const eve = await signIn(world, { email: "eve@example.com" });
  const ada = await signIn(world, { headers: { cookie: `${NAME}=${eve.token}` } });
  assert.notEqual(ada.token, eve.token);
  assert.equal(await statusWith(world, `${NAME}=${eve.token}`), 401);
  assert.equal(await statusWith(world, `${NAME}=${ada.token}`), 200);
});

Deno.test("signing out ends this session in every browser that copied it, and no other", async () => {
  using world = await openHall();
  const [one, other] = [await signIn(world), await signIn(world)];
  await world.app.request("/logout", form({}, { cookie: `${NAME}=${one.token}` }));
  assert.equal(await statusWith(world, `${NAME}=${one.token}`), 401);
  assert.equal(await statusWith(world, `${NAME}=${other.token}`), 200);
});

Deno.test("a session ends after half an hour without a request, and after twelve hours in any case", async () => {
  using world = await openHall();
  const idle = await signIn(world);
  world.clock.advance(SESSION_IDLE_MS - 1);
  const busy = await signIn(world);
  world.clock.advance(1);
  assert.equal(await statusWith(world, `${NAME}=${idle.token}`), 401);
  for (let ms = 1; ms < SESSION_LIFE_MS - SESSION_IDLE_MS / 2; ms += SESSION_IDLE_MS / 2) {
    assert.equal(await statusWith(world, `${NAME}=${busy.token}`), 200, `${ms} ms`);
    world.clock.advance(SESSION_IDLE_MS / 2);
  }
  world.clock.advance(SESSION_IDLE_MS / 2);
  assert.equal(await statusWith(world, `${NAME}=${busy.token}`), 401);
});

Deno.test("every cookie the app sets is out of reach of scripts, other sites and plain http", async () => {
  using world = await openHall();
  const cookies = [(await signIn(world)).cookie];
  for (const route of everyRoute(world)) {
    const headers = await admit(world, route.row);
    const path = route.path.replace(/:\w+/g, "acme");
    const answer = await world.app.request(path, plainRequest(route, headers));
    await answer.body?.cancel();
    cookies.push(...answer.headers.getSetCookie());
  }
  assert(cookies.length > 5, String(cookies.length));
  for (const cookie of cookies) {
    assert.match(cookie, /^__Host-tollkeeper[\w-]*=/);
    assert.match(cookie, /; Path=\/(;|$)/);
    assert.match(cookie, /; Secure(;|$)/);
    assert(!/; Domain=/i.test(cookie), cookie);
    const isTakenBack = /; Max-Age=0/.test(cookie);
    if (!isTakenBack) assert.match(cookie, /; HttpOnly; Secure; SameSite=(Lax|Strict)$/);
  }
});

Deno.test("of two cookies of one name none lets anybody in but their owner", async () => {
  using world = await openHall();
  const ada = await signIn(world);
  const eve = await signIn(world, { email: "eve@example.com" });
  const bad = "A".repeat(43);
  const who = async (cookie: string) => {
    const answer = await world.app.request("/admin", { headers: { cookie } });
    const page = await answer.text();
    return answer.status === 200 ? /\w+@example\.com/.exec(page)?.[0] : answer.status;
  };
  const first = await who(`${NAME}=${ada.token}; ${NAME}=${eve.token}`);
  assert.equal(first, "ada@example.com", "the first counts, as everywhere in the app");
  assert.equal(await who(`${NAME}=${bad}; ${NAME}=${ada.token}`), 401);
  assert.equal(await who(`tollkeeper=${ada.token}`), 401, "another name is another cookie");
  assert.equal(await who(`__host-tollkeeper=${ada.token}`), 401, "and so is another case");
  assert.equal(await who(`${NAME}="${ada.token}"`), "ada@example.com", "quotes are the syntax's");
  assert.equal(await who(`${NAME}=${ada.token}%00`), 401);
});

Deno.test("guesses spread over addresses stop for strangers, and not for whoever was known before", async () => {
  using world = await openHall();
  assert.equal((await signIn(world, { from: "198.51.100.1" })).status, 303);
  for (let i = 0; i < FAILURES_PER_EMAIL_MAX; i++) {
    await countSignIn(world.deps, { email: ADA.email, address: `192.0.2.${i}` });
  }
  assert.equal((await signIn(world, { from: "203.0.113.9" })).status, 429, "also the right one");
  assert.equal((await signIn(world, { from: "198.51.100.1" })).status, 303, "the owner gets in");
  world.clock.advance(SIGN_IN_WINDOW_MS);
  assert.equal((await signIn(world, { from: "203.0.113.9" })).status, 303);
});

Deno.test("guesses from one address stop, whatever it says of itself in its headers", async () => {
  using world = await openHall();
  for (let i = 0; i < FAILURES_PER_ADDRESS_MAX; i++) {
    await countSignIn(world.deps, { email: `p${i}@example.com`, address: "192.0.2.1" });
  }
  for (const name of ["x-forwarded-for", "forwarded", "x-real-ip", "cf-connecting-ip"]) {
    const headers = { [name]: name === "forwarded" ? "for=10.0.0.1" : "10.0.0.1" };
    assert.equal((await signIn(world, { headers })).status, 429, name);
  }
  assert.equal((await signIn(world, { from: "192.0.2.2" })).status, 303);
});

const WAYS_OUT = [
  "//evil.example",
  "/\\evil.example",
  "\\\\evil.example",
  "/%5Cevil.example",
  "/%2F%2Fevil.example",
  "https:evil.example",
  "https://evil.example",
  "/\t/evil.example",
  "/\n/evil.example",
  "javascript:alert(1)",
  "@evil.example",
  ".evil.example",
  "/..//evil.example",
  "%2f%2fevil.example",
];

function staysHere(location: string, told: string): void {
  assert.equal(new URL(location, `${PUBLIC_URL}/somewhere/else`).origin, PUBLIC_URL, told);
  assert.match(location, /^[/?][\x21-\x7e]*$|^\/$/, told);
}

Deno.test("no redirect of any route leads out of the house, whatever is asked for", async () => {
  using world = await openApp({ isSandbox: true });
  let count = 0;
  const check = async (answer: Response, told: string) => {
    await answer.body?.cancel();
    const location = answer.headers.get("location");
    if (location === null) return;
    count++;
    staysHere(location, `${told}: ${location}`);
  };
  const names = ["return_to", "next", "redirect", "url", "to", "back", "continue"];
  for (const route of everyRoute(world)) {
    const person = await signedIn(world, { email: "ada@example.com", role: "admin" });
    for (
      const headers of [person, await cookieOf(world, { kind: "account", accountId: "acme" })]
    ) {
      for (const way of WAYS_OUT) {
        const part = encodeURIComponent(way);
        const query = names.map((name) => `${name}=${part}`).join("&");
        const accept = { accept: "text/html" };
        const paths = [
          `${route.path.replace(/:\w+/g, part)}`,
          `${route.path.replace(/:\w+/g, "acme")}?${query}`,
        ];
        for (const path of new Set(paths)) {
          const init = plainRequest(route, { ...headers, ...accept });
          await check(await world.app.request(path, init), `${route.name} ${path}`);
        }
      }
    }
  }
  assert(count > 100, String(count));
  for (const way of WAYS_OUT) {
    const init = form({ advance: "PT0S", return_to: way });
    await check(await world.app.request("/sandbox/clock", init), way);
  }
});

Deno.test("an address that looks like another host is not redirected to it", async () => {
  using world = await openApp();
  for (
    const path of [
      "//evil.example",
      "//evil.example/admin",
      "/%2F/evil.example",
      "/\\evil.example/admin/",
    ]
  ) {
    const answer = await world.app.request(`${PUBLIC_URL}${path}`, {
      headers: { accept: "text/html" },
    });
    await answer.body?.cancel();
    assert(answer.status === 404 || answer.status === 303, `${path} ${answer.status}`);
    const location = answer.headers.get("location");
    if (location !== null) staysHere(location, path);
  }
});
