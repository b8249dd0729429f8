/**
 * Gives unassigned calls their owner once somebody has assigned a number or opened an account.
 *
 * The job is staged in the commit that makes the claim possible, so it happens even if the process
 * dies right after; whoever made the change also runs it at once.
 *
 * Goes to: `core/billing/record_calls.ts`, `core/billing/record_messages.ts`,
 * `core/billing/bill_due.ts`.
 *
 * @module
 */
import {
  type AssignOutcome,
  type Holding,
  type NumberRow,
  stageHolding,
  stageNumberRelease,
} from "../accounts/numbers.ts";
import { recordAudit } from "../audit/audit.ts";
import { formatInstant } from "../clock.ts";
import { stageJob } from "../jobs/job.ts";
import type { Batch } from "../kv/batch.ts";
import {
  auditKey,
  intakeKey,
  jobByUniqueKey,
  type Key,
  numberKey,
  unassignedCallPrefix,
  unassignedMessagePrefix,
} from "../kv/keys.ts";
import { everyRow } from "../kv/page.ts";
import { billDue, type BillingDeps, type BillTally } from "./bill_due.ts";
import { rateDueMessages } from "./rate_messages.ts";
import { stageClaim } from "./record_calls.ts";
import { stageMessageClaim } from "./record_messages.ts";

/** The kind of the job that settles a claim; its unique name is the number, or the account's claim. */
export const CLAIM_JOB = "claim_calls";
/** Calls given their owner by one commit. */
const CALLS_PER_COMMIT = 60;

/** Stages the job that will give a claim its calls. */
export function stageClaimJob(
  batch: Batch,
  { id, claim, atMs }: { id: string; claim: string; atMs: number },
): Promise<string> {
  return stageJob(batch, { id, kind: CLAIM_JOB, unique: claim, dueAtMs: atMs, atMs });
}

/** Assigns a number from an instant on; usage since then that nobody owned becomes the account's. */
export function assignNumber(
  deps: BillingDeps,
  { number, holding, actor }: { number: string; holding: Holding; actor: string },
): Promise<AssignOutcome & { claimJobId?: string }> {
  const atMs = deps.clock.now();
  const [auditId, jobId] = [deps.ids.id(), deps.ids.id()];
  return deps.gates.change<AssignOutcome & { claimJobId?: string }>({
    gate: numberKey(number),
    stage: async (batch) => {
      const outcome = await stageHolding(batch, { number, holding, touchedBy: auditId });
      // A record under the id of this very call: it was committed, and only the reply was lost.
      if (outcome.status === "number_already_assigned" && await batch.get(auditKey(auditId))) {
        const job = await batch.get<{ id: string }>(jobByUniqueKey(CLAIM_JOB, number));
        return { ...outcome, status: "number_assigned", claimJobId: job!.id };
      }
      if (outcome.status !== "number_assigned") return outcome;
      recordAudit(batch, {
        id: auditId,
        atMs,
        actor,
        action: "number_assigned",
        subject: number,
        detail: `to ${holding.accountId} from ${formatInstant(holding.fromMs)}`,
      });
      return {
        ...outcome,
        claimJobId: await stageClaimJob(batch, { id: jobId, claim: number, atMs }),
      };
    },
  });
}

/** Ends an account's holding of a number now; usage that started earlier stays the account's. */
export function releaseNumber(
  deps: BillingDeps,
  { number, accountId, actor }: { number: string; accountId: string; actor: string },
): Promise<{ status: "number_released"; holding: Holding } | { status: "number_not_held" }> {
  const atMs = deps.clock.now();
  const auditId = deps.ids.id();
  return deps.gates.change({
    gate: numberKey(number),
    stage: async (batch) => {
      const outcome = await stageNumberRelease(batch, {
        number,
        accountId,
        atMs,
        touchedBy: auditId,
      });
      // A record under the id of this very call: it was committed, and only the reply was lost.
      if (outcome.status === "number_not_held" && await batch.get(auditKey(auditId))) {
        const row = await batch.get<NumberRow>(numberKey(number));
        const holding = row?.holdings.findLast((one) => one.accountId === accountId);
        if (holding) return { status: "number_released", holding };
      }
      if (outcome.status === "number_released") {
        recordAudit(batch, {
          id: auditId,
          atMs,
          actor,
          action: "number_released",
          subject: number,
          detail: accountId,
        });
      }
      return outcome;
    },
  });
}

/** Gives every unassigned call and message of a claim its owner; bills the calls, rates the messages. */
export async function claimCalls(
  deps: BillingDeps,
  { claim, actor }: { claim: string; actor: string },
): Promise<BillTally & { claimed: number }> {
  const calls = await claimEach(deps, { prefix: unassignedCallPrefix(claim), stage: stageClaim });
  const messages = await claimEach(deps, {
    prefix: unassignedMessagePrefix(claim),
    stage: stageMessageClaim,
  });
  const nothing: BillTally = { billed: [], adjusted: [], waiting: [], parked: [] };
  const billed = calls > 0 ? await billDue(deps, { actor }) : nothing;
  if (messages > 0) await rateDueMessages(deps);
  return { ...billed, claimed: calls + messages };
}

async function claimEach(
  deps: BillingDeps,
  { prefix, stage }: { prefix: Key; stage: (batch: Batch, id: string) => Promise<boolean> },
): Promise<number> {
  const ids: string[] = [];
  for await (const { key } of everyRow<object>(deps.store, { prefix })) ids.push(key[3]!);
  let count = 0;
  for (const [carrier, ofCarrier] of Map.groupBy(ids, (id) => id.slice(0, id.indexOf(":")))) {
    for (let i = 0; i < ofCarrier.length; i += CALLS_PER_COMMIT) {
      const part = ofCarrier.slice(i, i + CALLS_PER_COMMIT);
      count += await deps.gates.change({
        gate: intakeKey(carrier),
        stage: async (batch) => {
          let claimed = 0;
          for (const id of part) if (await stage(batch, id)) claimed++;
          return claimed;
        },
      });
    }
  }
  return count;
}
