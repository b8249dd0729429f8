import assert from "node:assert/strict";
import { makeApiKey } from "../../core/accounts/api_keys.ts";
import { ACCESS, findAccess } from "../../routes/access.ts";
import {
  ADMIN,
  type AppWorld,
  bearer,
  cookieOf,
  form,
  keyOf,
  openApp,
  SECRETS,
  signedIn,
} from "../support/app.ts";

type Who =
  | "nobody"
  | "wrong key"
  | "scheduler"
  | "admin"
  | "account"
  | "other account"
  | "person"
  | "viewer"
  | "portal";

const OPEN: Who[] = [
  "nobody",
  "wrong key",
  "scheduler",
  "admin",
  "account",
  "other account",
  "person",
  "viewer",
  "portal",
];
const CRON: Who[] = ["scheduler", "admin"];
const ADMIN_ONLY: Who[] = ["admin"];
const READ: Who[] = ["admin", "person", "viewer"];
/** Of `acme`: the other account hears 404. */
const ACME: Who[] = [...READ, "account", "portal"];
/** Lists of the caller's own. */
const OWN: Who[] = [...ACME, "other account"];
/** Account keys and portal sessions alone. */
const OWN_ONLY: Who[] = ["account", "other account", "portal"];
const OWN_CHANGE: Who[] = ["admin", "account", "other account"];
const PAGE: Who[] = ["person", "viewer"];
const PAGE_CHANGE: Who[] = ["person"];
const PORTAL: Who[] = ["portal"];

/** Who gets past the lock, route by route, written down a second time on purpose. */
const EXPECTED: Record<string, Who[]> = {
  "GET /": OPEN,
  "GET /healthz": OPEN,
  "GET /readyz": OPEN,
  "GET /openapi.json": OPEN,
  "GET /docs": OPEN,
  "GET /problems/:code": OPEN,
  "GET /login": OPEN,
  "POST /login": OPEN,
  "POST /logout": OPEN,
  "POST /sandbox/clock": OPEN,
  "GET /api/cron/process-call-costs": CRON,
  "POST /api/cron/process-call-costs": CRON,
  "GET /api/billing/balance": READ,
  "POST /api/billing/fetch-call-cost": ADMIN_ONLY,
  "GET /api/calls/scheduled-sync": CRON,
  "POST /api/calls/scheduled-sync": CRON,
  "POST /api/calls/sync": OWN_CHANGE,
  "GET /api/cron/process-sms-billing": CRON,
  "POST /api/cron/process-sms-billing": CRON,
  "GET /api/admin/sms/billing": READ,
  "POST /api/admin/sms/billing": ADMIN_ONLY,
  "GET /api/admin/sms/billing-settings": READ,
  "PUT /api/admin/sms/billing-settings": ADMIN_ONLY,
  "GET /api/admin/sms/billing-stats": READ,
  "GET /api/user/billing-summary": OWN_ONLY,
  "GET /api/v1/accounts": READ,
  "POST /api/v1/accounts": ADMIN_ONLY,
  "GET /api/v1/accounts/:id": ACME,
  "PATCH /api/v1/accounts/:id": ADMIN_ONLY,
  "GET /api/v1/accounts/:id/numbers": ACME,
  "POST /api/v1/accounts/:id/numbers": ADMIN_ONLY,
  "DELETE /api/v1/accounts/:id/numbers/:number": ADMIN_ONLY,
  "GET /api/v1/accounts/:id/wallet": ACME,
  "PATCH /api/v1/accounts/:id/wallet": ADMIN_ONLY,
  "POST /api/v1/accounts/:id/top-ups": ADMIN_ONLY,
  "POST /api/v1/accounts/:id/adjustments": ADMIN_ONLY,
  "POST /api/v1/accounts/:id/refunds": ADMIN_ONLY,
  "GET /api/v1/accounts/:id/entries": ACME,
  "GET /api/v1/accounts/:id/balance": ACME,
  "GET /api/v1/accounts/:id/statement": ACME,
  "GET /api/v1/accounts/:id/portal-links": READ,
  "POST /api/v1/accounts/:id/portal-links": ADMIN_ONLY,
  "DELETE /api/v1/accounts/:id/portal-links/:linkId": ADMIN_ONLY,
  "GET /api/v1/accounts/:id/api-keys": READ,
  "POST /api/v1/accounts/:id/api-keys": ADMIN_ONLY,
  "DELETE /api/v1/accounts/:id/api-keys/:keyId": ADMIN_ONLY,
  "GET /api/v1/calls": OWN,
  "GET /api/v1/calls/:id": OWN,
  "GET /api/v1/messages": OWN,
  "GET /api/v1/messages/:id": OWN,
  "POST /api/v1/sms/checks": OWN_CHANGE,
  "POST /api/v1/sms/usage": OWN_CHANGE,
  "GET /api/v1/usage-records": OWN,
  "GET /api/v1/rate-plans": READ,
  "GET /api/v1/rate-plans/:id": READ,
  "PUT /api/v1/rate-plans/:id": ADMIN_ONLY,
  "GET /api/v1/webhook-events": READ,
  "POST /api/v1/webhook-events/:id/replays": ADMIN_ONLY,
  "GET /api/v1/jobs": READ,
  "GET /api/v1/jobs/:id": READ,
  "POST /api/v1/jobs/:id/retries": ADMIN_ONLY,
  "GET /api/v1/ledger-verifications": READ,
  "GET /api/v1/ledger-verifications/:id": READ,
  "POST /api/v1/ledger-verifications": ADMIN_ONLY,
  "GET /api/v1/reconciliations": READ,
  "POST /api/v1/reconciliations": ADMIN_ONLY,
  "GET /api/v1/audit-log": READ,
  "GET /api/v1/notices": OWN,
  "POST /api/v1/notices/:id/reads": ADMIN_ONLY,
  "GET /api/v1/webhook-endpoints": READ,
  "POST /api/v1/webhook-endpoints": ADMIN_ONLY,
  "GET /api/v1/webhook-endpoints/:id": READ,
  "DELETE /api/v1/webhook-endpoints/:id": ADMIN_ONLY,
  "POST /api/v1/webhook-endpoints/:id/rotations": ADMIN_ONLY,
  "POST /api/v1/webhook-endpoints/:id/tests": ADMIN_ONLY,
  "GET /api/v1/webhook-endpoints/:id/deliveries": READ,
  "GET /admin/notices": PAGE,
  "POST /admin/notices/reads": PAGE_CHANGE,
  "POST /admin/notices/:id/reads": PAGE_CHANGE,
  "POST /admin/notices/endpoints": PAGE_CHANGE,
  "GET /admin/notices/endpoints/:id": PAGE,
  "POST /admin/notices/endpoints/:id/tests": PAGE_CHANGE,
  "POST /admin/notices/endpoints/:id/resends": PAGE_CHANGE,
  "POST /admin/notices/endpoints/:id/rotations": PAGE_CHANGE,
  "POST /admin/notices/endpoints/:id/removals": PAGE_CHANGE,
  "GET /admin": PAGE,
  "POST /admin/verifications": PAGE_CHANGE,
  "GET /admin/accounts": PAGE,
  "GET /admin/new-account": PAGE_CHANGE,
  "POST /admin/accounts": PAGE_CHANGE,
  "GET /admin/accounts/:id": PAGE,
  "GET /admin/accounts/:id/top-up": PAGE_CHANGE,
  "POST /admin/accounts/:id/top-up": PAGE_CHANGE,
  "GET /admin/accounts/:id/refund": PAGE_CHANGE,
  "POST /admin/accounts/:id/refund": PAGE_CHANGE,
  "GET /admin/accounts/:id/adjustment": PAGE_CHANGE,
  "POST /admin/accounts/:id/adjustment": PAGE_CHANGE,
  "GET /admin/accounts/:id/settings": PAGE_CHANGE,
  "POST /admin/accounts/:id/settings": PAGE_CHANGE,
  "GET /admin/accounts/:id/details": PAGE_CHANGE,
  "POST /admin/accounts/:id/details": PAGE_CHANGE,
  "GET /admin/accounts/:id/status": PAGE_CHANGE,
  "POST /admin/accounts/:id/status": PAGE_CHANGE,
  "POST /admin/accounts/:id/numbers": PAGE_CHANGE,
  "POST /admin/accounts/:id/number-releases": PAGE_CHANGE,
  "POST /admin/accounts/:id/api-keys": PAGE_CHANGE,
  "POST /admin/accounts/:id/api-key-revocations": PAGE_CHANGE,
  "POST /admin/accounts/:id/portal-links": PAGE_CHANGE,
  "POST /admin/accounts/:id/portal-link-revocations": PAGE_CHANGE,
  "GET /admin/sms": PAGE,
  "GET /admin/sms/bills/:id": PAGE,
  "GET /admin/sms/bills/:id/actions": PAGE_CHANGE,
  "POST /admin/sms/bills/:id/actions": PAGE_CHANGE,
  "POST /admin/sms/bill-selections": PAGE_CHANGE,
  "POST /admin/sms/cycles": PAGE_CHANGE,
  "GET /admin/sms/jobs/:id": PAGE,
  "GET /admin/sms/jobs/:id/stream": PAGE,
  "POST /admin/sms/settings": PAGE_CHANGE,
  "GET /portal/open/:token": OPEN,
  "GET /portal/open": OPEN,
  "POST /portal/open": OPEN,
  "GET /portal": PORTAL,
  "GET /portal/calls": PORTAL,
  "GET /portal/calls/:id": PORTAL,
  "GET /portal/messages": PORTAL,
  "GET /portal/bills": PORTAL,
  "GET /portal/bills/:id": PORTAL,
  "GET /portal/statements": PORTAL,
  "POST /portal/sync": PORTAL,
  "GET /portal/sync/:jobId/stream": PORTAL,
  "GET /admin/calls": PAGE,
  "GET /admin/calls/:id": PAGE,
  "GET /admin/messages": PAGE,
  "POST /billing/sync": PAGE_CHANGE,
  "GET /billing/sync/:jobId/stream": PAGE,
  "GET /billing": PAGE,
  "GET /admin/calls/unassigned/:number": PAGE,
  "POST /admin/calls/unassigned/:number": PAGE_CHANGE,
  "GET /admin/rate-plans": PAGE,
  "GET /admin/rate-plans/:id": PAGE,
  "POST /admin/rate-plans/:id/versions": PAGE_CHANGE,
  "GET /admin/reconciliation": PAGE,
  "POST /admin/reconciliation": PAGE_CHANGE,
  "GET /admin/jobs": PAGE,
  "POST /admin/jobs/:id/retries": PAGE_CHANGE,
  "GET /admin/events": PAGE,
  "POST /admin/events/:id/replays": PAGE_CHANGE,
};

/** Routes that prove their caller themselves, tried in their own tests. */
const SELF_GUARDED = [
  "GET /metrics",
  "POST /api/webhooks/bland",
  "POST /api/telnyx/webhooks/calls",
  "POST /api/telnyx/webhooks/messages",
  "POST /webhook/twilio/voice",
  "POST /webhook/twilio/messages",
];

const routeNames = await (async () => {
  using world = await openApp({ isSandbox: true });
  const routes = world.app.routes.filter(({ method }) => method !== "ALL");
  return new Set(routes.map(({ method, path }) => `${method} ${path}`));
})();
/** Rows of pages wait for the pages; with the first one mounted, all must be. */
const isMounted = (name: string) => !isPage(name) || routeNames.has("GET /admin");

function isPage(name: string): boolean {
  return /^\w+ \/(admin|billing|portal)(\/|$)/.test(name);
}

Deno.test("every route has a row, and every row is a route", () => {
  const found = new Set<unknown>();
  for (const name of routeNames) {
    const [method, path] = name.split(" ") as [string, string];
    const row = findAccess({ method, path });
    assert(row, `${name} has no row`);
    found.add(row);
  }
  const names = ACCESS.filter((row) => !found.has(row)).map(({ method, path }) =>
    `${method} ${path}`
  );
  assert.deepEqual(names.filter(isMounted), []);
});

Deno.test("whatever is registered for every method is middleware, so it answers nobody by itself", async () => {
  using world = await openApp({ isSandbox: true });
  const wild = world.app.routes.filter(({ method }) => method === "ALL");
  assert.deepEqual([...new Set(wild.map(({ path }) => path))], ["/*"]);
});

Deno.test("every row is tried below or proves its caller itself", () => {
  const rows = ACCESS.map(({ method, path }) => `${method} ${path}`)
    .filter((name) => !name.startsWith("GET /static/") && !SELF_GUARDED.includes(name));
  assert.deepEqual(rows.toSorted(), Object.keys(EXPECTED).toSorted());
});

for (const [name, allowed] of Object.entries(EXPECTED).filter(([name]) => isMounted(name))) {
  Deno.test(`${name} lets in ${allowed.length === OPEN.length ? "anybody" : allowed.join(", ")}`, async () => {
    using world = await openApp({ isSandbox: true });
    for (const who of OPEN) {
      const answer = await tryRoute(world, { name, who });
      const { status } = answer;
      await answer.body?.cancel();
      const told = `${who}: ${status}`;
      if (allowed.includes(who)) {
        assert(![401, 403, 413].includes(status) || allowed === OPEN, told);
        // Telnyx is off here: past the lock, there is nothing to ask.
        const isOff = name === "GET /api/billing/balance" && status === 503;
        assert(status < 500 || isOff, told);
      } else if (who === "nobody" || who === "wrong key") {
        assert.equal(status, 401, told);
        assert.match(answer.headers.get("www-authenticate") ?? "", /^Bearer realm=/);
      } else if (allowed === ACME && who === "other account") {
        assert.equal(status, 404, told);
      } else {
        assert.equal(status, 403, told);
      }
    }
  });
}

async function tryRoute(
  world: AppWorld,
  { name, who }: { name: string; who: Who },
): Promise<Response> {
  const [method, pattern] = name.split(" ") as [string, string];
  const path = pattern.replace("/accounts/:id", "/accounts/acme").replace(/:\w+/g, "unknown");
  const headers = await headersOf(world, who);
  const isForm = method !== "GET" && "cookie" in headers;
  const sent = isForm ? { ...form({}, headers), method } : { method, headers };
  return await world.app.request(path, sent);
}

async function headersOf(world: AppWorld, who: Who): Promise<Record<string, string>> {
  switch (who) {
    case "nobody":
      return {};
    case "wrong key":
      return bearer(`tk_${"A".repeat(43)}`);
    case "scheduler":
      return bearer(SECRETS.CRON_SECRET);
    case "admin":
      return ADMIN;
    case "account":
      return await keyOf(world, "acme");
    case "other account":
      return await keyOf(world, "kiwi");
    case "person":
      return await signedIn(world, { email: "ada@example.com", role: "admin" });
    case "viewer":
      return await signedIn(world, { email: "vic@example.com", role: "viewer" });
    case "portal":
      return await cookieOf(world, { kind: "account", accountId: "acme" });
  }
}

Deno.test("an account's key opens its own account and no other, however the id is written", async () => {
  using world = await openApp();
  const headers = await keyOf(world, "acme");
  const own = await world.app.request("/api/v1/accounts/acme/wallet", { headers });
  assert.equal(own.status, 200);
  for (const id of ["kiwi", "ACME", "acme%20", "acme%2Fkiwi", "%6biwi", "nobody", "acme;kiwi"]) {
    const answer = await world.app.request(`/api/v1/accounts/${id}/wallet`, { headers });
    assert.equal(answer.status, 404, id);
    assert.equal((await answer.json()).code, "account_not_found", id);
  }
});

Deno.test("an account's key is refused from the request after it was taken back", async () => {
  using world = await openApp();
  const made = await makeApiKey(world.deps, { accountId: "acme", name: "x", actor: "test" });
  assert(made.status === "api_key_made");
  const path = "/api/v1/accounts/acme/wallet";
  assert.equal((await world.app.request(path, { headers: bearer(made.key) })).status, 200);
  const taken = await world.app.request(`/api/v1/accounts/acme/api-keys/${made.apiKey.id}`, {
    method: "DELETE",
    headers: ADMIN,
  });
  assert(taken.ok, String(taken.status));
  assert.equal((await world.app.request(path, { headers: bearer(made.key) })).status, 401);
});

Deno.test("rows of pages are marked as pages and let in people only", () => {
  for (const { method, path, callers, isPage: isMarked } of ACCESS) {
    assert.equal(isMarked, isPage(`${method} ${path}`), path);
    const people = callers.filter((kind) =>
      kind === "admin_person" || kind === "viewer" || kind === "account_person"
    );
    // Where a portal link leads, nobody is signed in yet.
    if (isMarked && !path.startsWith("/portal/open")) assert.deepEqual(callers, people, path);
    const customers = callers.includes("account_person");
    if (isMarked && customers) assert.deepEqual(callers, ["account_person"], path);
  }
});

Deno.test("a browser that is not signed in is sent from a page to the sign-in page", async () => {
  if (!isMounted("GET /admin")) return;
  using world = await openApp();
  const headers = { accept: "text/html,application/xhtml+xml,*/*;q=0.8" };
  const answer = await world.app.request("/admin", { headers });
  assert.equal(answer.status, 303);
  assert.equal(answer.headers.get("location"), "/login");
});
