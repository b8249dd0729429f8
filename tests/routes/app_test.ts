import assert from "node:assert/strict";
import { Unresolved } from "../../core/kv/gates.ts";
import { StoreUnavailable } from "../../core/kv/store.ts";
import { PROBLEMS } from "../../routes/problem.ts";
import { BODY_BYTES_MAX } from "../../routes/read_body.ts";
import { SECURITY_HEADERS } from "../../routes/security_headers.ts";
import { ADMIN, type AppWorld, form, json, openApp, PUBLIC_URL } from "../support/app.ts";

const POLICY = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; " +
  "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

/** Answers of every sort. */
const ANSWERS: [words: string, status: number, ask: (world: AppWorld) => Promise<Response>][] = [
  ["a page", 200, (world) => ask(world, "/login")],
  ["JSON", 200, (world) => ask(world, "/api/v1/accounts", { headers: ADMIN })],
  ["a file", 200, (world) => ask(world, world.appDeps.files["app.css"].path)],
  ["the description", 200, (world) => ask(world, "/openapi.json")],
  ["a redirect", 303, (world) => ask(world, "/")],
  ["an unknown path", 404, (world) => ask(world, "/nowhere")],
  ["an unknown file", 404, (world) => ask(world, "/static/00000000/app.css")],
  ["a refusal", 401, (world) => ask(world, "/api/v1/accounts")],
  ["a forged form", 403, (world) => {
    return ask(world, "/login", form({}, { origin: "https://evil.example" }));
  }],
  ["a body too large", 413, (world) => {
    return ask(world, "/login", { method: "POST", body: "x".repeat(BODY_BYTES_MAX + 1) });
  }],
  ["an invalid request", 422, (world) => ask(world, "/api/v1/accounts", json({}))],
  ["a fault of ours", 500, (world) => ask(world, "/api/calls/scheduled-sync", { headers: ADMIN })],
  ["HEAD", 200, (world) => ask(world, "/healthz", { method: "HEAD" })],
];

function ask(world: AppWorld, path: string, init: RequestInit = {}): Promise<Response> {
  return Promise.resolve(world.app.request(path, init));
}

for (const [words, status, request] of ANSWERS) {
  Deno.test(`${words} carries the id of the request and every security header`, async () => {
    using world = await openApp({
      change: ({ actions }) => ({
        actions: {
          ...actions,
          syncCalls: () => Promise.reject(new Error("planted: token hunter2")),
        },
      }),
    });
    const answer = await request(world);
    assert.equal(answer.status, status);
    assert.match(answer.headers.get("request-id") ?? "", /^[0-9a-f-]{36}$/);
    for (const [name, value] of Object.entries(SECURITY_HEADERS)) {
      assert.equal(answer.headers.get(name), value, name);
    }
    assert.equal(answer.headers.get("content-security-policy"), POLICY);
    const isKept = words === "a file" || words === "the description";
    assert.equal(answer.headers.get("cache-control") === "no-store", !isKept);
    assert(!(await answer.text()).includes("hunter2"));
  });
}

Deno.test("the id of a request is ours, whatever the caller sends", async () => {
  using world = await openApp();
  const sent = { "request-id": "mine", "x-request-id": "mine" };
  const answer = await ask(world, "/nowhere", { headers: sent });
  assert.notEqual(answer.headers.get("request-id"), "mine");
  const body = await answer.json();
  assert.equal(body.request_id, answer.headers.get("request-id"));
});

Deno.test("an unknown path is a problem for programs and a page for people", async () => {
  using world = await openApp();
  const program = await ask(world, "/nowhere");
  assert.equal(program.headers.get("content-type"), "application/problem+json");
  assert.deepEqual(await program.json(), {
    type: `${PUBLIC_URL}/problems/not_found`,
    title: PROBLEMS.not_found.title,
    status: 404,
    code: "not_found",
    detail: PROBLEMS.not_found.cause,
    request_id: program.headers.get("request-id"),
    errors: [],
  });
  const rows: [path: string, accept: string, isPage: boolean][] = [
    ["/nowhere", "text/html,application/xhtml+xml,*/*;q=0.8", true],
    ["/nowhere", "application/json, text/html", false],
    ["/nowhere", "*/*", false],
    ["/api/v1/nowhere", "text/html", false],
  ];
  for (const [path, accept, isPage] of rows) {
    const answer = await ask(world, path, { headers: { accept } });
    assert.equal(answer.status, 404);
    assert.equal(/^text\/html/.test(answer.headers.get("content-type") ?? ""), isPage, accept);
    await answer.body?.cancel();
  }
});

Deno.test("no path under /sandbox exists when live", async () => {
  using world = await openApp();
  assert.equal((await ask(world, "/sandbox/clock", json({ advance: "P1D" }))).status, 404);
});

const THROWN: [error: Error, expected: string, level: string][] = [
  [new StoreUnavailable("planted: away"), "503 store_unavailable", "warn"],
  [new Unresolved("planted: who knows"), "503 outcome_unknown", "warn"],
  [new TypeError("planted"), "500 internal", "error"],
];

for (const [error, expected, level] of THROWN) {
  Deno.test(`${error.name} becomes ${expected} and one line at ${level}`, async () => {
    using world = await openApp({
      change: ({ actions }) => ({
        actions: { ...actions, syncCalls: () => Promise.reject(error) },
      }),
    });
    world.logged.length = 0;
    const answer = await ask(world, "/api/calls/scheduled-sync", { headers: ADMIN });
    assert.equal(answer.headers.has("retry-after"), answer.status === 503);
    const body = await answer.json();
    assert.equal(`${answer.status} ${body.code}`, expected);
    assert(!JSON.stringify(body).includes(error.message));
    assert.deepEqual(world.logged.map((line) => line.level), [level]);
    assert.equal(world.logged[0]?.facts["request_id"], body.request_id);
  });
}

Deno.test("a body of exactly 256 KiB is read, one byte more is not, chunked or not", async () => {
  using world = await openApp();
  const rest = JSON.stringify({ name: "" }).length;
  for (const [bytes, isRead] of [[BODY_BYTES_MAX, true], [BODY_BYTES_MAX + 1, false]] as const) {
    const text = JSON.stringify({ name: "x".repeat(bytes - rest) });
    for (const body of [text, new Blob([text]).stream()]) {
      const isText = typeof body === "string";
      const answer = await ask(world, "/api/v1/accounts", {
        method: "POST",
        headers: {
          "content-type": "application/json",
          ...ADMIN,
          ...(isText ? { "content-length": String(bytes) } : {}),
        },
        body,
      });
      assert.equal((await answer.json()).code, isRead ? "validation" : "body_too_large");
    }
  }
});

Deno.test("every problem has a page that says what to do", async () => {
  using world = await openApp();
  for (const [code, { fix }] of Object.entries(PROBLEMS)) {
    const answer = await ask(world, `/problems/${code}`);
    assert.equal(answer.status, 200);
    assert((await answer.text()).includes(fix.split(/['"]/)[0]!), code);
  }
  for (const code of ["nothing", "__proto__", "constructor", "toString"]) {
    assert.equal((await ask(world, `/problems/${code}`)).status, 404, code);
  }
});
