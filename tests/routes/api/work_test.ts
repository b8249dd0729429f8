import assert from "node:assert/strict";
import { receiveEvent } from "../../../core/jobs/receive_event.ts";
import { moveJob } from "../../../core/jobs/job.ts";
import type { Job } from "../../../core/jobs/job.ts";
import { entryKey, jobKey } from "../../../core/kv/keys.ts";
import type { Entry } from "../../../core/wallet/entry.ts";
import { VERIFICATION_JOB } from "../../../core/billing/verify_ledger.ts";
import { reportOf } from "../../support/call_report.ts";
import { bill, expectJson, expectProblem, expectRefusals, serveApi } from "./served_api.ts";

Deno.test("deliveries are listed newest first, filtered, and can be replayed", async () => {
  using api = await serveApi();
  for (const [i, state] of (["processed", "parked"] as const).entries()) {
    await receiveEvent(api.deps, {
      carrier: "bland",
      kind: "call",
      carrierEventId: `e${i}`,
      payload: "secret of the carrier",
      state,
      reason: state === "parked" ? "no such call" : null,
    });
    api.world.clock.advance(1_000);
  }
  const answer = await api.ask("GET /webhook-events");
  const { data } = expectJson(answer, 200);
  assert.deepEqual(data[0], {
    id: "bland:e1",
    carrier: "bland",
    kind: "call",
    carrierEventId: "e1",
    receivedAt: "2026-01-31T22:30:01.000Z",
    state: "parked",
    reason: "no such call",
    attempts: 0,
  });
  assert.deepEqual(data.map((one: { id: string }) => one.id), ["bland:e1", "bland:e0"]);
  const parked = expectJson(await api.ask("GET /webhook-events?state=parked&carrier=bland"), 200);
  assert.equal(parked.data.length, 1);
  const replay = await api.ask("POST /webhook-events/bland:e1/replays");
  assert.equal(expectJson(replay, 201).state, "received");
  assert.equal(api.nudges(), 1);
  await expectRefusals(api, [
    { line: "POST /webhook-events/bland:none/replays", status: 404, code: "not_found" },
    { line: "GET /webhook-events?state=lost", status: 422, code: "validation", pointer: "/state" },
    { line: "GET /webhook-events?cursor=x", status: 400, code: "malformed_cursor" },
    { line: "GET /webhook-events?limit=101", status: 422, code: "validation", pointer: "/limit" },
  ]);
});

Deno.test("jobs are listed newest first, read, and run again by hand", async () => {
  using api = await serveApi();
  const { data } = expectJson(await api.ask("GET /jobs?limit=2"), 200);
  assert.equal(data.length, 2);
  const failed: Job = {
    id: "job-1",
    kind: VERIFICATION_JOB,
    unique: "nothing to verify",
    state: "failed",
    attempts: 5,
    dueAtMs: api.world.clock.now(),
    token: null,
    lastError: "the database was away",
    progress: null,
    createdAtMs: api.world.clock.now(),
    finishedAtMs: api.world.clock.now(),
  };
  const put = (to: Job) =>
    api.deps.gates.change({
      gate: jobKey(to.id),
      stage: (batch) => Promise.resolve(moveJob(batch, { from: null, to })),
    });
  await put(failed);
  const job = expectJson(await api.ask("GET /jobs/job-1"), 200);
  assert.deepEqual(
    [job.key, job.state, job.attempts, job.lastError],
    ["nothing to verify", "failed", 5, "the database was away"],
  );
  const retried = expectJson(await api.ask("POST /jobs/job-1/retries"), 201);
  assert.deepEqual([retried.state, retried.attempts], ["done", 1]);
  await put({ ...failed, id: "job-2", state: "running", dueAtMs: api.world.clock.now() + 1 });
  await expectRefusals(api, [
    { line: "POST /jobs/job-2/retries", status: 409, code: "state_conflict" },
    { line: "POST /jobs/none/retries", status: 404, code: "not_found" },
    { line: "GET /jobs/none", status: 404, code: "not_found" },
    { line: "GET /jobs?cursor=x", status: 400, code: "malformed_cursor" },
    { line: "GET /jobs?state=done", status: 422, code: "validation", pointer: "/state" },
  ]);
});

Deno.test("a verification answers what it found, of one wallet or of all", async () => {
  using api = await serveApi();
  await bill(api, reportOf("c1"));
  const answer = await api.ask("POST /ledger-verifications", { body: {} });
  const found = expectJson(answer, 201);
  assert.equal(answer.headers.get("location"), `/api/v1/ledger-verifications/${found.id}`);
  assert.deepEqual(found, {
    id: found.id,
    accountId: null,
    state: "done",
    wallets: 3,
    entries: 4,
    differences: [],
    differenceCount: 0,
    startedAt: "2026-01-31T22:30:00.000Z",
    finishedAt: "2026-01-31T22:30:00.000Z",
  });
  const one = await api.ask("POST /ledger-verifications", { body: { accountId: "acme" } });
  assert.deepEqual([expectJson(one, 201).wallets, one.body.entries], [1, 2]);
  const listed = expectJson(await api.ask("GET /ledger-verifications"), 200);
  assert.deepEqual(listed.data, [one.body, found]);
  const read = await api.ask(`GET /ledger-verifications/${found.id}`);
  assert.deepEqual(expectJson(read, 200), found);
  await expectRefusals(api, [
    {
      line: "POST /ledger-verifications",
      body: { accountId: "nobody" },
      status: 404,
      code: "account_not_found",
    },
    {
      line: "POST /ledger-verifications",
      body: { wallet: "acme" },
      status: 422,
      code: "validation",
      pointer: "/wallet",
    },
    { line: "GET /ledger-verifications/none", status: 404, code: "not_found" },
    { line: "GET /ledger-verifications?cursor=x", status: 400, code: "malformed_cursor" },
  ]);
});

Deno.test("a verification names the wallet and the entry that do not add up", async () => {
  using api = await serveApi();
  const key = entryKey("acme", 1);
  await api.deps.gates.change({
    gate: key,
    stage: async (batch) => {
      const entry = (await batch.get<Entry>(key))!;
      batch.set(key, { ...entry, amountMicros: entry.amountMicros + 1n });
    },
  });
  const { differences, differenceCount } = expectJson(
    await api.ask("POST /ledger-verifications", { body: {} }),
    201,
  );
  assert.equal(differenceCount, 1);
  assert.deepEqual([differences[0].accountId, differences[0].seq], ["acme", 1]);
});

Deno.test("changes by hand stand in the audit log, newest first", async () => {
  using api = await serveApi();
  api.world.clock.advance(1);
  const headers = { "idempotency-key": "k1" };
  const body = { amount: "1.00", description: "Invoice 7" };
  expectJson(await api.ask("POST /accounts/acme/top-ups", { body, headers }), 201);
  const answer = await api.ask("GET /audit-log?limit=1");
  const { data, nextCursor } = expectJson(answer, 200);
  const { id: _, ...record } = data[0];
  assert.deepEqual(record, {
    at: "2026-01-31T22:30:00.001Z",
    actor: "admin",
    action: "top_up",
    subject: "acme",
    detail: "1.000000 USD: Invoice 7",
  });
  assert.notEqual(nextCursor, null);
  expectProblem(await api.ask("GET /audit-log?cursor=x"), {
    status: 400,
    code: "malformed_cursor",
  });
});
