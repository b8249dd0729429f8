/**
 * Wallets and their entries as the API shows them.
 *
 * @module
 */
import { z } from "zod";
import type { WalletView } from "../../../core/billing/move_money.ts";
import { formatInstant } from "../../../core/clock.ts";
import { formatMoney } from "../../../core/money.ts";
import { type Entry, ENTRY_KINDS } from "../../../core/wallet/entry.ts";
import { availableMicros } from "../../../core/wallet/wallet.ts";
import { instantShape, moneyShape } from "./fields.ts";

/** What happens to a charge that the money does not cover. */
export const POLICIES = ["wait", "overdraw"] as const;

/** A wallet: three figures of money, its settings, and what the month has left. */
export const walletShape = z.object({
  accountId: z.string(),
  currency: z.string(),
  balance: moneyShape.meta({ description: "The sum of all entries" }),
  held: moneyShape.meta({ description: "Money set aside by open holds" }),
  available: moneyShape.meta({ description: "balance - held + creditLimit" }),
  creditLimit: moneyShape,
  policy: z.enum(POLICIES),
  lowBalanceThresholds: z.array(moneyShape),
  totalMinutesUsed: z.int().meta({ description: "Minutes billed so far, a started one whole" }),
  freeMinutes: z.array(z.object({
    service: z.string(),
    month: z.string().meta({ example: "2026-11" }),
    used: z.int(),
    total: z.int(),
  })),
}).meta({ id: "Wallet" });

/** See {@link walletShape}. */
export function showWallet({ wallet, freeMinutes }: WalletView): z.infer<typeof walletShape> {
  const money = (micros: bigint) => formatMoney(micros, wallet.currency);
  return {
    accountId: wallet.accountId,
    currency: wallet.currency,
    balance: money(wallet.balanceMicros),
    held: money(wallet.heldMicros),
    available: money(availableMicros(wallet)),
    creditLimit: money(wallet.creditLimitMicros),
    policy: wallet.policy,
    lowBalanceThresholds: wallet.lowBalanceThresholdsMicros.map(money),
    totalMinutesUsed: Math.ceil(wallet.billedSecondsTotal / 60),
    freeMinutes: freeMinutes.map(({ service, month, used, total }) => ({
      service,
      month,
      used,
      total,
    })),
  };
}

/** One line of a ledger, with everything its seal covers. */
export const entryShape = z.object({
  seq: z.int(),
  kind: z.enum(ENTRY_KINDS),
  amount: moneyShape,
  balanceAfter: moneyShape,
  source: z.object({
    type: z.enum(["call", "message", "bill", "entry", "request"]),
    id: z.string(),
  }),
  description: z.string(),
  at: instantShape,
  actor: z.string(),
  metadata: z.record(z.string(), z.string()),
  prevHash: z.string(),
  hash: z.string(),
}).meta({ id: "Entry" });

/** See {@link entryShape}. */
export function showEntry(entry: Entry, currency: string): z.infer<typeof entryShape> {
  return {
    seq: entry.seq,
    kind: entry.kind,
    amount: formatMoney(entry.amountMicros, currency),
    balanceAfter: formatMoney(entry.balanceAfterMicros, currency),
    source: { type: entry.source.type, id: entry.source.id },
    description: entry.description,
    at: formatInstant(entry.atMs),
    actor: entry.actor,
    metadata: entry.metadata,
    prevHash: entry.prevHash,
    hash: entry.hash,
  };
}

/** What a top-up, refund or adjustment answers. */
export const postedShape = z.object({ entry: entryShape, wallet: walletShape })
  .meta({ id: "PostedEntry" });
