import assert from "node:assert/strict";
import { createHmac } from "node:crypto";
import { ADMIN, openApp, PUBLIC_URL, SECRETS, signedIn } from "../support/app.ts";

const FORM = "application/x-www-form-urlencoded";

/** Headers of a form post to `/logout` with a session, and whether it gets through. */
const ROWS: [headers: Record<string, string>, isLet: boolean][] = [
  [{ origin: PUBLIC_URL }, true],
  [{ origin: PUBLIC_URL, "sec-fetch-site": "same-origin" }, true],
  [{ "sec-fetch-site": "same-origin" }, true],
  [{}, false],
  [{ origin: "null" }, false],
  [{ origin: "https://evil.example" }, false],
  [{ origin: "https://billing.example.com.evil.example" }, false],
  [{ origin: "http://billing.example.com" }, false],
  [{ origin: "https://billing.example.com:8443" }, false],
  [{ "sec-fetch-site": "cross-site" }, false],
  [{ "sec-fetch-site": "same-site" }, false],
  [{ origin: "https://evil.example", "sec-fetch-site": "cross-site" }, false],
];

for (const type of [FORM, "multipart/form-data; boundary=x", "text/plain", ""]) {
  for (const [headers, isLet] of ROWS) {
    const words = JSON.stringify(headers);
    Deno.test(`a session's post of "${type}" with ${words} is ${isLet ? "let" : "refused"}`, async () => {
      using world = await openApp();
      const cookie = await signedIn(world, { email: "ada@example.com", role: "admin" });
      const answer = await world.app.request("https://billing.example.com/logout", {
        method: "POST",
        headers: { ...cookie, ...headers, ...(type ? { "content-type": type } : {}) },
      });
      assert.equal(answer.status, isLet ? 303 : 403);
      if (!isLet) assert.equal((await answer.json()).code, "forged_form");
      const still = await world.app.request("/api/v1/accounts", { headers: cookie });
      assert.equal(still.status, isLet ? 401 : 200, "signed out only by our own form");
    });
  }
}

Deno.test("on this machine the address a form goes to is one of ours, elsewhere it is not", async () => {
  using world = await openApp();
  const cookie = await signedIn(world, { email: "ada@example.com", role: "admin" });
  const rows: [string, number][] = [
    ["http://127.0.0.1:8000", 303],
    ["http://localhost:8000", 303],
    ["http://rebound.example:8000", 403],
  ];
  for (const [origin, status] of rows) {
    const answer = await world.app.request(`${origin}/logout`, {
      method: "POST",
      headers: { ...cookie, origin, "content-type": FORM },
    });
    assert.equal(answer.status, status, origin);
  }
});

Deno.test("a session changes by forms only, whatever the origin", async () => {
  using world = await openApp();
  const headers = await signedIn(world, { email: "ada@example.com", role: "admin" });
  const answer = await world.app.request("/api/v1/accounts", {
    method: "POST",
    headers: { ...headers, origin: PUBLIC_URL, "content-type": "application/json" },
    body: JSON.stringify({ name: "Forged" }),
  });
  assert.equal(answer.status, 403);
});

Deno.test("a program needs no origin: its token is not sent by a browser on its own", async () => {
  using world = await openApp();
  const answer = await world.app.request("/api/v1/ledger-verifications", {
    method: "POST",
    headers: ADMIN,
  });
  assert(answer.ok, String(answer.status));
});

Deno.test("a carrier needs no origin: its signature decides", async () => {
  using world = await openApp();
  const body = "a form of a carrier";
  const signature = createHmac("sha256", SECRETS.BLAND_WEBHOOK_SECRET).update(body).digest("hex");
  const post = (given: string) =>
    world.app.request("/api/webhooks/bland", {
      method: "POST",
      headers: {
        "content-type": FORM,
        "origin": "https://bland.example",
        "x-webhook-signature": given,
      },
      body,
    });
  assert.equal((await (await post(signature)).json()).code, "malformed_body");
  assert.equal((await (await post("0".repeat(64))).json()).code, "forbidden");
});
