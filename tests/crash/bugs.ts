/**
 * Bugs that the crash test must find, planted in a copy of the tree: a run that finds nothing with one of
 * them has looked at nothing.
 *
 * Comes from: `tests/crash/crash.ts`, `tests/crash/crash_test.ts`.
 * Goes to: `tests/simulator/mutants/plant.ts`.
 *
 * @module
 */
import type { Mutant } from "../simulator/mutants/mutant.ts";
import { plant } from "../simulator/mutants/plant.ts";
import { copyTree, type TreeCopy } from "../simulator/mutants/tree_copy.ts";

/** A bug, and under which heading its damage must show. */
export interface CrashBug extends Pick<Mutant, "name" | "edits"> {
  shows: "lost" | "doubled";
}

const PAY_BILL = "core/sms_billing/pay_bill.ts";

/** By name on the command line. */
export const CRASH_BUGS: readonly CrashBug[] = [
  {
    // A top-up is kept under a key of its own each time: a repeat pays again.
    name: "random-key",
    shows: "doubled",
    edits: [{
      file: "core/billing/move_money.ts",
      find: `  const jobId = deps.ids.id();
  return changeWallet<MoneyOutcome>(deps, {`,
      replace: `  const jobId = deps.ids.id();
  request = { ...request, idempotencyKey: deps.ids.id() };
  return changeWallet<MoneyOutcome>(deps, {`,
    }],
  },
  {
    // What a call was charged before is not looked at: whoever comes again charges it again.
    name: "forgotten-charge",
    shows: "doubled",
    edits: [{
      file: "core/billing/bill_call.ts",
      find: `  const earlier = await batch.get<CallCharge>(chargeKey(call.id));`,
      replace: `  const earlier = null as CallCharge | null;`,
    }],
  },
  {
    // Webhooks are answered first and kept a moment later: what was in memory is gone.
    name: "early-answer",
    shows: "lost",
    edits: [
      {
        file: "core/jobs/receive_event.ts",
        find: `    isKeeping = true;
    while`,
        replace: `    isKeeping = true;
    await deps.clock.sleep(300);
    while`,
      },
      {
        file: "core/jobs/receive_event.ts",
        find: `    return await one.kept.promise;`,
        replace: `    one.kept.promise.catch(() => {});
    return { status: "received", event: one.event };`,
      },
    ],
  },
  {
    // A debit without an answer is sent again, at once; a dead holder's job is taken up a second later.
    name: "blind-resend",
    shows: "doubled",
    edits: [
      {
        file: PAY_BILL,
        find: `  if (bill.sippy && isInDoubt(bill.sippy)) return await settleDebit(deps, bill);`,
        replace: `  if (bill.sippy === undefined) return await settleDebit(deps, bill);`,
      },
      {
        file: "core/sms_billing/pay_through_sippy.ts",
        find: `  if (bill.sippy) {
    const found`,
        replace: `  if (bill.sippy?.attempts === -1) {
    const found`,
      },
      {
        file: PAY_BILL,
        find:
          `  return isInDoubt(sippy) ? lookupDueAtMs(sippy, settleMs) : settledAtMs(sippy, settleMs);`,
        replace: `  return 0 * (lookupDueAtMs(sippy, settleMs) + settledAtMs(sippy, settleMs));`,
      },
      {
        file: PAY_BILL,
        find: `before ? MINUTE_MS : SECOND_MS`,
        replace: `before ? SECOND_MS : SECOND_MS`,
      },
      {
        file: "core/jobs/take_jobs.ts",
        find: `export const JOB_LEASE_MS = 120_000;`,
        replace: `export const JOB_LEASE_MS = 1_000;`,
      },
    ],
  },
];

/**
 * A copy of the tree, with the bug in it when one is named, so that every start is one of the same source.
 *
 * Throws when there is none of that name, or it no longer fits.
 */
export async function copyProduct(name: string | null): Promise<TreeCopy> {
  const bug = CRASH_BUGS.find((one) => one.name === name);
  if (name !== null && !bug) {
    throw new Error(`Cannot plant ${name}: there are ${CRASH_BUGS.map((one) => one.name)}`);
  }
  const copy = await copyTree();
  if (bug) plant(bug, copy.root);
  return copy;
}
