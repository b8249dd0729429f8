import assert from "node:assert/strict";
import { startVerification } from "../../../core/billing/verify_ledger.ts";
import { setWallet } from "../../../core/billing/set_wallet.ts";
import { getCursor, saveCursor } from "../../../core/jobs/cursors.ts";
import { type AppWorld, form, openApp, signedIn } from "../../support/app.ts";
import { openWorld, topUp } from "../../support/world.ts";

const ANN = { email: "ann@example.com", role: "admin" } as const;
const VIC = { email: "vic@example.com", role: "viewer" } as const;

async function readPage(world: AppWorld, path: string, who: typeof ANN | typeof VIC = ANN) {
  const answer = await world.app.request(path, { headers: await signedIn(world, who) });
  return { status: answer.status, html: await answer.text() };
}

Deno.test("the overview adds up the wallets of each currency and never mixes them", async () => {
  using world = await openApp();
  const { status, html } = await readPage(world, "/admin");
  assert.equal(status, 200);
  assert(html.includes('<data class="money" value="70.000000">$70.00</data>'), "acme and kiwi");
  assert(html.includes('<data class="money" value="10.000000">€10.00</data>'), "euro");
  assert(!html.includes("80.00"));
});

Deno.test("the overview says so when nothing needs attention", async () => {
  using world = await openApp();
  const { html } = await readPage(world, "/admin");
  assert(html.includes("Nothing needs attention."));
  assert(html.includes("All usage that has ended is charged at its exact cost."));
  assert(html.includes("not verified yet"));
});

Deno.test("a carrier whose pull fails is named with its reason", async () => {
  using world = await openApp();
  await saveCursor(world.deps.store, {
    ...await getCursor(world.deps.store, "bland:main"),
    lastRunAtMs: world.clock.now(),
    lastError: "503 <busy>",
    failuresInARow: 3,
  });
  const { html } = await readPage(world, "/admin");
  assert(html.includes("bland:main: 3 failures in a row"));
  assert(html.includes("Bland: 503 &lt;busy&gt;"));
});

Deno.test("the cursor of a key that was taken away is not shown any more", async () => {
  using world = await openApp();
  await saveCursor(world.deps.store, {
    ...await getCursor(world.deps.store, "bland:account:acme"),
    lastError: "401",
    failuresInARow: 9,
  });
  const { html } = await readPage(world, "/admin");
  assert(!html.includes("bland:account:acme"));
});

Deno.test("the button verifies the ledger and comes back with what was found", async () => {
  using world = await openApp();
  const headers = await signedIn(world, ANN);
  const answer = await world.app.request("/admin/verifications", form({}, headers));
  assert.equal(answer.status, 303);
  assert.equal(answer.headers.get("location"), "/admin#books");
  assert.equal(world.done.filter((what) => what.startsWith("job ")).length, 1);
  const { html } = await readPage(world, "/admin", VIC);
  assert(html.includes("verifying"));
});

Deno.test("a viewer sees the overview without its button", async () => {
  using world = await openApp();
  const { status, html } = await readPage(world, "/admin", VIC);
  assert.equal(status, 200);
  assert(!html.includes("Verify the ledger"));
});

Deno.test("without accounts the overview shows the first steps", async () => {
  using empty = await openWorld({ isEmpty: true });
  using world = await openApp({ change: () => empty.deps });
  const { html } = await readPage({ ...world, ...empty }, "/admin");
  assert(html.includes("First steps"));
  assert(html.includes("/admin/new-account"));
});

Deno.test("a wallet below a threshold is on the list until it is filled up", async () => {
  using world = await openApp();
  await setWallet(world.deps, {
    accountId: "acme",
    settings: { lowBalanceThresholdsMicros: [60_000_000n] },
    isExpected: () => true,
    actor: "test",
  });
  const { html } = await readPage(world, "/admin");
  assert(html.includes("acme is below a threshold"));
  await topUp(world.deps, { accountId: "acme", micros: 10_000_000n });
  const { html: after } = await readPage(world, "/admin");
  assert(!after.includes("below a threshold"));
});

Deno.test("the newest verification counts", async () => {
  using world = await openApp();
  await startVerification(world.deps, { accountId: null, actor: "test" });
  const { html } = await readPage(world, "/admin");
  assert(html.includes("No difference so far."));
});
