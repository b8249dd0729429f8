/**
 * Every route of an app, found by walking it, so that a route that is added tomorrow is tried too; and
 * the texts that strangers put into requests.
 *
 * Goes to: `tests/support/app.ts`, `routes/access.ts`.
 *
 * @module
 */
import assert from "node:assert/strict";
import { type AccessRow, findAccess } from "../../routes/access.ts";
import { ADMIN, type AppWorld, bearer, cookieOf, form, json, SECRETS, signedIn } from "./app.ts";

/** One route as it is registered, and who may call it. */
export interface EveryRoute {
  method: string;
  path: string;
  /** `GET /api/v1/accounts/:id`. */
  name: string;
  row: AccessRow;
}

/** Every route once; middleware is none. */
export function everyRoute({ app }: Pick<AppWorld, "app">): EveryRoute[] {
  const names = new Set(
    app.routes.filter(({ method }) => method !== "ALL").map(({ method, path }) =>
      `${method} ${path}`
    ),
  );
  assert(names.size > 90, `${names.size} routes`);
  return [...names].map((name) => {
    const [method, path] = name.split(" ") as [string, string];
    const row = findAccess({ method, path });
    assert(row, `${name} has no row`);
    return { method, path, name, row };
  });
}

/** The path with its parameters filled in; those without a value get `unknown`. */
export function fillPath(path: string, values: Readonly<Record<string, string>> = {}): string {
  return path.replace(/:(\w+)(\{[^}]*\})?/g, (_, name: string) => values[name] ?? "unknown");
}

/** The headers of somebody whom the row lets in, if anybody asks; carriers have none. */
export async function admit(
  world: AppWorld,
  { callers }: AccessRow,
): Promise<Record<string, string>> {
  if (callers.includes("admin_program")) return ADMIN;
  if (callers.includes("scheduler")) return bearer(SECRETS.CRON_SECRET);
  if (callers.includes("monitor")) return bearer(SECRETS.METRICS_TOKEN);
  if (callers.includes("admin_person")) {
    return await signedIn(world, { email: "ada@example.com", role: "admin" });
  }
  if (callers.includes("account_person")) {
    return await cookieOf(world, { kind: "account", accountId: "acme" });
  }
  return {};
}

/** A request such as the route takes from that sender, with nothing in it. */
export function plainRequest(
  { method, row }: EveryRoute,
  headers: Record<string, string>,
): RequestInit {
  if (method === "GET") return { headers };
  if (row.isPage || "cookie" in headers) return { ...form({}, headers), method };
  return json({}, { method, headers: { "idempotency-key": "a key", ...headers } });
}

/** What no decent text holds; each is well-formed JavaScript. */
export const HOSTILE_TEXTS: readonly string[] = [
  "",
  " ",
  "\u0000",
  "a\u0000b",
  "\ud800",
  "\udfff\ud800",
  "\u202eevil\u2066",
  "\ufeff",
  "\r\nset-cookie: x=1",
  "\u2028",
  "__proto__",
  "constructor",
  "constructor.prototype",
  "hasOwnProperty",
  "../../etc/passwd",
  "//evil.example",
  "/\\evil.example",
  "javascript:alert(1)",
  "<script>alert(1)</script>",
  `"><img src=x onerror=alert(1)>`,
  "' OR 1=1 --",
  "{{7*7}}${7*7}",
  "=1+1",
  "1e999",
  "-0",
  "NaN",
  "9".repeat(400),
  "0.0000000000001",
  "٣٣",
  "𝟛",
  "x".repeat(5_000),
  "😀".repeat(300),
  "a".repeat(30) + "!",
  "2026-02-30T25:61:61Z",
  "9999-12-31T23:59:60Z",
  "+275760-09-13T00:00:00.000Z",
];
