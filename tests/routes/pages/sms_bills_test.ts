import assert from "node:assert/strict";
import { gzipSync } from "node:zlib";
import { HOUR_MS, MINUTE_MS } from "../../../core/clock.ts";
import { runDueJobs } from "../../../core/jobs/run_jobs.ts";
import { BILL_BULK_JOB, billBulkKind } from "../../../core/sms_billing/bulk_bills.ts";
import { SMS_CYCLE_JOB } from "../../../core/sms_billing/close_due.ts";
import { runSmsCycle } from "../../../cron/run_sms_cycle.ts";
import { form, PUBLIC_URL, signedIn } from "../../support/app.ts";
import { closeBillOf } from "../../support/payment_world.ts";
import { billsOf, report, usageItem } from "../../support/sms.ts";
import { fieldValue, openPages, postForms, sentence, textOf, type Visited } from "./visit.ts";

const SMS = "/admin/sms";
const WALLET = { payment: "wallet" } as const;
const DEBIT = {
  reference: "smsbill ref=0199aaaa-bbbb-7ccc-8ddd-eeeeffff0001",
  iAccount: 1001,
  amountMicros: 7_340_000n,
  paymentTimeMs: 0,
  state: "unknown",
  token: "t",
  sentAtMs: 0,
  attempts: 1,
  lookups: 3,
} as const;

function runJobs({ deps, clock }: Visited): Promise<number> {
  const kinds = {
    [BILL_BULK_JOB]: billBulkKind(deps),
    [SMS_CYCLE_JOB]: {
      retryAfterMs: [],
      run: (
        { unique }: { unique: string },
        report: Parameters<typeof runSmsCycle>[1]["report"],
      ) => runSmsCycle(deps, { frequency: unique, report }),
    },
  };
  return runDueJobs({ ...deps, kinds }, { untilMs: clock.now() + 60_000 });
}

/** Lets the boundary of 02:00 pass; a session that is used every now and then goes on. */
async function passBoundary(world: Visited): Promise<void> {
  for (let i = 0; i < 10; i++) {
    world.clock.advance(25 * MINUTE_MS);
    await world.get(SMS);
  }
}

/** Sends a form in which a field may come many times. */
async function postMany(world: Visited, fields: [string, string][]) {
  const headers = await signedIn(world, { email: "ann@example.com", role: "admin" });
  const body = new URLSearchParams(fields).toString();
  const answer = await world.app.request(`${SMS}/bill-selections`, { ...form({}, headers), body });
  return {
    status: answer.status,
    location: answer.headers.get("location"),
    html: await answer.text(),
  };
}

Deno.test("without bills the page says what makes the first one", async () => {
  using world = await openPages();
  const page = await world.get(SMS);
  assert.equal(page.status, 200);
  assert(page.text.includes("No bills yet"));
  assert(page.html.includes('href="/admin/sms?tab=settings"'));
  for (const tab of ["settings", "stats", "nonsense"]) {
    assert.equal((await world.get(`${SMS}?tab=${tab}`)).status, 200);
  }
});

Deno.test("bills are filtered by status, account and day, all of it in the address", async () => {
  using world = await openPages();
  const closedAtMs = world.clock.now();
  world.clock.advance(MINUTE_MS);
  const paid = await closeBillOf(world.deps, { ...WALLET, status: "paid", closedAtMs });
  const late = { closedAtMs: closedAtMs + 30 * HOUR_MS };
  const failed = await closeBillOf(world.deps, {
    ...WALLET,
    status: "failed",
    failureReason: "insufficient_funds",
    attempts: 2,
    ...late,
  });
  const kiwi = { accountId: "kiwi", approval: "awaiting", ...late } as const;
  const kiwis = await closeBillOf(world.deps, kiwi);
  const shown = async (query: string) => {
    const { html } = await world.get(`${SMS}?tab=billing&${query}`);
    return [...html.matchAll(/href="\/admin\/sms\/bills\/([\w-]+)"/g)].map(([, id]) => id)
      .toSorted();
  };
  assert.deepEqual(await shown(""), [failed, kiwis, paid].toSorted());
  assert.deepEqual(await shown("status=failed"), [failed]);
  assert.deepEqual(await shown("account=kiwi"), [kiwis]);
  assert.deepEqual(await shown("from=2026-02-02"), [failed, kiwis].toSorted());
  assert.deepEqual(await shown("to=2026-02-01"), [paid]);
  const page = await world.get(`${SMS}?tab=billing&status=failed`);
  assert(page.text.includes("the wallet does not cover it"));
  assert(page.text.includes("2 attempts"));
  assert((await world.get(SMS)).text.includes("awaiting approval"));
  const wrong = await world.get(`${SMS}?tab=billing&status=open&from=soon`);
  assert.equal(wrong.status, 422);
  assert(wrong.html.includes('href="#field-status"') && wrong.html.includes('href="#field-from"'));
  assert.equal((await world.get(`${SMS}?cursor=nonsense`)).status, 400);
});

Deno.test("long lists come in pages, and a page keeps its budget of bytes", async () => {
  using world = await openPages();
  for (let i = 0; i < 60; i++) await closeBillOf(world.deps, { ...WALLET, micros: 1_000n });
  const first = await world.get(`${SMS}?tab=billing&account=acme`);
  const next = /href="([^"]*cursor=[^"]*)"/.exec(first.html)![1]!.replaceAll("&amp;", "&");
  assert(next.includes("account=acme") && next.includes("tab=billing"));
  const second = await world.get(next);
  const count = (html: string) => html.split('name="bill"').length - 1;
  assert.deepEqual([count(first.html), count(second.html)], [50, 10]);
  const size = gzipSync(first.html).length;
  assert(size < 5 * 1024, `${size} bytes`);
});

Deno.test("a bill's page tells what it counts, what is carried over, how it was paid, and where to look", async () => {
  using world = await openPages();
  await report(world.deps, [
    usageItem(world.deps, "m1"),
    usageItem(world.deps, "m2", { country: "DE", prefix: "+49", priceMicros: 80_000n }),
  ]);
  await passBoundary(world);
  await world.post(`${SMS}/cycles`, { frequency: "due", form_id: world.deps.ids.id() });
  await runJobs(world);
  const page = await world.get(`${SMS}/bills/acme-1`);
  for (const words of ["paid", "DE +49 1 $0.08", "All 2 $0.58", "entry 2", "period closed"]) {
    assert(page.text.includes(words), `${words} in ${page.text}`);
  }
  assert(page.html.includes("/admin/messages?account=acme&amp;from=2026-01-31&amp;to=2026-02-01"));
  assert(page.html.includes("/admin/accounts/acme?kind=payment#entries"));
  const carried = await closeBillOf(world.deps, {
    status: "needs_review",
    failureReason: "debit_not_found",
    carriedInMicros: 4_000n,
    carriedOutMicros: 4_000n,
    sippy: DEBIT,
  });
  const review = await world.get(`${SMS}/bills/${carried}`);
  for (const words of ["Did Sippy take the money?", DEBIT.reference, "$0.004", "1001"]) {
    assert(review.text.includes(words), words);
  }
  for (const id of ["acme-999", "nonsense", "x".repeat(200)]) {
    assert.equal((await world.get(`${SMS}/bills/${id}`)).status, 404, id);
  }
});

Deno.test("processing shows before and after, wants a reason, pays once, and is told afterwards", async () => {
  using world = await openPages();
  const id = await closeBillOf(world.deps, { ...WALLET, micros: 12_500_000n });
  const path = `${SMS}/bills/${id}/actions`;
  const asked = await world.get(`${path}?do=process`);
  assert(asked.text.includes("Available in the wallet $50.00 $37.50"), asked.text);
  const empty = await world.post(path, { do: "process", reason: " " });
  assert.equal(empty.status, 422);
  assert(empty.html.includes('href="#field-reason"'));
  const done = await world.post(path, { do: "process", reason: "Month end" });
  assert.deepEqual([done.status, done.headers.get("location")], [303, `${SMS}/bills/${id}`]);
  assert.match(decodeURIComponent(done.headers.get("set-cookie")!), /is paid\./);
  const again = await world.post(path, { do: "process", reason: "Month end" });
  assert.match(decodeURIComponent(again.headers.get("set-cookie")!), /is paid already\./);
  const page = await world.get(`${SMS}/bills/${id}`);
  assert(
    page.text.includes("Month end") && page.text.includes("pending -&gt; paid") ||
      page.text.includes("pending -> paid"),
  );
  assert.equal((await billsOf(world.deps.store, "acme"))[0]?.entrySeq, 2);
  const nothing = await world.get(`${path}?do=process`);
  assert.equal(
    nothing.headers.get("location"),
    `${SMS}/bills/${id}`,
    "nothing is offered any more",
  );
  const late = await world.post(path, { do: "cancel", reason: "Too late" });
  assert.match(decodeURIComponent(late.headers.get("set-cookie")!), /^[^;]*negative Nothing was/);
});

Deno.test("a payment the wallet does not cover is told as one; approving and cancelling do what they say", async () => {
  using world = await openPages();
  const dear = await closeBillOf(world.deps, { ...WALLET, micros: 900_000_000n });
  const refused = await world.post(`${SMS}/bills/${dear}/actions`, { do: "process", reason: "x" });
  assert.match(
    decodeURIComponent(refused.headers.get("set-cookie")!),
    /negative .*was not paid: the wallet does not cover it/,
  );
  const waiting = await closeBillOf(world.deps, {
    ...WALLET,
    micros: 1_000_000n,
    approval: "awaiting",
  });
  const offered = await world.get(`${SMS}/bills/${waiting}`);
  assert(offered.html.includes("do=approve") && !offered.html.includes("do=process"));
  await world.post(`${SMS}/bills/${waiting}/actions`, { do: "approve", reason: "seen" });
  const cancelled = await closeBillOf(world.deps, { ...WALLET, micros: 1_000_000n });
  await world.post(`${SMS}/bills/${cancelled}/actions`, { do: "cancel", reason: "a gift" });
  const statuses = (await billsOf(world.deps.store, "acme")).map(({ status }) => status);
  assert.deepEqual(statuses, ["failed", "paid", "cancelled"]);
});

Deno.test("of a debit nobody knows about, a person says what became of it", async () => {
  for (
    const [deed, status] of [
      ["collected", "paid"],
      ["not_collected", "failed"],
      ["write_off", "cancelled"],
    ] as const
  ) {
    using world = await openPages();
    const id = await closeBillOf(world.deps, { status: "needs_review", sippy: DEBIT });
    const asked = await world.get(`${SMS}/bills/${id}/actions?do=${deed}`);
    assert.equal(asked.status, 200);
    await world.post(`${SMS}/bills/${id}/actions`, { do: deed, reason: "looked it up" });
    assert.equal((await billsOf(world.deps.store, "acme"))[0]?.status, status);
    if (deed === "not_collected") assert.equal(world.done.at(-1), "nudge");
    assert((await world.get(`${SMS}/bills/${id}`)).text.includes("looked it up"));
  }
});

Deno.test("picked bills are summed up first, then done as a job with progress and its refusals", async () => {
  using world = await openPages();
  const ids: string[] = [];
  for (let i = 0; i < 3; i++) {
    ids.push(await closeBillOf(world.deps, { ...WALLET, micros: 1_000_000n }));
  }
  ids.push(await closeBillOf(world.deps, { ...WALLET, micros: 900_000_000n }));
  const none = await postMany(world, [["action", "process"]]);
  assert.equal(none.location, "/admin/sms?tab=billing");
  const picked = ids.map((id): [string, string] => ["bill", id]);
  const summary = await postMany(world, [["action", "process"], ...picked]);
  assert.equal(summary.status, 200);
  const text = textOf(summary.html);
  assert(text.includes("Process 4 bills") && text.includes("To be paid in all: $903.00"), text);
  const formId = fieldValue(summary.html, "form_id")!;
  const noReason = await postMany(world, [["action", "process"], ["form_id", formId], ...picked]);
  assert.equal(noReason.status, 422);
  const fields: [string, string][] = [
    ["action", "process"],
    ["form_id", formId],
    ["reason", "Month end"],
    ...picked,
  ];
  const started = await postMany(world, fields);
  assert.equal(started.location, `${SMS}/jobs/${formId}`);
  assert.equal(world.done.at(-1), "nudge");
  const running = await world.get(`${SMS}/jobs/${formId}`);
  assert(running.html.includes(`src="${SMS}/jobs/${formId}/stream"`));
  assert(running.html.includes('http-equiv="refresh"'));
  await runJobs(world);
  assert.equal((await postMany(world, fields)).location, started.location, "a second click");
  const done = await world.get(`${SMS}/jobs/${formId}`);
  for (
    const words of ["changed 3, unchanged 0, refused 1", "4 of 4", "the wallet does not cover it"]
  ) {
    assert(done.text.includes(words), `${words} in ${done.text}`);
  }
  assert(!done.html.includes('http-equiv="refresh"'));
  const headers = await signedIn(world, { email: "bea@example.com", role: "admin" });
  const stream = await world.app.request(`${SMS}/jobs/${formId}/stream`, { headers });
  assert.match(stream.headers.get("content-type")!, /^text\/event-stream/);
  assert.match(await stream.text(), /event: done\ndata: .*changed 3/);
  const wallet = await world.app.request("/api/v1/accounts/acme/wallet", {
    headers: { ...headers },
  });
  assert.equal((await wallet.json()).balance.amount, "47.000000");
});

Deno.test("a cycle is run as a job of its frequency, once a form", async () => {
  using world = await openPages();
  await report(world.deps, [usageItem(world.deps, "m1")]);
  await passBoundary(world);
  const formId = fieldValue((await world.get(SMS)).html, "form_id")!;
  const started = await world.post(`${SMS}/cycles`, { frequency: "daily", form_id: formId });
  const path = started.headers.get("location")!;
  assert.equal(path, `${SMS}/jobs/${formId}`);
  assert((await world.get(path)).text.includes("Cycle: daily"));
  await runJobs(world);
  const done = await world.get(path);
  assert(done.text.includes("created 1, processed 1, paid 1, failed 0"), done.text);
  const again = await world.post(`${SMS}/cycles`, { frequency: "daily", form_id: formId });
  assert.equal(again.headers.get("location"), path);
  const wrong = await world.post(`${SMS}/cycles`, { frequency: "hourly", form_id: formId });
  assert.equal(wrong.headers.get("location"), "/admin/sms?tab=billing");
  assert.equal((await world.get(`${SMS}/jobs/unknown`)).status, 404);
  const sync = await world.post("/billing/sync", { form_id: world.deps.ids.id() });
  const syncId = new URL(sync.headers.get("location")!, PUBLIC_URL).searchParams.get("job");
  assert.equal((await world.get(`${SMS}/jobs/${syncId}`)).status, 404, "another kind of job");
});

Deno.test("a viewer sees bills, terms and figures, and no form that changes any of it", async () => {
  using world = await openPages();
  const id = await closeBillOf(world.deps, { status: "needs_review", sippy: DEBIT });
  for (const path of [SMS, `${SMS}?tab=settings`, `${SMS}?tab=stats`, `${SMS}/bills/${id}`]) {
    const page = await world.get(path, "viewer");
    assert.equal(page.status, 200, path);
    assert.deepEqual(postForms(page.html), [], path);
    assert(!page.html.includes("/actions?do="), path);
  }
  const refused = await world.post(
    `${SMS}/bills/${id}/actions`,
    { do: "collected", reason: "x" },
    "viewer",
  );
  assert.equal(refused.status, 403);
});

Deno.test("the statistics show what the bills say, as cards, charts and tables", async () => {
  using world = await openPages();
  await closeBillOf(world.deps, { ...WALLET, status: "paid", micros: 2_000_000n });
  await closeBillOf(world.deps, { ...WALLET, status: "failed", micros: 4_000_000n });
  const page = await world.get(`${SMS}?tab=stats`);
  const text = sentence(page.text);
  for (
    const words of [
      "Payments that succeeded 50 %",
      "Failed payments 1",
      "Average bill $3.00",
      "Sippy was not asked",
      "Show the same numbers as a table",
      "No account was billed more than 5,000 messages.",
      "pay sms bill",
    ]
  ) {
    assert(text.includes(words), `${words} in ${text}`);
  }
});

Deno.test("an account's page shows its SMS billing: terms, the running period, what is pending", async () => {
  using world = await openPages();
  await report(world.deps, [usageItem(world.deps, "m1")]);
  await closeBillOf(world.deps, { ...WALLET, micros: 3_000_000n });
  const page = await world.get("/admin/accounts/acme");
  for (
    const words of [
      "SMS billing",
      "1 message for $0.50 in this period",
      "daily, at 02:00 UTC",
      "Next billing date 01 Feb 2026, 02:00 UTC",
      "1 over $3.00",
    ]
  ) {
    assert(page.text.includes(words), `${words} in ${page.text}`);
  }
  assert(page.html.includes("/admin/sms?tab=settings&amp;account=acme"));
  assert(page.html.includes("/admin/sms?tab=billing&amp;account=acme"));
});
