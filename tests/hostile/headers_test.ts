/**
 * The headers that protect a browser are on every answer there is.
 *
 * @module
 */
import assert from "node:assert/strict";
import { SECURITY_HEADERS } from "../../routes/security_headers.ts";
import { ADMIN, bearer, cookieOf, keyOf, PUBLIC_URL, signedIn } from "../support/app.ts";
import { everyRoute, fillPath } from "../support/every_route.ts";
import { serveApp } from "../support/serve_app.ts";
import { openCarrierApp } from "../support/signed_webhooks.ts";

const METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"];

function check(answer: Response, { told, path }: { told: string; path: string }): void {
  for (const [name, value] of Object.entries(SECURITY_HEADERS)) {
    assert.equal(answer.headers.get(name), value, `${told}: ${name}`);
  }
  assert.match(answer.headers.get("request-id") ?? "", /^[0-9a-f-]{36}$/, told);
  const names = [...answer.headers.keys()];
  const bad = names.filter((name) =>
    /^(access-control-|x-powered-by$|server$|x-request-id$)/.test(name)
  );
  assert.deepEqual(bad, [], told);
  const mayStay = answer.status < 400 && /^\/(static\/|openapi\.json)/.test(path);
  const cache = answer.headers.get("cache-control");
  assert(
    mayStay ? cache !== null && !cache.includes("no-store") : cache === "no-store",
    `${told}: ${cache}`,
  );
  const type = answer.headers.get("content-type");
  if (type?.startsWith("text/")) {
    assert.match(type, /charset=utf-8|^text\/xml$|event-stream/i, told);
  }
}

Deno.test("every answer of every route carries every security header, to whomever, by whatever method", async () => {
  using world = await openCarrierApp({ isSandbox: true });
  const people: [string, Record<string, string>][] = [
    ["nobody", {}],
    ["wrong key", bearer("wrong")],
    ["admin's program", ADMIN],
    ["account's program", await keyOf(world, "acme")],
    ["a person", await signedIn(world, { email: "ada@example.com", role: "admin" })],
    ["a customer", await cookieOf(world, { kind: "account", accountId: "acme" })],
  ];
  const paths = new Set(everyRoute(world).map(({ path }) => fillPath(path, { id: "acme" })));
  for (
    const more of ["/nowhere", "/api/v1/nowhere", "/static/00000000/app.css", "/admin/", "/%ff"]
  ) {
    paths.add(more);
  }
  const seen = new Set<number>();
  for (const path of paths) {
    for (const method of METHODS) {
      for (const [who, headers] of people) {
        const isBrowser = "cookie" in headers || who === "nobody";
        for (const accept of isBrowser ? ["text/html", "*/*"] : ["*/*"]) {
          const sent = { ...headers, accept, origin: PUBLIC_URL };
          const answer = await world.app.request(path, { method, headers: sent });
          await answer.body?.cancel();
          check(answer, { told: `${method} ${path} of ${who}: ${answer.status}`, path });
          seen.add(answer.status);
        }
      }
    }
    world.clock.advance(5_000);
  }
  for (const status of [200, 303, 400, 401, 403, 404, 422]) {
    assert(seen.has(status), String(status));
  }
});

Deno.test("over real HTTP the same headers arrive, and nothing tells what serves", async () => {
  using world = await openCarrierApp();
  await using served = serveApp(world);
  for (const path of ["/healthz", "/login", "/nowhere", "/openapi.json", "/admin", "/docs"]) {
    for (const method of ["GET", "HEAD", "OPTIONS", "DELETE"]) {
      const answer = await fetch(served.origin + path, { method, redirect: "manual" });
      await answer.body?.cancel();
      check(answer, { told: `${method} ${path}: ${answer.status}`, path });
      assert.equal(answer.headers.get("via"), null);
    }
  }
});
