/**
 * Odd ids and odd queries in the address of every route: never a fault of ours, never a broken answer.
 *
 * @module
 */
import assert from "node:assert/strict";
import { type AppWorld, cookieOf, keyOf, openApp } from "../support/app.ts";
import {
  admit,
  type EveryRoute,
  everyRoute,
  fillPath,
  plainRequest,
} from "../support/every_route.ts";

/** Parts of a path as they are sent. */
const PARTS = [
  "x".repeat(1_900),
  "x".repeat(6_000),
  "%00",
  "a%00b",
  "%ED%A0%80",
  "%FF",
  "%zz",
  "%",
  "..%2f..%2fetc",
  "__proto__",
  "constructor",
  "%E2%80%AE",
  "bland%3A%00",
  `telnyx:${"y".repeat(3_000)}`,
  `account%3A${"z".repeat(4_000)}`,
  "%F0%9F%98%80".repeat(300),
  "a%0d%0aset-cookie:x",
  "1e999",
];
const VALUES = [
  "%00",
  "%ED%A0%80",
  "%ff",
  "x".repeat(6_000),
  "-1",
  "NaN",
  "1e9",
  "0000-01-01",
  "9999-12-31",
  "2026-13-40",
  "2026-02-30",
  "%2B275760-09-13T00:00:00.000Z",
  "9999-12-31T23:59:60Z",
  "__proto__",
  "constructor",
  "W10",
  "W251bGxd",
  "WyJ4IiwieCIsIngiXQ",
  "%F0%9F%98%80".repeat(60),
];
/** Whatever any page or list of ours reads from its query, and some that it does not. */
const NAMES = [
  ...[
    "cursor",
    "limit",
    "from",
    "to",
    "day",
    "month",
    "carrier",
    "search",
    "q",
    "account",
    "number",
  ],
  ...["job", "state", "status", "type", "kind", "tab", "at", "service", "__proto__"],
];

async function tryAddress(
  world: AppWorld,
  { route, path, headers }: { route: EveryRoute; path: string; headers: Record<string, string> },
): Promise<void> {
  const answer = await world.app.request(path, plainRequest(route, headers));
  const text = await answer.text();
  const told = `${route.method} ${path.slice(0, 100)}: ${answer.status} ${text.slice(0, 200)}`;
  const isDeclared = answer.status === 503 && text.includes(`"code":"not_configured"`);
  assert(answer.status < 500 || isDeclared || route.path === "/readyz", told);
  assert(!("set-cookie: x" in Object.fromEntries(answer.headers)), told);
}

Deno.test("odd parts of a path are answered by every route without a fault", async () => {
  using world = await openApp({ isSandbox: true });
  const people = [
    await keyOf(world, "acme"),
    await cookieOf(world, { kind: "account", accountId: "acme" }),
  ];
  for (const route of everyRoute(world).filter(({ path }) => path.includes(":"))) {
    for (const headers of [await admit(world, route.row), ...people]) {
      for (const part of PARTS) {
        const filled = route.path.replace(/:\w+/g, part);
        await tryAddress(world, { route, path: filled, headers });
        const known = route.path.replace("/accounts/:id", "/accounts/acme").replace(/:\w+/g, part);
        if (known !== filled) await tryAddress(world, { route, path: known, headers });
      }
      world.clock.advance(60_000);
    }
  }
});

Deno.test("odd values in a query are answered by every route without a fault", async () => {
  using world = await openApp({ isSandbox: true });
  let turn = 0;
  for (const route of everyRoute(world).filter(({ method }) => method === "GET")) {
    const headers = await admit(world, route.row);
    const path = fillPath(route.path, { id: "acme", number: "+12025550100" });
    for (const name of NAMES) {
      for (let i = 0; i < 4; i++) {
        const value = VALUES[turn++ % VALUES.length];
        await tryAddress(world, { route, path: `${path}?${name}=${value}`, headers });
      }
    }
    await tryAddress(world, { route, path: `${path}?${"a=1&".repeat(5_000)}`, headers });
    await tryAddress(world, { route, path: `${path}?from=9999-12-31&to=0000-01-01`, headers });
    world.clock.advance(60_000);
  }
});
