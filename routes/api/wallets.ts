/**
 * Wallets: an account's money, and the settings that say how far it may be spent.
 *
 * @module
 */
import { type Context, Hono } from "hono";
import { z } from "zod";
import { getWalletView } from "../../core/billing/move_money.ts";
import { describe, setWallet } from "../../core/billing/set_wallet.ts";
import type { Wallet } from "../../core/wallet/wallet.ts";
import type { AppEnv } from "../caller.ts";
import type { AppDeps } from "../deps.ts";
import { doc, valid } from "../openapi.ts";
import { refuse } from "../outcomes.ts";
import { problem } from "../problem.ts";
import { releaseSoon } from "./run_soon.ts";
import { etagOf, namesEtag } from "./shapes/etag.ts";
import { amountFromZeroField, idParam } from "./shapes/fields.ts";
import { POLICIES, showWallet, walletShape } from "./shapes/wallet.ts";

const walletChange = z.strictObject({
  creditLimit: amountFromZeroField.optional().meta({ example: "1.00" }),
  policy: z.enum(POLICIES).optional(),
  lowBalanceThresholds: z.array(amountFromZeroField).max(20).optional()
    .meta({ description: "One notice goes out each time the balance passes one downwards" }),
}).meta({ id: "WalletChange" });

/** `/api/v1/accounts/:id/wallet`. */
export function walletRoutes(deps: AppDeps): Hono<AppEnv> {
  return new Hono<AppEnv>()
    .get(
      "/accounts/:id/wallet",
      doc({
        summary: "Read a wallet",
        description: "The ETag stands for the settings; charges do not change it.",
        tags: ["wallets"],
        responses: { 200: { description: "The wallet", schema: walletShape } },
      }),
      valid("param", z.object({ id: idParam })),
      (c) => answerWallet(c, { deps, id: c.req.valid("param").id }),
    )
    .patch(
      "/accounts/:id/wallet",
      doc({
        summary: "Change the settings of a wallet",
        description:
          "Needs If-Match with the ETag of the settings in view. What waited for money " +
          "and now may be charged is billed at once.",
        tags: ["wallets"],
        responses: { 200: { description: "As it is now", schema: walletShape } },
      }),
      valid("param", z.object({ id: idParam })),
      valid("json", walletChange),
      (c) => patchWallet(c, { deps, id: c.req.valid("param").id, body: c.req.valid("json") }),
    );
}

async function patchWallet(
  c: Context<AppEnv>,
  { deps, id, body }: { deps: AppDeps; id: string; body: z.output<typeof walletChange> },
): Promise<Response> {
  const ifMatch = c.req.header("if-match");
  if (ifMatch === undefined) return problem(c, { code: "precondition_required" });
  const outcome = await setWallet(deps, {
    accountId: id,
    settings: {
      creditLimitMicros: body.creditLimit,
      policy: body.policy,
      lowBalanceThresholdsMicros: body.lowBalanceThresholds && ordered(body.lowBalanceThresholds),
    },
    isExpected: (wallet) => namesEtag(ifMatch, settingsEtag(wallet)),
    actor: c.var.caller!.actor,
  });
  if (outcome.status !== "wallet_changed") return refuse(c, outcome);
  await releaseSoon(deps, outcome.wallet);
  return await answerWallet(c, { deps, id });
}

async function answerWallet(
  c: Context<AppEnv>,
  { deps, id }: { deps: AppDeps; id: string },
): Promise<Response> {
  const view = await getWalletView(deps, id);
  if (!view) return problem(c, { code: "account_not_found" });
  return c.json(showWallet(view), 200, { etag: settingsEtag(view.wallet) });
}

const settingsEtag = (wallet: Wallet): string => etagOf(describe(wallet));

/** Thresholds from the highest down, each once: their order says nothing, so it changes no ETag. */
function ordered(thresholdsMicros: bigint[]): bigint[] {
  return [...new Set(thresholdsMicros)].sort((a, b) => (a < b ? 1 : -1));
}
