import assert from "node:assert/strict";
import { HOUR_MS } from "../../../core/clock.ts";
import { hashEntry } from "../../../core/wallet/entry.ts";
import { parseAmount } from "../../../core/money.ts";
import { reportOf } from "../../support/call_report.ts";
import { topUp } from "../../support/world.ts";
import { bill, expectJson, expectRefusals, serveApi } from "./served_api.ts";

const seqs = (page: { data: { seq: number }[] }) => page.data.map(({ seq }) => seq);

Deno.test("entries are listed newest first, by page, kind and period", async () => {
  using api = await serveApi();
  for (let hour = 1; hour <= 4; hour++) {
    api.world.clock.advance(HOUR_MS);
    if (hour === 3) await bill(api, reportOf("c1"));
    else await topUp(api.deps, { accountId: "acme", micros: 1n });
  }
  const list = async (query: string) =>
    expectJson(await api.ask(`GET /accounts/acme/entries?${query}`), 200);
  assert.deepEqual(seqs(await list("")), [5, 4, 3, 2, 1]);
  const first = await list("limit=2");
  assert.deepEqual(seqs(first), [5, 4]);
  const second = await list(`limit=2&cursor=${first.nextCursor}`);
  assert.deepEqual(seqs(second), [3, 2]);
  assert.deepEqual(seqs(await list(`limit=2&cursor=${second.nextCursor}`)), [1]);
  assert.deepEqual(seqs(await list("kind=charge")), [4]);
  const period = "from=2026-01-31T23:30:00Z&to=2026-02-01T01:30:00Z";
  assert.deepEqual(seqs(await list(period)), [3, 2]);
  const before = await list(`to=2026-01-31T22:30:00Z&cursor=${first.nextCursor}`);
  assert.deepEqual(seqs(before), []);
});

Deno.test("an entry holds everything its seal covers", async () => {
  using api = await serveApi();
  await bill(api, reportOf("c1"));
  const { data } = expectJson(await api.ask("GET /accounts/acme/entries"), 200);
  const [entry] = data;
  assert.deepEqual(entry.source, { type: "call", id: "bland:c1" });
  assert.equal(entry.prevHash, data[1].hash);
  const { hash, amount, balanceAfter, at, ...rest } = entry;
  const sealed = {
    ...rest,
    amountMicros: parseAmount(amount.amount)!,
    balanceAfterMicros: parseAmount(balanceAfter.amount)!,
    atMs: Date.parse(at),
  };
  assert.equal(hash, hashEntry({ accountId: "acme", currency: "USD" }, sealed));
});

Deno.test("a balance is read now, and as it was", async () => {
  using api = await serveApi();
  api.world.clock.advance(HOUR_MS);
  await topUp(api.deps, { accountId: "acme", micros: 1_000_000n });
  const now = expectJson(await api.ask("GET /accounts/acme/balance"), 200);
  assert.deepEqual(now, {
    accountId: "acme",
    at: "2026-01-31T23:30:00.000Z",
    balance: { amount: "51.000000", currency: "USD" },
    held: { amount: "0.000000", currency: "USD" },
    entrySeq: 2,
  });
  const at = async (instant: string) => {
    const { balance, entrySeq } = expectJson(
      await api.ask(`GET /accounts/acme/balance?at=${encodeURIComponent(instant)}`),
      200,
    );
    return [balance.amount, entrySeq];
  };
  assert.deepEqual(await at("2026-01-31T22:29:59.999Z"), ["0.000000", 0]);
  assert.deepEqual(await at("2026-01-31T22:30:00Z"), ["50.000000", 1]);
  assert.deepEqual(await at("2026-02-01T00:29:59.999+01:00"), ["50.000000", 1]);
  assert.deepEqual(await at("2026-02-01T00:30:00+01:00"), ["51.000000", 2]);
});

Deno.test("questions about entries that are not right are refused", async () => {
  using api = await serveApi();
  const line = "GET /accounts/acme/entries";
  const invalid = { status: 422, code: "validation" };
  await expectRefusals(api, [
    { line: "GET /accounts/nobody/entries", status: 404, code: "account_not_found" },
    { line: "GET /accounts/nobody/balance", status: 404, code: "account_not_found" },
    { line: "GET /accounts/acme/balance?at=yesterday", ...invalid, pointer: "/at" },
    { line: `${line}?limit=0`, ...invalid, pointer: "/limit" },
    { line: `${line}?limit=101`, ...invalid, pointer: "/limit" },
    { line: `${line}?limit=1.5`, ...invalid, pointer: "/limit" },
    { line: `${line}?limit=1&limit=2`, ...invalid, pointer: "/limit" },
    { line: `${line}?kind=gift`, ...invalid, pointer: "/kind" },
    { line: `${line}?from=2026-02-30T00:00:00Z`, ...invalid, pointer: "/from" },
    {
      line: `${line}?from=2026-01-02T00:00:00Z&to=2026-01-01T00:00:00Z`,
      ...invalid,
      pointer: "/to",
    },
    { line: `${line}?since=1`, ...invalid, pointer: "/since" },
    { line: `${line}?cursor=`, status: 400, code: "malformed_cursor" },
    { line: `${line}?cursor=bm90IGpzb24`, status: 400, code: "malformed_cursor" },
  ]);
});
