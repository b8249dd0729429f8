/**
 * Whose a message is when nobody says at first when it was sent.
 *
 * @module
 */
import assert from "node:assert/strict";
import { assignNumber, releaseNumber } from "../../../core/billing/claim_calls.ts";
import { getChargedMessage, messageBillingOf } from "../../../core/billing/list_messages.ts";
import { checkBooks, rowsOf } from "../../support/ledger.ts";
import { messageOf, takeInMessages } from "../../support/message_report.ts";
import { billsOf, checkBills } from "../../support/sms.ts";
import { ACME_NUMBER, openWorld, runJobs, START_MS } from "../../support/world.ts";

Deno.test("a message belongs to who held its number when it was sent, though its first news came after a move", async () => {
  using world = await openWorld();
  const { deps, clock } = world;
  clock.advance(60_000);
  await releaseNumber(deps, { number: ACME_NUMBER, accountId: "acme", actor: "test" });
  const holding = { accountId: "kiwi", carrier: null, fromMs: clock.now(), toMs: null };
  await assignNumber(deps, { number: ACME_NUMBER, holding, actor: "test" });
  await runJobs(deps);
  clock.advance(60_000);
  const told = { sentAtMs: clock.now(), segments: null, record: { sent_at: null } };
  await takeInMessages(deps, messageOf("SM1", told));
  const early = (await getChargedMessage(deps.store, "twilio:SM1"))!;
  assert.deepEqual(messageBillingOf(early), { state: "open", reason: "no_cost_yet" });
  await takeInMessages(deps, messageOf("SM1", { sentAtMs: START_MS, costMicros: 7_500n }));
  const message = (await getChargedMessage(deps.store, "twilio:SM1"))!.message;
  assert.equal(message.accountId, "acme");
  const bills = (await billsOf(deps.store)).map((bill) => [bill.accountId, bill.totalMicros]);
  assert.deepEqual(bills, [["acme", 7_500n]]);
  const listed = await deps.store.list<object>({ prefix: ["message_by_account"] });
  assert.deepEqual(listed.map(({ key }) => key[1]), ["acme"]);
  assert.deepEqual(await rowsOf(deps.store, ["message_due"]), []);
  await checkBooks(deps.store);
  await checkBills(deps.store);
});
