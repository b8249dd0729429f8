/**
 * What must be true once everything has come to rest. A further check is one more line.
 *
 * @module
 */
import type { CarrierWorld } from "../carriers/carrier_world.ts";
import type { SippyWorld } from "../carriers/sippy_world.ts";
import type { LedgerBooks } from "../checks/ledger_watch.ts";
import type { HookPost } from "../hooks.ts";
import type { People } from "../people.ts";
import type { Senders } from "../senders.ts";
import type { Isolates } from "../isolates.ts";
import type { World } from "../world.ts";
import { checkBills } from "./check_bills.ts";
import { checkBillViews } from "./check_bill_views.ts";
import { checkDebits } from "./check_debits.ts";
import { checkReports } from "./check_reports.ts";
import { checkCalls } from "./check_calls.ts";
import { checkEffects } from "./check_effects.ts";
import { checkMessages } from "./check_messages.ts";
import { checkMoney } from "./check_money.ts";
import { checkPages } from "./check_pages.ts";
import { checkTotals } from "./check_totals.ts";
import { checkViews } from "./check_views.ts";
import { checkWork } from "./check_work.ts";

/** What the checks look at. */
export interface Truth {
  world: World;
  isolates: Isolates;
  carriers: readonly CarrierWorld[];
  sippy: SippyWorld;
  senders: Senders;
  people: People;
  post: HookPost;
  books: LedgerBooks;
}

/** Throws on the first promise that was broken. */
export async function checkTheTruth(truth: Truth): Promise<void> {
  checkCalls(truth);
  checkMessages(truth);
  checkEffects(truth);
  checkReports(truth);
  checkBills(truth);
  checkDebits(truth);
  checkMoney(truth);
  checkTotals(truth);
  checkWork(truth);
  await checkViews(truth);
  await checkBillViews(truth);
  await checkPages(truth);
}
