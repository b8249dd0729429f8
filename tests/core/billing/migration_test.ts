/**
 * Customers and usage brought over from another system: once, whatever the file looks like.
 *
 * @module
 */
import assert from "node:assert/strict";
import { getAccount } from "../../../core/accounts/account.ts";
import { readMigrationFile } from "../../../core/billing/migration/read_rows.ts";
import { describeMigration, runMigration } from "../../../core/billing/migration/run_migration.ts";
import { createProgressLine } from "../../../core/progress_line.ts";
import { SMS_BASE } from "../../../core/sms_billing/settings.ts";
import { getSmsTerms } from "../../../core/sms_billing/terms.ts";
import { removeOldBills } from "../../../core/sms_billing/remove_old_bills.ts";
import { processBill } from "../../../core/sms_billing/process_bill.ts";
import { DAY_MS } from "../../../core/clock.ts";
import { checkBooks, entriesOf } from "../../support/ledger.ts";
import { billsOf, checkBills } from "../../support/sms.ts";
import { openWorld, type World } from "../../support/world.ts";

// The world begins on 31 January 2026.
const FILE = `accountId,name,email,month,messages,segments,country,prefix,cost
acme,Acme,a@example.com,2026-01,100,120,US,+1,1.20
acme,Acme,a@example.com,2026-01,50,50,EE,+372,2.5
acme,Acme,a@example.com,2025-12,9000,9000,US,+1,90
big,"Big, Ltd",big@example.com,2026-01,6000,6100,GB,44,61.00
old,Old,,2025-11,10,10,US,+1,0.10
bad id,X,,2026-01,1,1,US,+1,0.01
worse,X,,2026-01,many,1,US,+1,0.01
worst,X,,2026-1,1,1,US,+1,0.01
odd,X,,2026-01,1,1,US,+1,1e3
short,X
`;

async function migrate(world: World, text = FILE, name = "usage.csv") {
  const lines: string[] = [];
  const progress = createProgressLine({
    clock: world.clock,
    write: (one) => void lines.push(one),
    isTerminal: false,
  });
  const tally = await runMigration(world.deps, { file: { name, text }, base: SMS_BASE, progress });
  return { line: describeMigration(tally), lines };
}

Deno.test("accounts are opened, heavy senders get terms of their own, and one bill stands for a month", async () => {
  using world = await openWorld();
  const { deps } = world;
  const { line, lines } = await migrate(world);
  assert.equal(line, "processed=3 created=2 skipped=1 failed=5");
  const broken = lines.filter((one) => one.startsWith("line")).map((one) => one.trim());
  assert.deepEqual(broken, [
    "line 7: accountId: is not an account id",
    "line 8: messages: is not a whole number",
    "line 9: month: is not a month such as 2026-11",
    "line 10: cost: is not an amount such as 12.50",
    "line 11: CSV_RECORD_INCONSISTENT_COLUMNS",
  ]);
  const bills = (await billsOf(deps.store)).map((bill) => [
    bill.accountId,
    bill.status,
    bill.messageCount,
    bill.totalMicros,
    bill.breakdown.length,
  ]);
  assert.deepEqual(bills.toSorted(), [
    ["acme", "pending", 150, 3_700_000n, 2],
    ["big", "pending", 6_000, 61_000_000n, 1],
  ]);
  assert.deepEqual((await getAccount(deps.store, "big"))?.email, "big@example.com");
  assert.equal((await getSmsTerms(deps.store, "big")).account.frequency, "threshold");
  assert.equal((await getSmsTerms(deps.store, "acme")).account.frequency, "threshold");
  assert.deepEqual((await getSmsTerms(deps.store, "old")).account, {});
  // Nothing is taken before a person has looked.
  assert.equal((await entriesOf(deps.store, "acme")).length, 1);
  await checkBills(deps.store);
  await checkBooks(deps.store);
});

Deno.test("run again, a migration makes nothing twice and leaves what people have set", async () => {
  using world = await openWorld();
  await migrate(world);
  const before = JSON.stringify(await billsOf(world.deps.store), (_, one) => String(one));
  const { line } = await migrate(world);
  assert.equal(line, "processed=3 created=0 skipped=3 failed=5");
  const after = JSON.stringify(await billsOf(world.deps.store), (_, one) => String(one));
  assert.equal(after, before);
});

Deno.test("a JSON file reads as a CSV file does", () => {
  const text = JSON.stringify([
    { accountId: "a", name: "A", month: "2026-01", messages: 2, cost: "0.5", prefix: "1" },
    { accountId: "a", month: "2026-01", messages: 2.5, cost: "0.5" },
  ]);
  const { rows, broken } = readMigrationFile({ name: "usage.json", text });
  assert.deepEqual(rows.map(({ costMicros, prefix, segments }) => [costMicros, prefix, segments]), [
    [500_000n, "+1", 2],
  ]);
  assert.deepEqual(broken, [{ line: 2, reason: "messages: is not a whole number" }]);
});

Deno.test("paid and cancelled bills go after twelve months, their entries and messages stay", async () => {
  using world = await openWorld();
  const { deps, clock } = world;
  await migrate(world);
  assert.equal(
    (await processBill(deps, { billId: "acme-1", actor: "test" })).status,
    "bill_changed",
  );
  const remove = () => removeOldBills(deps, { retentionMonths: 12, untilMs: clock.now() + 60_000 });
  clock.advance(364 * DAY_MS);
  assert.equal(await remove(), 0);
  clock.advance(2 * DAY_MS);
  assert.equal(await remove(), 1);
  const kept = (await billsOf(deps.store)).map(({ accountId, status }) => [accountId, status]);
  assert.deepEqual(kept, [["big", "pending"]]);
  assert.equal((await entriesOf(deps.store, "acme")).at(-1)?.source.id, "acme-1");
  const listed = await deps.store.list<object>({ prefix: ["sms_bill_by_time"] });
  assert.equal(listed.length, 1);
  await checkBooks(deps.store);
});

Deno.test("on a terminal progress is one line that is written over, elsewhere a line for each tenth", () => {
  const clock = { now: () => 0 };
  const shown = (isTerminal: boolean) => {
    const texts: string[] = [];
    const line = createProgressLine({ clock, write: (text) => void texts.push(text), isTerminal });
    for (let done = 1; done <= 100; done++) line.show({ done, total: 100 });
    line.end();
    return texts;
  };
  assert.equal(shown(false).length, 10);
  assert(shown(true).slice(0, 100).every((text) => text.startsWith("\r") && !text.includes("\n")));
  assert.match(shown(true)[49]!, /^\r\[#{15}-{15}\] 50 %, 50 of 100, 0 s left/);
});
