/**
 * One step of a bill's payment, beneath its account's wallet: taken only from the state it was decided
 * on, told to people, and answered with the bill as it then stands.
 *
 * Goes to: `core/sms_billing/move_bill.ts`, `core/sms_billing/tell_of_bill.ts`,
 * `core/wallet/change_wallet.ts`.
 *
 * @module
 */
import type { Batch } from "../kv/batch.ts";
import { smsAccountKey, smsBillKey } from "../kv/keys.ts";
import { changeWallet } from "../wallet/change_wallet.ts";
import type { SmsBill } from "./bill.ts";
import type { SmsDeps } from "./deps.ts";
import { moveBill } from "./move_bill.ts";
import { readSmsTerms } from "./settings.ts";
import type { SippyGateway } from "./sippy_gateway.ts";
import { tellOfBill } from "./tell_of_bill.ts";

/** The doors of payments. */
export type PayDeps = SmsDeps & {
  /** Null while Sippy is not configured. */
  sippy: SippyGateway | null;
  /** How long an unanswered debit may still appear. */
  settleMs: number;
};

/** A step to take. */
export interface BillStep {
  /** As it was read. */
  bill: SmsBill;
  /** Whether the bill is still what the step was decided on; without one, nothing may have changed. */
  isExpected?: (now: SmsBill) => boolean;
  /** The bill after the step. */
  change: (now: SmsBill, atMs: number) => SmsBill;
  /** Rows that become true with it. */
  alongside?: (batch: Batch, after: SmsBill) => void;
}

/**
 * Takes the step, unless the bill has moved on; answers the bill either way.
 *
 * A step whose reply was lost is found taken: who must know whose it was looks for its own token.
 */
export async function changeBill(
  deps: PayDeps,
  { bill, isExpected = (now) => isUnmoved(now, bill), change, alongside }: BillStep,
): Promise<SmsBill> {
  const atMs = deps.clock.now();
  const { id, accountId } = bill;
  const outcome = await changeWallet(deps, {
    accountId,
    reads: [smsBillKey(id), smsAccountKey(accountId)],
    stage: async (batch) => {
      const before = (await batch.get<SmsBill>(smsBillKey(id)))!;
      if (!isExpected(before)) return { status: "ended" as const, bill: before };
      const after = change(before, atMs);
      const { effective: terms } = await readSmsTerms(batch, accountId);
      await moveBill(batch, { before, after });
      await tellOfBill(batch, { before, after, terms, atMs });
      alongside?.(batch, after);
      return { status: "ended" as const, bill: after };
    },
  });
  if (outcome.status !== "ended") throw new Error(`Cannot change bill ${id}: it has no wallet`);
  return outcome.bill;
}

/** Whether nobody has done anything about its payment since. */
export function isUnmoved(now: SmsBill, seen: SmsBill): boolean {
  return now.status === seen.status && now.attempts === seen.attempts &&
    now.sippy?.token === seen.sippy?.token && now.sippy?.state === seen.sippy?.state &&
    now.sippy?.lookups === seen.sippy?.lookups;
}

/** The bill once it is paid; a debit in it was made. */
export function paidBill(bill: SmsBill, atMs: number): SmsBill {
  const sippy = bill.sippy && { ...bill.sippy, state: "charged" as const };
  return { ...bill, status: "paid", failureReason: null, paidAtMs: atMs, sippy };
}

/** A reason as a bill keeps it: one line, not longer than people read. */
export function shortReason(text: string): string {
  // deno-lint-ignore no-control-regex
  return text.replace(/[\u0000-\u001f\u007f-\u009f]+/g, " ").slice(0, REASON_LENGTH_MAX)
    .toWellFormed();
}

const REASON_LENGTH_MAX = 200;
