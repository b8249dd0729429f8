/**
 * Money moved by hand, exactly once per Idempotency-Key; what waited for it is billed at once.
 *
 * The stored request is the guard: written in the commit of its entry, never expiring, holding the
 * answer. A refused request stores nothing, so its key stays free.
 *
 * Goes to: `core/wallet/post_entry.ts`, `core/billing/bill_due.ts`, `core/sms_billing/fund_bills.ts`.
 *
 * @module
 */
import type { Account } from "../accounts/account.ts";
import { recordAudit } from "../audit/audit.ts";
import { type Batch, openBatch } from "../kv/batch.ts";
import { accountKey, entryKey, moneyRequestKey, walletKey } from "../kv/keys.ts";
import { formatMicros } from "../money.ts";
import { stageFundedBills } from "../sms_billing/fund_bills.ts";
import { changeWallet } from "../wallet/change_wallet.ts";
import type { Entry } from "../wallet/entry.ts";
import { postEntry, type PostOutcome } from "../wallet/post_entry.ts";
import type { Wallet } from "../wallet/wallet.ts";
import { type BillingDeps, stageRelease } from "./bill_due.ts";
import { type FreeMinutesView, listFreeMinutes } from "./free_minutes_view.ts";

/** A request to move money. Top-ups and refunds add to the wallet; an adjustment is signed. */
export interface MoneyRequest {
  /** What its entry will be. */
  kind: "top_up" | "refund" | "adjustment";
  /** Whose wallet. */
  accountId: string;
  /** In the wallet's currency, never zero; only an adjustment may be negative. */
  amountMicros: bigint;
  /** For the statement. */
  description: string;
  /** The caller's own, kept in the entry's metadata; null for none. */
  reference: string | null;
  /** Whose key it is: keys of different callers never meet. */
  caller: string;
  /** As the caller sent it; 1 to 255 printable ASCII characters. */
  idempotencyKey: string;
  /** Hash over what was asked: the same key with another one is refused. */
  fingerprint: string;
  /** Fresh for each arrival, so that our own lost reply is told from a repeat. */
  requestId: string;
  /** Kept in the entry and the audit record. */
  actor: string;
}

/** A wallet with the free minutes of the month; in an answer, as its request left them. */
export interface WalletView {
  /** Its row. */
  wallet: Wallet;
  /** One pool for each service whose plan has any. */
  freeMinutes: FreeMinutesView[];
}

/** The guard row: what the request became. */
export interface StoredMoneyRequest extends WalletView {
  /** See {@link MoneyRequest.fingerprint}. */
  fingerprint: string;
  /** Of the arrival that posted. */
  requestId: string;
  /** Whose entry it is. */
  accountId: string;
  /** The number of its entry. */
  seq: number;
}

/** Done (perhaps before), or why not. */
export type MoneyOutcome =
  | { status: "posted" | "already_posted"; entry: Entry; view: WalletView }
  | { status: "key_reused" }
  | Exclude<PostOutcome, { status: "posted" }>;

/** Posts the entry, its guard and its audit record, and bills what waits, in one commit. */
export function moveMoney(deps: BillingDeps, request: MoneyRequest): Promise<MoneyOutcome> {
  const atMs = deps.clock.now();
  const jobId = deps.ids.id();
  return changeWallet<MoneyOutcome>(deps, {
    accountId: request.accountId,
    reads: [moneyRequestKey(request.caller, request.idempotencyKey), accountKey(request.accountId)],
    stage: async (batch) => {
      const earlier = await batch.getChecked<StoredMoneyRequest>(
        moneyRequestKey(request.caller, request.idempotencyKey),
      );
      if (earlier) return await answerEarlier(batch, { earlier, request });
      return await stageMoney(batch, { request, atMs, jobId });
    },
  });
}

async function stageMoney(
  batch: Batch,
  { request, atMs, jobId }: { request: MoneyRequest; atMs: number; jobId: string },
): Promise<MoneyOutcome> {
  const { kind, accountId, amountMicros, description, reference, actor, requestId, fingerprint } =
    request;
  const posted = await postEntry(batch, {
    accountId,
    kind,
    amountMicros,
    source: { type: "request", id: requestId },
    description,
    atMs,
    actor,
    metadata: reference === null ? {} : { reference },
  });
  if (posted.status !== "posted") return posted;
  if (amountMicros > 0n) {
    await stageRelease(batch, { accountId, atMs, actor, jobId });
    await stageFundedBills(batch, { accountId, atMs, actor });
  }
  recordAudit(batch, {
    id: requestId,
    atMs,
    actor,
    action: kind,
    subject: accountId,
    detail: `${formatMicros(amountMicros)} ${posted.wallet.currency}: ${posted.entry.description}`,
  });
  const view = await viewWallet(batch, { accountId, atMs });
  const guard: StoredMoneyRequest = {
    fingerprint,
    requestId,
    accountId,
    seq: posted.entry.seq,
    ...view,
  };
  batch.set(moneyRequestKey(request.caller, request.idempotencyKey), guard);
  return { status: "posted", entry: posted.entry, view };
}

async function answerEarlier(
  batch: Batch,
  { earlier, request }: { earlier: StoredMoneyRequest; request: MoneyRequest },
): Promise<MoneyOutcome> {
  if (earlier.fingerprint !== request.fingerprint) return { status: "key_reused" };
  const entry = await batch.get<Entry>(entryKey(earlier.accountId, earlier.seq));
  if (!entry) throw new Error(`Cannot answer a repeated request: entry ${earlier.seq} is missing`);
  const status = earlier.requestId === request.requestId ? "posted" : "already_posted";
  return { status, entry, view: { wallet: earlier.wallet, freeMinutes: earlier.freeMinutes } };
}

async function viewWallet(
  batch: Pick<Batch, "get" | "getMany">,
  { accountId, atMs }: { accountId: string; atMs: number },
): Promise<WalletView> {
  const account = await batch.get<Account>(accountKey(accountId));
  const wallet = await batch.get<Wallet>(walletKey(accountId));
  if (!account || !wallet) {
    throw new Error(`Cannot show the wallet of ${accountId}: a row is missing`);
  }
  return { wallet, freeMinutes: await listFreeMinutes(batch, { account, atMs }) };
}

/** A wallet with its free minutes and its stamp for `ETag`; null when there is no such account. */
export async function getWalletView(
  deps: Pick<BillingDeps, "store" | "clock">,
  accountId: string,
): Promise<WalletView & { versionstamp: string } | null> {
  const row = await deps.store.get<Wallet>(walletKey(accountId));
  if (!row) return null;
  const view = await viewWallet(openBatch(deps.store), { accountId, atMs: deps.clock.now() });
  return { ...view, wallet: row.value, versionstamp: row.versionstamp };
}
