/**
 * Bugs in what a call is charged.
 *
 * @module
 */
import type { Mutant } from "./mutant.ts";

const BILL_CALL = "core/billing/bill_call.ts";
const BILL_DUE = "core/billing/bill_due.ts";
const PRICE_CALL = "core/billing/price_call.ts";

/** Bugs of charges, prices and free minutes. */
export const CALL_MUTANTS: readonly Mutant[] = [
  {
    name: "charge-ignored",
    breaks: "What a call was charged before is ignored: it is billed twice",
    guards: "A17, C1, P1",
    edits: [{
      file: BILL_CALL,
      find: `  const charge = earlier ??
    noCharge(`,
      replace: `  const charge = (earlier?.state === "parked" ? earlier : null) ??
    noCharge(`,
    }],
  },
  {
    name: "stale-adjust",
    breaks: "A call is adjusted from its row as it was first read, not as it is",
    guards: "D8",
    edits: [
      {
        file: BILL_DUE,
        find: `    const call = fresh ?? await batch.get<Call>(callKey(callId));`,
        replace: `    const name = \`\${callId} \${dueKey?.[2]}\`;
    const call = SEEN.get(name) ?? fresh ?? await batch.get<Call>(callKey(callId));
    if (call?.isFinal) SEEN.set(name, call);`,
      },
      {
        file: BILL_DUE,
        find: `const CALLS_PER_COMMIT = 100;`,
        replace: `const CALLS_PER_COMMIT = 100;
const SEEN = new Map<string, Call>();`,
      },
    ],
  },
  {
    name: "revision-unchecked",
    breaks: "An old picture of a call replaces what a later one was charged",
    guards: "C2, D10",
    edits: [{
      file: BILL_CALL,
      find: `  const isPast = charge.revision > call.revision;`,
      replace: `  const isPast = false;`,
    }],
  },
  {
    name: "due-unbilled",
    breaks: "A due mark goes before its call is billed",
    guards: "A2, P1",
    edits: [{
      file: BILL_DUE,
      find: `  const outcome = await changeWallet(deps, {`,
      replace: `  const deletes = items.flatMap(({ dueKey }) => dueKey ? [dueKey] : []);
  await deps.store.commit({ checks: [], puts: [], deletes });
  const outcome = await changeWallet(deps, {`,
    }],
  },
  {
    name: "free-twice",
    breaks: "An adjusted call takes its free minutes a second time",
    guards: "R4, P6",
    edits: [{
      file: PRICE_CALL,
      find:
        `  const usedSeconds = (pool?.usedSeconds ?? 0) - (charge.trace?.freeSecondsUsed ?? 0) +`,
      replace: `  const usedSeconds = (pool?.usedSeconds ?? 0) +`,
    }],
  },
  {
    name: "free-unlimited",
    breaks: "What other calls used of a month is not taken off its free minutes",
    guards: "R4, P6",
    edits: [{
      file: "core/rating/free_minutes.ts",
      find: `freeMinutesPerMonth * 60 - ((pool?.usedSeconds ?? 0) - ownSeconds)`,
      replace: `freeMinutesPerMonth * 60 - 0 * ((pool?.usedSeconds ?? 0) - ownSeconds)`,
    }],
  },
  {
    name: "month-by-arrival",
    breaks: "The month of free minutes is the one in which we heard of the call",
    guards: "C3, R5",
    edits: [{
      file: PRICE_CALL,
      find: `monthIn(call.startedAtMs, account.timezone)`,
      replace: `monthIn(call.learnedAtMs, account.timezone)`,
    }],
  },
  {
    name: "month-in-utc",
    breaks: "The month of free minutes is that of UTC, not of the customer's zone",
    guards: "R5",
    edits: [{
      file: PRICE_CALL,
      find: `monthIn(call.startedAtMs, account.timezone)`,
      replace: `monthIn(call.startedAtMs, "UTC")`,
    }],
  },
  {
    name: "round-down",
    breaks: "Prices lose what is below a micro-unit",
    guards: "R2",
    edits: [{
      file: "core/money.ts",
      find: `  const rounded = (size * 2n + denominator) / (denominator * 2n);`,
      replace: `  const rounded = size / denominator;`,
    }],
  },
  {
    name: "adjust-sign",
    breaks: "An adjustment has the wrong sign",
    guards: "D8, P3",
    edits: [{
      file: BILL_CALL,
      find: `      amountMicros: -differenceMicros,`,
      replace:
        `      amountMicros: charge.entries.length > 0 ? differenceMicros : -differenceMicros,`,
    }],
  },
  {
    name: "estimate-kept",
    breaks: "An exact cost does not make its call due: the estimate stands",
    guards: "D10, P1",
    edits: [{
      file: "core/billing/apply_cost.ts",
      find: `  if (after.accountId) {`,
      replace: `  if (after.accountId && before.costMicros !== null) {`,
    }],
  },
  {
    name: "empty-free",
    breaks: "No records yet are taken as records of nothing: the call is free",
    guards: "D21",
    edits: [{
      // By itself the comparison of the day would repair it, the night after.
      file: "cron/reconcile_telnyx.ts",
      find: `        ...await correct(deps, of("different")),`,
      replace: `        ...await correct(deps, of("none")),`,
    }, {
      file: "cron/fetch_telnyx_costs.ts",
      find: `  const records = read.records.get(sessionId) ?? [];`,
      replace: `  const records = read.records.get(sessionId) ?? [];
  if (records.length === 0 && call.isFinal) {
    const free = { costMicros: 0n, currency: "USD", rateText: null, billedSeconds: 0 };
    const cost = costOf({ call, exact: free as TelnyxRecordSum, nowMs });
    return { result: { status: "done", result: {} }, cost };
  }`,
    }],
  },
  {
    name: "currency-mixed",
    breaks: "A plan in one currency charges a wallet in another",
    guards: "D13",
    edits: [{
      file: PRICE_CALL,
      find: `  if (plan.currency !== account.currency) {`,
      replace: `  if (plan.currency === "") {`,
    }],
  },
  {
    name: "plan-by-arrival",
    breaks: "A call is priced by the plan that is in force when we hear of it",
    guards: "R7, R8",
    edits: [{
      file: PRICE_CALL,
      find: `versionAt(plan, call.startedAtMs)`,
      replace: `versionAt(plan, call.learnedAtMs)`,
    }],
  },
  {
    name: "dedupe-ttl",
    breaks: "A call and its charge are forgotten after 90 minutes",
    guards: "C8",
    edits: [
      {
        file: "core/usage/calls.ts",
        find: `  batch.set(callKey(after.id), after);`,
        replace: `  batch.set(callKey(after.id), after, { expireInMs: 5_400_000 });`,
      },
      {
        file: BILL_CALL,
        find: `  batch.set(chargeKey(call.id), billed);`,
        replace: `  batch.set(chargeKey(call.id), billed, { expireInMs: 5_400_000 });`,
      },
    ],
  },
  {
    name: "waiting-unlisted",
    breaks: "A call that waits for money is not listed where the money looks for it",
    guards: "R9, P1",
    edits: [{
      file: BILL_CALL,
      find: `  batch.set(callWaitingKey(accountId, call.startedAtMs, call.id), {});`,
      replace:
        `  batch.set(callWaitingKey(accountId, call.startedAtMs, call.id), {}, { expireInMs: 1 });`,
    }],
  },
  {
    name: "waiting-drift",
    breaks: "A call that no longer waits stays in the wallet's count of those that do",
    guards: "P9",
    edits: [{
      file: BILL_CALL,
      find: `  const waitingCount = wallet.waitingCount - 1;`,
      replace: `  const waitingCount = Math.max(1, wallet.waitingCount - 1);`,
    }],
  },
];
