/**
 * What must be true once everything has come to rest. A further check is one more line.
 *
 * @module
 */
import type { CarrierWorld } from "../carriers/carrier_world.ts";
import type { LedgerBooks } from "../checks/ledger_watch.ts";
import type { HookPost } from "../hooks.ts";
import type { People } from "../people.ts";
import type { World } from "../world.ts";
import { checkBills } from "./check_bills.ts";
import { checkCalls } from "./check_calls.ts";
import { checkEffects } from "./check_effects.ts";
import { checkMessages } from "./check_messages.ts";
import { checkMoney } from "./check_money.ts";
import { checkTotals } from "./check_totals.ts";
import { checkViews } from "./check_views.ts";
import { checkWork } from "./check_work.ts";

/** What the checks look at. */
export interface Truth {
  world: World;
  carriers: readonly CarrierWorld[];
  people: People;
  post: HookPost;
  books: LedgerBooks;
}

/** Throws on the first promise that was broken. */
export async function checkTheTruth(truth: Truth): Promise<void> {
  checkCalls(truth);
  checkMessages(truth);
  checkEffects(truth);
  checkBills(truth);
  checkMoney(truth);
  checkTotals(truth);
  checkWork(truth);
  await checkViews(truth);
}
