/**
 * Closes the bills whose boundary has come: the oldest first, each wallet in one commit.
 *
 * What is due is found by the boundaries themselves, so a missed run is caught up, a repeated one finds
 * nothing, and the work grows with bills, never with accounts or messages.
 *
 * Goes to: `core/sms_billing/close_bill.ts`, `core/wallet/change_wallet.ts`.
 *
 * @module
 */
import type { Batch } from "../kv/batch.ts";
import {
  type Key,
  smsAccountKey,
  smsAccountSettingsKey,
  smsBillDuePrefix,
  smsBillKey,
  smsBillThresholdPrefix,
  smsSettingsKey,
  timePart,
} from "../kv/keys.ts";
import { formatMicros } from "../money.ts";
import { changeWallet } from "../wallet/change_wallet.ts";
import { payableMicros, type SmsBill } from "./bill.ts";
import { closeBill, getBill } from "./close_bill.ts";
import type { SmsDeps } from "./deps.ts";
import { isThresholdReached } from "./limits.ts";
import { readSmsTerms, type SmsFrequency } from "./settings.ts";

/** The kind of the job that runs a cycle for a person; its unique name is the frequency. */
export const SMS_CYCLE_JOB = "close_sms_bills";

/** What a cycle came to. */
export interface CycleTally {
  /** Bills closed. */
  created: number;
  /** Of those, payments that were begun. */
  processed: number;
  /** Of those, paid by now. */
  paid: number;
  /** Of those, refused. */
  failed: number;
  /** Accounts whose bills could not be closed; they are tried again by the next run. */
  stuck: number;
}

/** Which bills, and for how long. */
export interface CycleRequest {
  /** Only bills that are closed so; all when left out. */
  frequency?: SmsFrequency | undefined;
  /** Who. */
  actor: string;
  /** No page of bills is begun later than this. */
  untilMs: number;
  /** Hears how many accounts are done. */
  report?: (done: number) => Promise<void>;
}

/** Wallets side by side. */
const WALLETS_AT_ONCE = 16;
/** Bills of one wallet closed by one commit. */
const BILLS_PER_COMMIT = 20;

/** Closes what is due now, and pays it where the terms say so. */
export async function closeDueBills(deps: SmsDeps, request: CycleRequest): Promise<CycleTally> {
  const tally: CycleTally = { created: 0, processed: 0, paid: 0, failed: 0, stuck: 0 };
  const range = request.frequency === "threshold"
    ? { prefix: smsBillThresholdPrefix }
    : { prefix: smsBillDuePrefix, until: [...smsBillDuePrefix, timePart(deps.clock.now() + 1)] };
  const place = range.prefix.length + ("until" in range ? 1 : 0);
  let after: Key | undefined;
  let done = 0;
  while (deps.clock.now() < request.untilMs) {
    const rows = await deps.store.list<object>({ ...range, ...(after ? { after } : {}) });
    if (rows.length === 0) break;
    after = rows.at(-1)!.key;
    const byAccount = Map.groupBy(rows.map(({ key }) => key), (key) => key[place]!);
    await closePage(deps, { byAccount, place, request, tally });
    await request.report?.(done += byAccount.size);
  }
  summarize(deps, { request, tally });
  return tally;
}

async function closePage(
  deps: SmsDeps,
  { byAccount, place, request, tally }: {
    byAccount: Map<string, Key[]>;
    place: number;
    request: CycleRequest;
    tally: CycleTally;
  },
): Promise<void> {
  const accounts = byAccount.entries();
  async function closeNext(): Promise<void> {
    // The workers draw from one iterator, so that none waits for the slowest of a round.
    for (const [accountId, keys] of accounts) {
      const billIds = keys.map((key) => key[place + 1]!);
      try {
        for (let i = 0; i < billIds.length; i += BILLS_PER_COMMIT) {
          const part = billIds.slice(i, i + BILLS_PER_COMMIT);
          tellBills(deps, await closeOf(deps, { accountId, billIds: part, request }), tally);
        }
      } catch (error) {
        // One wallet that cannot be billed must not hold up the others.
        tally.stuck++;
        deps.log("error", "Failed to process SMS billing", { account: accountId, error });
      }
    }
  }
  await Promise.all(Array.from({ length: WALLETS_AT_ONCE }, closeNext));
}

/** Closes bills of one account; answers those that were closed, as they stand now. */
async function closeOf(
  deps: SmsDeps,
  { accountId, billIds, request }: { accountId: string; billIds: string[]; request: CycleRequest },
): Promise<SmsBill[]> {
  const atMs = deps.clock.now();
  const outcome = await changeWallet(deps, {
    accountId,
    reads: [
      smsAccountKey(accountId),
      smsAccountSettingsKey(accountId),
      smsSettingsKey,
      ...billIds.map(smsBillKey),
    ],
    stage: async (batch) => ({
      status: "closed" as const,
      bills: await stageClosing(batch, { deps, accountId, billIds, request, atMs }),
    }),
  });
  if (outcome.status !== "closed") {
    throw new Error(`Cannot close bills: ${accountId} has no wallet`);
  }
  return outcome.bills;
}

async function stageClosing(
  batch: Batch,
  { deps, accountId, billIds, request, atMs }: {
    deps: SmsDeps;
    accountId: string;
    billIds: string[];
    request: CycleRequest;
    atMs: number;
  },
): Promise<SmsBill[]> {
  const { effective: terms } = await readSmsTerms(batch, accountId);
  const closed: SmsBill[] = [];
  for (const billId of billIds) {
    const bill = await getBill(batch, billId);
    if (bill?.status !== "open" || bill.frequency !== (request.frequency ?? bill.frequency)) {
      continue;
    }
    const periodEndMs = bill.periodEndMs ?? (isThresholdReached(bill, terms) ? atMs : null);
    if (periodEndMs === null || periodEndMs > atMs) continue;
    const { actor } = request;
    const newId = () => deps.ids.id();
    const after = await closeBill(batch, { bill, periodEndMs, terms, atMs, actor, newId });
    if (after) closed.push(after);
  }
  return closed;
}

function tellBills({ log }: SmsDeps, bills: SmsBill[], tally: CycleTally): void {
  for (const bill of bills) {
    const { id, accountId, status, failureReason, messageCount } = bill;
    tally.created++;
    if (bill.attempts > 0) tally.processed++;
    if (status === "paid") tally.paid++;
    if (status === "failed") tally.failed++;
    const amount = formatMicros(payableMicros(bill));
    log("info", "Processing SMS billing", { account: accountId, bill: id, messageCount, amount });
    if (status !== "failed") continue;
    log("warn", "Failed to process SMS billing", { bill: id, reason: failureReason });
  }
}

function summarize(
  { log }: SmsDeps,
  { request, tally }: { request: CycleRequest; tally: CycleTally },
): void {
  if (tally.created + tally.stuck === 0) return;
  log("info", "SMS Billing Process Summary", { type: request.frequency ?? "due", ...tally });
}
