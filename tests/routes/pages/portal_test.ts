import assert from "node:assert/strict";
import { gzipSync } from "node:zlib";
import { PORTAL_LINK_LIFE_MS } from "../../../core/accounts/portal_links.ts";
import { SESSION_IDLE_MS } from "../../../core/accounts/sessions.ts";
import { HOUR_MS } from "../../../core/clock.ts";
import { ADMIN, form, json, keyOf, PUBLIC_URL } from "../../support/app.ts";
import { reportOf } from "../../support/call_report.ts";
import { closeBillOf } from "../../support/payment_world.ts";
import { report, runCycle, setTerms, usageItem } from "../../support/sms.ts";
import { KIWI_NUMBER } from "../../support/world.ts";
import { findUnclosed, tagsOf } from "./html_tags.ts";
import { fieldValue, openPages, takeIn, textOf, type Visited } from "./visit.ts";

const BROWSER = { accept: "text/html" };

/** Cookies as a browser keeps them. */
function openJar(world: Visited) {
  const jar = new Map<string, string>();
  return async (path: string, init: RequestInit = {}) => {
    const cookie = [...jar].map(([name, value]) => `${name}=${value}`).join("; ");
    const headers = { ...BROWSER, ...init.headers, ...(cookie ? { cookie } : {}) };
    const answer = await world.app.request(path, { ...init, headers });
    for (const line of answer.headers.getSetCookie()) {
      const [, name, value] = /^([^=]+)=([^;]*)/.exec(line)!;
      if (value === "" || /max-age=0/i.test(line)) jar.delete(name!);
      else jar.set(name!, value!);
      assert.match(line, /HttpOnly/i);
      assert.match(line, /Secure/i);
      assert.match(name!, /^__Host-/);
    }
    const html = await answer.text();
    if (html.startsWith("<!doctype")) {
      assert.equal(findUnclosed(html.replace(/^<!doctype html>/, "")), null, path);
      const inline = tagsOf(html).flatMap(({ attributes }) => Object.keys(attributes));
      assert(!inline.some((name) => name === "style" || name.startsWith("on")), path);
    }
    return { status: answer.status, location: answer.headers.get("location"), html, answer };
  };
}

async function makeLink(world: Visited, accountId = "acme"): Promise<string> {
  const answer = await world.app.request(`/api/v1/accounts/${accountId}/portal-links`, {
    method: "POST",
    headers: ADMIN,
  });
  assert.equal(answer.status, 201);
  const { url, expiresAt } = await answer.json();
  assert(url.startsWith(`${PUBLIC_URL}/portal/open/`));
  assert.equal(Date.parse(expiresAt), world.clock.now() + PORTAL_LINK_LIFE_MS);
  return url.slice(PUBLIC_URL.length);
}

/** Comes in by a fresh link. */
async function comeIn(world: Visited, accountId = "acme") {
  const visit = openJar(world);
  await visit(await makeLink(world, accountId));
  const opened = await visit("/portal/open", form({}));
  assert.deepEqual([opened.status, opened.location], [303, "/portal"]);
  return visit;
}

Deno.test("a link is left at once, shows whose portal it is without its token, and opens it by a button", async () => {
  using world = await openPages();
  const link = await makeLink(world);
  const token = link.split("/").at(-1)!;
  const visit = openJar(world);
  const first = await visit(link);
  assert.deepEqual([first.status, first.location], [303, "/portal/open"]);
  const page = await visit("/portal/open");
  assert.equal(page.status, 200);
  assert(page.html.includes("Portal of acme") && !page.html.includes(token));
  assert.equal(page.answer.headers.get("cache-control"), "no-store");
  assert.equal((await visit("/portal", {})).location, "/portal/open", "not in yet");
  const opened = await visit("/portal/open", form({}));
  assert.equal(opened.location, "/portal");
  const home = await visit("/portal");
  assert.equal(home.status, 200);
  assert(!home.html.includes(token));
  assert(!JSON.stringify(world.logged).includes(token), "no line of the log holds it");
});

Deno.test("programs that look at links do not use them up; a second browser cannot use one again", async () => {
  using world = await openPages();
  const link = await makeLink(world);
  for (let i = 0; i < 3; i++) {
    const scanner = openJar(world);
    await scanner(link);
    assert.equal((await scanner("/portal/open")).status, 200);
  }
  const hers = openJar(world);
  await hers(link);
  assert.equal((await hers("/portal/open", form({}))).location, "/portal");
  assert.equal((await hers("/portal/open", form({}))).location, "/portal", "a double click");
  const his = openJar(world);
  await his(link);
  assert.equal((await his("/portal/open")).status, 410);
  const refused = await his("/portal/open", form({}));
  assert.equal(refused.status, 410);
  assert(refused.html.includes("does not open anything any more"));
  assert.equal((await his("/portal")).location, "/portal/open");
});

Deno.test("a link that expired, was taken back or never was opens nothing", async () => {
  using world = await openPages();
  const expired = openJar(world);
  await expired(await makeLink(world));
  world.clock.advance(PORTAL_LINK_LIFE_MS);
  assert.equal((await expired("/portal/open", form({}))).status, 410);
  const revoked = openJar(world);
  await revoked(await makeLink(world));
  const list = await world.app.request("/api/v1/accounts/acme/portal-links", { headers: ADMIN });
  const { data } = await list.json();
  assert.deepEqual(data.map(({ state }: { state: string }) => state), ["good", "expired"]);
  assert(!JSON.stringify(data).includes("token") && !JSON.stringify(data).includes("/open/"));
  const path = `/api/v1/accounts/acme/portal-links/${data[0].id}`;
  const taken = await world.app.request(path, { method: "DELETE", headers: ADMIN });
  assert.equal(taken.status, 204);
  assert.equal((await revoked("/portal/open", form({}))).status, 410);
  const wrong = openJar(world);
  for (const token of ["A".repeat(43), "x", "'--"]) {
    assert.equal((await wrong(`/portal/open/${token}`)).status, 303);
  }
  assert.equal((await wrong("/portal/open", form({}))).status, 410);
  const forged = await wrong("/portal/open", form({}, { origin: "https://evil.example" }));
  assert.equal(forged.status, 403);
});

Deno.test("whoever signs out is out; so is who sits idle, and whose link is taken back", async () => {
  using world = await openPages();
  const visit = await comeIn(world);
  const out = await visit("/logout", form({}));
  assert.equal(out.location, "/portal/open");
  assert.equal((await visit("/portal/open", form({}))).status, 410, "nor by its ticket again");
  assert.equal((await visit("/portal")).location, "/portal/open");
  const idle = await comeIn(world);
  world.clock.advance(SESSION_IDLE_MS);
  assert.equal((await idle("/portal")).location, "/portal/open");
  const open = await comeIn(world);
  const list = await world.app.request("/api/v1/accounts/acme/portal-links", { headers: ADMIN });
  for (const { id } of (await list.json()).data) {
    await world.app.request(`/api/v1/accounts/acme/portal-links/${id}`, {
      method: "DELETE",
      headers: ADMIN,
    });
  }
  assert.equal((await open("/portal")).location, "/portal/open");
});

Deno.test("the portal of one account shows nothing of another's, whatever the address says", async () => {
  using world = await openPages();
  await takeIn(world, [
    reportOf("mine", { seconds: 61 }),
    reportOf("theirs", { from: KIWI_NUMBER, to: "+12125550777" }),
  ]);
  await report(world.deps, [usageItem(world.deps, "m1")]);
  await report(world.deps, [usageItem(world.deps, "k1", { to: "+12125550777" })], "kiwi");
  const theirBill = await closeBillOf(world.deps, { accountId: "kiwi" });
  const visit = await comeIn(world);
  const mine = await visit("/portal/calls/bland:mine");
  assert(textOf(mine.html).includes("every started minute counts (60/60)"));
  for (
    const path of [
      "/portal/calls/bland:theirs",
      `/portal/bills/${theirBill}`,
      "/portal/bills/unknown",
      "/portal/calls/unknown",
    ]
  ) {
    const answer = await visit(path);
    assert.equal(answer.status, 404, path);
    assert(answer.html.includes("Nothing of yours has this address."));
  }
  for (const path of ["", "/calls", "/messages", "/bills", "/statements"]) {
    for (const query of ["", "?account=kiwi", "?accountId=kiwi&id=kiwi"]) {
      const page = await visit(`/portal${path}${query}`);
      assert.equal(page.status, 200, path);
      assert(!page.html.includes("kiwi") && !page.html.includes("+12125550777"), path + query);
    }
  }
  for (const path of ["/admin", "/billing", "/admin/accounts/acme", "/admin/sms"]) {
    assert.equal((await visit(path)).status, 403, path);
  }
  assert.equal((await visit("/api/v1/accounts/kiwi/statement")).status, 404);
  assert.equal((await visit("/api/v1/accounts/acme/statement?format=csv")).status, 200);
});

Deno.test("a cursor of another's list leads to one's own rows alone", async () => {
  using world = await openPages();
  const ids = Array.from({ length: 60 }, (_, i) => `k${i}`);
  await takeIn(world, ids.map((id) => reportOf(id, { from: KIWI_NUMBER })));
  await takeIn(world, [reportOf("mine")]);
  const page = await world.app.request("/api/v1/calls?limit=10", {
    headers: await keyOf(world, "kiwi"),
  });
  const { nextCursor } = await page.json();
  const visit = await comeIn(world);
  const shown = await visit(`/portal/calls?cursor=${encodeURIComponent(nextCursor)}`);
  assert(!shown.html.includes("bland%3Ak"));
  assert.equal((await visit("/portal/calls?cursor=nonsense")).status, 400);
});

Deno.test("the first page says what there is, what is on, what is used of which limit, and what is pending", async () => {
  using world = await openPages();
  await setTerms(world.deps, { frequency: "threshold", thresholdMessages: 10, maxMicros: null });
  const items = Array.from({ length: 9 }, (_, i) => usageItem(world.deps, `m${i}`));
  await report(world.deps, items);
  await closeBillOf(world.deps, { payment: "wallet", micros: 3_000_000n, approval: "awaiting" });
  const visit = await comeIn(world);
  const { html } = await visit("/portal");
  const text = textOf(html);
  for (
    const words of [
      "Available $50.00",
      "Calls are on.",
      "Last top-up $50.00",
      "9 messages for $4.50 in this period",
      "9 of 10",
      "close to the limit",
      "1 over $3.00 , 1 waiting for approval",
      "Next billing date when a limit is reached",
      "0 used, 100 left",
      "name the account acme",
    ]
  ) {
    assert(text.includes(words), `${words} in ${text}`);
  }
  assert(html.includes('class="progress warn"') && html.includes("<progress"));
});

Deno.test("what a carrier takes and what is put on top stay out of the portal", async () => {
  using world = await openPages();
  await takeIn(world, [
    reportOf(
      "t1",
      {
        carrier: "telnyx",
        seconds: 61,
        costMicros: 12_345n,
        costCurrency: "USD",
        record: { cost: "0.012345" },
      } as Parameters<typeof reportOf>[1],
    ),
  ]);
  await report(world.deps, [usageItem(world.deps, "m1", { priceMicros: 777_000n })]);
  const visit = await comeIn(world);
  for (const path of ["", "/calls", "/calls/telnyx:t1", "/messages", "/statements"]) {
    const text = textOf((await visit(`/portal${path}`)).html);
    for (const word of ["markup", "margin", "on top", "carrier takes", "Carrier record"]) {
      assert(!text.includes(word), `${word} in ${path}`);
    }
  }
  const why = textOf((await visit("/portal/calls/telnyx:t1")).html);
  assert(/exact price of this call|make an estimate/.test(why), why);
});

Deno.test("a statement's page adds up, in the account's own month, and leads to its downloads", async () => {
  using world = await openPages();
  await takeIn(world, [reportOf("mine", { seconds: 120 })]);
  world.clock.advance(3 * HOUR_MS);
  const visit = await comeIn(world);
  const january = textOf((await visit("/portal/statements?month=2026-01")).html);
  for (const words of ["Opening balance $0.00", "In +$50.00", "Out −$0.22", "$49.78"]) {
    assert(january.includes(words), `${words} in ${january}`);
  }
  const february = await visit("/portal/statements");
  assert(textOf(february.html).includes("Nothing moved in this month"));
  const hrefs = tagsOf(february.html).map(({ attributes }) => attributes.href ?? "")
    .filter((href) => href.includes("/statement?")).map((href) => href.replaceAll("&amp;", "&"));
  assert.deepEqual(hrefs.map((href) => /format=(\w+)/.exec(href)?.[1]), ["csv", "json"]);
  const download = await visit(hrefs[1]!);
  assert.equal(JSON.parse(download.html).opening.amount, "49.780000");
  assert.equal((await visit("/portal/statements?month=1999-01")).status, 200);
});

Deno.test("the sync button syncs this account alone, once a form, and shows its own sync only", async () => {
  using world = await openPages();
  const visit = await comeIn(world);
  const formId = fieldValue((await visit("/portal")).html, "form_id")!;
  const started = await visit("/portal/sync", form({ form_id: formId }));
  assert.equal(started.location, `/portal?job=${formId}`);
  assert.equal(world.done.at(-1), "nudge");
  const again = await visit("/portal/sync", form({ form_id: formId }));
  assert.equal(again.location, started.location);
  const page = await visit(started.location!);
  assert(page.html.includes("<live-progress") && page.html.includes('http-equiv="refresh"'));
  const other = await comeIn(world, "kiwi");
  const foreign = await other(started.location!);
  assert(!foreign.html.includes("<live-progress"));
  assert.equal((await other(`/portal/sync/${formId}/stream`)).status, 404);
  const jobs = await world.app.request("/api/v1/jobs", { headers: ADMIN });
  const { data } = await jobs.json();
  assert(
    data.some((job: { key: string; kind: string }) =>
      job.kind === "sync_calls" && job.key === "acme"
    ),
  );
});

Deno.test("bills are listed with their breakdown", async () => {
  using world = await openPages();
  await report(world.deps, [
    usageItem(world.deps, "m1"),
    usageItem(world.deps, "m2", { country: "DE", prefix: "+49", priceMicros: 80_000n }),
  ]);
  world.clock.advance(24 * HOUR_MS);
  await runCycle(world.deps);
  const visit = await comeIn(world);
  assert(textOf((await visit("/portal/bills")).html).includes("acme-1"));
  const bill = textOf((await visit("/portal/bills/acme-1")).html);
  for (const words of ["Paid from the wallet.", "DE +49 1 $0.08", "US +1 1 $0.50", "All 2 $0.58"]) {
    assert(bill.includes(words), `${words} in ${bill}`);
  }
});

Deno.test("an admin makes a portal link on the account's page and takes it back; a viewer sees no address", async () => {
  using world = await openPages();
  const made = await world.post("/admin/accounts/acme/portal-links", {});
  assert.equal(made.status, 200);
  const [link] = /https:\/\/billing\.example\.com\/portal\/open\/[\w-]{43}/.exec(made.html) ?? [];
  assert(link);
  const visit = openJar(world);
  await visit(link.slice(PUBLIC_URL.length));
  assert.equal((await visit("/portal/open", form({}))).location, "/portal");
  const page = await world.get("/admin/accounts/acme");
  assert(page.text.includes("Customer portal") && !page.html.includes("/portal/open/"));
  const linkId = fieldValue(page.html, "link_id")!;
  const taken = await world.post("/admin/accounts/acme/portal-link-revocations", {
    link_id: linkId,
  });
  assert.equal(taken.headers.get("location"), "/admin/accounts/acme#portal");
  assert.equal((await visit("/portal")).location, "/portal/open");
  const viewer = await world.get("/admin/accounts/acme", "viewer");
  assert(!viewer.html.includes("portal-links"));
  const refused = await world.post("/admin/accounts/acme/portal-links", {}, "viewer");
  assert.equal(refused.status, 403);
});

Deno.test("a JSON body makes no portal link that a key of the account could make", async () => {
  using world = await openPages();
  const headers = await keyOf(world, "acme");
  const answer = await world.app.request(
    "/api/v1/accounts/acme/portal-links",
    json({}, { headers }),
  );
  assert.equal(answer.status, 403);
  await answer.body?.cancel();
});

Deno.test("every page of the portal keeps its budget of bytes", async () => {
  using world = await openPages();
  await takeIn(
    world,
    Array.from({ length: 60 }, (_, i) => reportOf(`c${i}`, { seconds: 30 + i })),
  );
  await report(world.deps, Array.from({ length: 60 }, (_, i) => usageItem(world.deps, `m${i}`)));
  const files = ["app.css", "app.js", "icons.svg"] as const;
  const fixed = files.reduce(
    (sum, name) => sum + gzipSync(world.appDeps.files[name].body).length,
    0,
  );
  const visit = await comeIn(world);
  for (const path of ["", "/calls", "/messages", "/bills", "/statements"]) {
    const { html } = await visit(`/portal${path}`);
    const total = fixed + gzipSync(html).length;
    assert(total < 15 * 1024, `${path}: ${total} bytes`);
  }
});
