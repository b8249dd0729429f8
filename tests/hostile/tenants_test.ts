/**
 * One customer against another: whatever an account's key or portal session asks for, nothing of
 * another account comes back, at any address that lets accounts in.
 *
 * @module
 */
import assert from "node:assert/strict";
import { cookieOf, form, json, keyOf } from "../support/app.ts";
import { reportOf } from "../support/call_report.ts";
import { type EveryRoute, everyRoute } from "../support/every_route.ts";
import { HINTS } from "../support/schema_values.ts";
import { bill, serveApi, type ServedApi } from "../routes/api/served_api.ts";
import { KIWI_NUMBER } from "../support/world.ts";

/** Marks of everything that is kiwi's. */
const CANARIES = [
  "Canary of Kiwi",
  "canary@kiwi.example",
  "kiwi-canary",
  KIWI_NUMBER,
  "Pacific/Auckland",
];
/** What names an object of kiwi's, in a path. */
const KIWIS = [
  "kiwi",
  "bland:kiwi-canary",
  encodeURIComponent(KIWI_NUMBER),
  "KIWI",
  "acme%2F..%2Fkiwi",
  "..%2Fkiwi",
];
/** Members that name an account, in queries and bodies. */
const NAMES = ["account", "accountId", "userId", "account_id", "id", "customer"];

async function openTwoTenants(): Promise<ServedApi> {
  const api = await serveApi();
  await bill(api, reportOf("acme-one"), reportOf("kiwi-canary", { from: KIWI_NUMBER }));
  const change = { name: "Canary of Kiwi", email: "canary@kiwi.example" };
  assert.equal((await api.ask("PATCH /accounts/kiwi", { body: change })).status, 200);
  const money = { amount: "1.00", description: "kiwi-canary", reference: "kiwi-canary" };
  const headers = { "idempotency-key": "kiwi-canary" };
  assert.equal(
    (await api.ask("POST /accounts/kiwi/top-ups", { body: money, headers })).status,
    201,
  );
  return api;
}

const isForAccounts = ({ row }: EveryRoute): boolean =>
  row.callers.includes("account_program") || row.callers.includes("account_person");

/** Every way to ask a route for what is kiwi's. */
function questionsOf({ method, path }: EveryRoute): { url: string; body: object | null }[] {
  const paths = path.includes(":") ? KIWIS.map((id) => path.replace(/:\w+/g, id)) : [path];
  const own = path.includes("/accounts/:id/")
    ? KIWIS.map((id) => path.replace("/accounts/:id", "/accounts/acme").replace(/:\w+/g, id))
    : [];
  const queries = ["", ...NAMES.map((name) => `?${name}=kiwi`), "?account=acme&account=kiwi"];
  const bodies = method === "GET" ? [null] : NAMES.map((name) => ({ ...bodyOf(), [name]: "kiwi" }));
  return [...new Set([...paths, ...own])].flatMap((url) =>
    queries.flatMap((query) => bodies.map((body) => ({ url: url + query, body })))
  );
}

/** Something of everything, so that a route gets as far as the question whose it is. */
function bodyOf(): Record<string, unknown> {
  return { to: HINTS["to"]![0], text: "hello", service: "bland_voice", amount: "1.00" };
}

for (const who of ["a key", "a portal session"] as const) {
  Deno.test(`${who} of acme gets nothing of kiwi's from any address that lets accounts in`, async () => {
    using api = await openTwoTenants();
    const { world } = api;
    const key = await keyOf(world, "acme");
    const cookie = await cookieOf(world, { kind: "account", accountId: "acme" });
    let count = 0;
    for (const route of everyRoute(world).filter(isForAccounts)) {
      for (const { url, body } of questionsOf(route)) {
        const headers = who === "a key" ? key : cookie;
        const answer = await world.app.request(url, requestOf(route, { headers, body }));
        const text = await answer.text();
        const told = `${route.method} ${url} ${JSON.stringify(body)}: ${answer.status} ${
          text.slice(0, 300)
        }`;
        for (const canary of CANARIES) assert(!text.includes(canary), `${canary} in ${told}`);
        const [path = "", query = ""] = url.split("?");
        const isTheirs = /kiwi/i.test(path) || path.includes(KIWIS[2]!);
        const isList = /^\/api\/v1\/[\w-]+$/.test(path) &&
          /^(account=kiwi|account=acme&)/.test(query);
        if (isTheirs || isList || body !== null) assert(!answer.ok, told);
        if (/\/accounts\/kiwi(\/|$|\?)/.test(url)) {
          assert([403, 404].includes(answer.status), told);
        }
        world.clock.advance(200);
        count++;
      }
    }
    assert(count > 100, String(count));
    assert(!world.done.some((line) => line.includes("kiwi")), String(world.done));
  });
}

function requestOf(
  { method, row }: EveryRoute,
  { headers, body }: { headers: Record<string, string>; body: object | null },
): RequestInit {
  if (body === null) return { method, headers };
  if (row.isPage || "cookie" in headers) {
    return { ...form(body as Record<string, string>, headers), method };
  }
  return json(body, { method, headers: { "idempotency-key": "a key", ...headers } });
}

Deno.test("kiwi's own key sees all of that: the marks are where they should be", async () => {
  using api = await openTwoTenants();
  const headers = await keyOf(api.world, "kiwi");
  const texts: string[] = [];
  for (const { method, path } of everyRoute(api.world).filter(isForAccounts)) {
    if (method !== "GET") continue;
    const url = path.replace("/accounts/:id", "/accounts/kiwi").replace(
      "/calls/:id",
      "/calls/bland:kiwi-canary",
    );
    texts.push(await (await api.world.app.request(url, { headers })).text());
  }
  for (const canary of CANARIES) {
    assert(texts.some((text) => text.includes(canary)), `${canary} is nowhere`);
  }
});

Deno.test("a cursor of another account's list opens nothing of that account", async () => {
  using api = await openTwoTenants();
  await bill(api, reportOf("kiwi-canary-2", { from: KIWI_NUMBER }), reportOf("acme-two"));
  const [kiwi, acme] = [await keyOf(api.world, "kiwi"), await keyOf(api.world, "acme")];
  const lists: [string, string][] = [
    ["/api/v1/calls", "/api/v1/calls"],
    ["/api/v1/usage-records", "/api/v1/usage-records"],
    ["/api/v1/accounts/kiwi/entries", "/api/v1/accounts/acme/entries"],
  ];
  for (const [theirs, ours] of lists) {
    const page = await (await api.world.app.request(`${theirs}?limit=1`, { headers: kiwi })).json();
    assert(page.nextCursor, `${theirs} has one page only`);
    const url = `${ours}?limit=100&cursor=${encodeURIComponent(page.nextCursor)}`;
    const answer = await api.world.app.request(url, { headers: acme });
    const text = await answer.text();
    for (const canary of CANARIES) assert(!text.includes(canary), `${ours}: ${text}`);
  }
});
