/**
 * What a page of another site can make a signed-in browser send changes nothing, at any address.
 *
 * @module
 */
import assert from "node:assert/strict";
import { type AppWorld, cookieOf, openApp, PUBLIC_URL, signedIn } from "../support/app.ts";
import { everyRoute, fillPath } from "../support/every_route.ts";

const FORM = "application/x-www-form-urlencoded";
/** Headers that such a browser sends, besides the cookie. */
const FOREIGN: Record<string, string>[] = [
  { "content-type": FORM, origin: "https://evil.example" },
  { "content-type": FORM, origin: "null" },
  { "content-type": FORM },
  { "content-type": FORM, "sec-fetch-site": "cross-site" },
  { "content-type": FORM, "sec-fetch-site": "same-site" },
  { "content-type": FORM, origin: `${PUBLIC_URL}.evil.example` },
  { "content-type": FORM, origin: PUBLIC_URL.replace("https:", "http:") },
  { "content-type": "multipart/form-data; boundary=x", origin: "https://evil.example" },
  { "content-type": "text/plain", origin: "https://evil.example" },
  { "content-type": "application/json", origin: "https://evil.example" },
  { "content-type": "application/json", origin: PUBLIC_URL },
  { "content-type": "application/x-www-form-urlencoded+json", origin: PUBLIC_URL },
  { origin: PUBLIC_URL },
  {},
];

async function rowsOf({ kv }: AppWorld): Promise<string[]> {
  const rows = await Array.fromAsync(kv.list({ prefix: [] }));
  return rows.map(({ key, versionstamp }) => `${key.join("/")} ${versionstamp}`);
}

for (const who of ["an admin", "an account's person"] as const) {
  Deno.test(`no address changes anything for ${who} whose browser another site drives`, async () => {
    using world = await openApp();
    const cookie = who === "an admin"
      ? await signedIn(world, { email: "ada@example.com", role: "admin" })
      : await cookieOf(world, { kind: "account", accountId: "acme" });
    const before = await rowsOf(world);
    let count = 0;
    for (const { method, path, name, row } of everyRoute(world)) {
      if (method === "GET" || row.callers.includes("carrier")) continue;
      for (const foreign of FOREIGN) {
        // Signing in and out is open: from a page of ours it may be asked for in any form.
        if (row.callers.includes("anyone") && foreign["origin"] === PUBLIC_URL) continue;
        const url = fillPath(path, { id: "acme" });
        const headers = { ...cookie, ...foreign };
        const answer = await world.app.request(url, { method, headers, body: "form_id=x" });
        const told = `${name} ${JSON.stringify(foreign)}: ${answer.status}`;
        await answer.body?.cancel();
        assert([401, 403, 415].includes(answer.status), told);
        count++;
      }
    }
    assert(count > 500, String(count));
    assert.deepEqual(await rowsOf(world).then((rows) => rows.length), before.length);
    assert.deepEqual(world.done, []);
  });
}

Deno.test("no address that only reads changes anything, whoever follows a link to it", async () => {
  using world = await openApp();
  const cookie = await signedIn(world, { email: "ada@example.com", role: "admin" });
  const before = await rowsOf(world);
  for (const { method, path } of everyRoute(world)) {
    if (method !== "GET") continue;
    const url = fillPath(path, { id: "acme", number: "+12025550100" });
    const answer = await world.app.request(url, { headers: cookie });
    await answer.body?.cancel();
  }
  assert.deepEqual(await rowsOf(world), before);
  assert.deepEqual(world.done, []);
});
