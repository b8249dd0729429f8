/**
 * The balance of a wallet, now or at any instant in the past.
 *
 * @module
 */
import { Hono } from "hono";
import { z } from "zod";
import { formatInstant } from "../../core/clock.ts";
import { walletKey } from "../../core/kv/keys.ts";
import { formatMoney } from "../../core/money.ts";
import { getBalanceAt } from "../../core/wallet/read_entries.ts";
import type { Wallet } from "../../core/wallet/wallet.ts";
import type { AppEnv } from "../caller.ts";
import type { AppDeps } from "../deps.ts";
import { doc, valid } from "../openapi.ts";
import { problem } from "../problem.ts";
import { idParam, instantField, instantShape, moneyShape } from "./shapes/fields.ts";

const balanceShape = z.object({
  accountId: z.string(),
  at: instantShape,
  balance: moneyShape,
  held: moneyShape.optional().meta({ description: "Only without `at`" }),
  entrySeq: z.int().meta({ description: "The last entry by then; 0 before the first" }),
}).meta({ id: "Balance" });

/** `/api/v1/accounts/:id/balance`. */
export function balanceRoutes(deps: AppDeps): Hono<AppEnv> {
  return new Hono<AppEnv>().get(
    "/accounts/:id/balance",
    doc({
      summary: "Read the balance, now or at an instant",
      tags: ["wallets"],
      responses: { 200: { description: "The balance", schema: balanceShape } },
    }),
    valid("param", z.object({ id: idParam })),
    valid("query", z.strictObject({ at: instantField.optional() })),
    async (c) => {
      const accountId = c.req.valid("param").id;
      const { at } = c.req.valid("query");
      const shown = at === undefined
        ? await showBalanceNow(deps, accountId)
        : await showBalanceAt(deps, { accountId, atMs: at });
      return shown ? c.json(shown) : problem(c, { code: "account_not_found" });
    },
  );
}

type Shown = z.infer<typeof balanceShape>;

/** From the wallet itself: an entry may bear the time of another machine, ahead of ours. */
async function showBalanceNow(deps: AppDeps, accountId: string): Promise<Shown | null> {
  const wallet = (await deps.store.get<Wallet>(walletKey(accountId)))?.value;
  return wallet
    ? {
      accountId,
      at: formatInstant(Math.max(deps.clock.now(), wallet.lastEntryAtMs)),
      balance: formatMoney(wallet.balanceMicros, wallet.currency),
      held: formatMoney(wallet.heldMicros, wallet.currency),
      entrySeq: wallet.entryCount,
    }
    : null;
}

async function showBalanceAt(
  deps: AppDeps,
  { accountId, atMs }: { accountId: string; atMs: number },
): Promise<Shown | null> {
  const found = await getBalanceAt(deps.store, { accountId, atMs });
  return found && {
    accountId,
    at: formatInstant(atMs),
    balance: formatMoney(found.balanceMicros, found.wallet.currency),
    entrySeq: found.seq,
  };
}
