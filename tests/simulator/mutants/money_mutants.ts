/**
 * Bugs in money that people move.
 *
 * @module
 */
import type { Mutant } from "./mutant.ts";

const MOVE_MONEY = "core/billing/move_money.ts";

/** Bugs of top-ups, refunds and adjustments. */
export const MONEY_MUTANTS: readonly Mutant[] = [
  {
    name: "two-topups",
    breaks: "The stored request is ignored: the same key moves money again",
    guards: "F9, G1, P7",
    edits: [{
      file: MOVE_MONEY,
      find: `      if (earlier) return await answerEarlier(batch, { earlier, request });`,
      replace:
        `      if (earlier && !request) return await answerEarlier(batch, { earlier, request });`,
    }],
  },
  {
    name: "list-decides",
    breaks: "Whether a request was answered before is decided by a list that was read earlier",
    guards: "A15, A17, P7",
    edits: [
      {
        file: MOVE_MONEY,
        find:
          `export function moveMoney(deps: BillingDeps, request: MoneyRequest): Promise<MoneyOutcome> {`,
        replace: `export async function moveMoney(
  deps: BillingDeps,
  request: MoneyRequest,
): Promise<MoneyOutcome> {
  const wanted = moneyRequestKey(request.caller, request.idempotencyKey);
  const listed = await deps.store.list<StoredMoneyRequest>({ prefix: wanted.slice(0, -1) });`,
      },
      {
        file: MOVE_MONEY,
        find: `      const earlier = await batch.getChecked<StoredMoneyRequest>(
        moneyRequestKey(request.caller, request.idempotencyKey),
      );`,
        replace:
          `      const earlier = listed.find(({ key }) => key.join() === wanted.join())?.value ?? null;`,
      },
    ],
  },
  {
    name: "late-landing",
    breaks: "A deadline is told as a refusal, and what it waited for lands all the same",
    guards: "A26, G19",
    edits: [
      {
        file: MOVE_MONEY,
        find: `  return changeWallet<MoneyOutcome>(deps, {`,
        replace: `  const moved = changeWallet<MoneyOutcome>(deps, {`,
      },
      {
        file: MOVE_MONEY,
        find: `      return await stageMoney(batch, { request, atMs, jobId });
    },
  });`,
        replace: `      return await stageMoney(batch, { request, atMs, jobId });
    },
  });
  const late = deps.clock.sleep(5_000).then((): MoneyOutcome => ({
    status: "insufficient_funds",
    availableMicros: 0n,
  }));
  return Promise.race([moved, late]);`,
      },
    ],
  },
  {
    name: "no-release",
    breaks: "What waits for money is not billed when money comes in",
    guards: "R9, P1",
    edits: [{
      file: MOVE_MONEY,
      find: `    await stageRelease(batch, { accountId, atMs, actor, jobId });`,
      replace: `    void [stageRelease, jobId];`,
    }],
  },
  {
    name: "key-by-arrival",
    breaks: "A request is stored under its arrival, not under the key of its caller",
    guards: "A3, P7",
    edits: [{
      file: MOVE_MONEY,
      find: `  batch.set(moneyRequestKey(request.caller, request.idempotencyKey), guard);`,
      replace: `  batch.set(moneyRequestKey(request.caller, request.requestId), guard);`,
    }],
  },
];
