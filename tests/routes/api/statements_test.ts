import assert from "node:assert/strict";
import { parse } from "csv-parse/sync";
import { moveMoney } from "../../../core/billing/move_money.ts";
import { HOUR_MS } from "../../../core/clock.ts";
import { parseAmount } from "../../../core/money.ts";
import { STATEMENT_COLUMNS, statementShape } from "../../../routes/api/statements.ts";
import { ADMIN, type AppWorld, cookieOf, keyOf, openApp } from "../../support/app.ts";
import { START_MS, topUp } from "../../support/world.ts";

const PATH = "/api/v1/accounts/acme/statement";

function get({ app }: AppWorld, query: string, headers: Record<string, string> = ADMIN) {
  return app.request(`${PATH}${query}`, { headers });
}

const micros = (text: string): bigint => parseAmount(text)!;
const instant = (ms: number) => new Date(ms).toISOString();

Deno.test("a statement as JSON has its documented shape, and its entries come to its closing", async () => {
  using world = await openApp();
  for (let i = 0; i < 250; i++) {
    await topUp(world.deps, { accountId: "acme", micros: 10_000n + BigInt(i) });
  }
  const answer = await get(world, "");
  assert.equal(answer.status, 200);
  assert.match(answer.headers.get("content-type")!, /^application\/json/);
  const statement = statementShape.parse(await answer.json());
  assert.equal(statement.entries.length, 251);
  const sum = statement.entries.reduce((all, { amount }) => all + micros(amount.amount), 0n);
  assert.equal(micros(statement.opening.amount) + sum, micros(statement.closing.amount));
  assert.deepEqual(
    statement.entries.map(({ seq }) => seq),
    Array.from(Array(251), (_, i) => i + 1),
  );
  assert.deepEqual([statement.from, statement.to], [null, null]);
});

Deno.test("the same as CSV: opening, every entry, closing; by Accept and by format alike", async () => {
  using world = await openApp();
  world.clock.advance(HOUR_MS);
  await topUp(world.deps, { accountId: "acme", micros: 2_500_000n });
  await topUp(world.deps, { accountId: "acme", micros: -1_250_000n });
  const query = `?from=${instant(START_MS + HOUR_MS)}&to=${instant(START_MS + 2 * HOUR_MS)}`;
  const byAccept = await get(world, query, { ...ADMIN, accept: "text/csv" });
  assert.equal(byAccept.headers.get("content-type"), "text/csv; charset=utf-8");
  assert.match(
    byAccept.headers.get("content-disposition")!,
    /^attachment; filename="statement-acme-2026-01-31\.csv"$/,
  );
  const text = await byAccept.text();
  assert.equal(await (await get(world, `${query}&format=csv`)).text(), text);
  const json = await get(world, `${query}&format=json`, { ...ADMIN, accept: "text/csv" });
  assert.match(json.headers.get("content-type")!, /^application\/json/);
  await json.body?.cancel();
  const [head, opening, ...rest] = parse(text) as string[][];
  assert.deepEqual(head, [...STATEMENT_COLUMNS]);
  const closing = rest.pop()!;
  assert.deepEqual(
    [opening?.[1], opening?.[2], opening?.[5]],
    ["2026-01-31T23:30:00.000Z", "opening", "50.000000"],
  );
  assert.deepEqual(
    [closing[1], closing[2], closing[5]],
    ["2026-02-01T00:30:00.000Z", "closing", "51.250000"],
  );
  assert.deepEqual(rest.map((row) => [row[0], row[2], row[4], row[5], row[6]]), [
    ["2", "top_up", "2.500000", "52.500000", "USD"],
    ["3", "adjustment", "-1.250000", "51.250000", "USD"],
  ]);
});

Deno.test("a description that a spreadsheet would compute does not", async () => {
  using world = await openApp();
  const description = `=HYPERLINK("https://evil.example","see, ""here""")`;
  const moved = await moveMoney(world.deps, {
    kind: "top_up",
    accountId: "acme",
    amountMicros: 1_000_000n,
    description,
    reference: null,
    caller: "test",
    idempotencyKey: "evil",
    fingerprint: "evil",
    requestId: world.deps.ids.id(),
    actor: "test",
  });
  assert.equal(moved.status, "posted");
  const rows = parse(await (await get(world, "?format=csv")).text()) as string[][];
  assert.equal(rows.find((row) => row[0] === "2")?.[3], `'${description}`);
});

Deno.test("an account reads its own statement, by key and by session, and nobody else's", async () => {
  using world = await openApp();
  const mine = await keyOf(world, "acme");
  const theirs = await keyOf(world, "kiwi");
  const session = await cookieOf(world, { kind: "account", accountId: "acme" });
  const foreign = await cookieOf(world, { kind: "account", accountId: "kiwi" });
  for (const [headers, status] of [[mine, 200], [session, 200], [theirs, 404], [foreign, 404]]) {
    const answer = await get(world, "?format=csv", headers as Record<string, string>);
    assert.equal(answer.status, status);
    await answer.body?.cancel();
  }
});

Deno.test("a period that ends before it begins, a format nobody knows and no account are refused", async () => {
  using world = await openApp();
  const refusals: [string, number][] = [
    ["?from=2026-02-01T00:00:00Z&to=2026-01-01T00:00:00Z", 422],
    ["?from=yesterday", 422],
    ["?format=xls", 422],
    ["?month=2026-01", 422],
  ];
  for (const [query, status] of refusals) {
    const answer = await get(world, query);
    assert.equal(answer.status, status, query);
    await answer.body?.cancel();
  }
  const nobody = await world.app.request("/api/v1/accounts/nobody/statement", { headers: ADMIN });
  assert.equal((await nobody.json()).code, "account_not_found");
});
