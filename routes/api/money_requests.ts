/**
 * Money moved by hand: top-ups, refunds and adjustments, each once per Idempotency-Key.
 *
 * @module
 */
import { createHash } from "node:crypto";
import { type Context, Hono, type MiddlewareHandler } from "hono";
import { z } from "zod";
import { type MoneyRequest, moveMoney } from "../../core/billing/move_money.ts";
import { walletKey } from "../../core/kv/keys.ts";
import { formatMicros } from "../../core/money.ts";
import type { Wallet } from "../../core/wallet/wallet.ts";
import { DESCRIPTION_LENGTH_MAX } from "../../core/wallet/post_entry.ts";
import { type AppEnv, ownAccountId } from "../caller.ts";
import type { AppDeps } from "../deps.ts";
import { doc, valid } from "../openapi.ts";
import { refuse } from "../outcomes.ts";
import { problem } from "../problem.ts";
import { releaseSoon } from "./run_soon.ts";
import { amountField, idParam, positiveAmountField } from "./shapes/fields.ts";
import { postedShape, showEntry, showWallet } from "./shapes/wallet.ts";

const idempotencyKey = z.string().regex(/^[\x20-\x7e]{1,255}$/);
const keyHeader = z.object({
  "idempotency-key": idempotencyKey.meta({ description: "Fresh per payment, the same on repeat" }),
});

const requestOf = (amount: z.ZodType<bigint, string>) =>
  z.strictObject({
    amount: amount.meta({ example: "25.00" }),
    currency: z.string().optional().meta({ description: "If given, must be the wallet's" }),
    description: z.string().trim().max(DESCRIPTION_LENGTH_MAX).optional(),
    reference: z.string().trim().max(200).optional(),
  });
const positiveRequest = requestOf(positiveAmountField).meta({ id: "MoneyRequest" });
const signedRequest = requestOf(
  amountField.refine((micros) => micros !== 0n, "must not be 0"),
).meta({ id: "AdjustmentRequest" });

type Body = z.output<typeof positiveRequest>;

const KINDS = [
  { noun: "top-ups", kind: "top_up", words: "Top-up", schema: positiveRequest },
  { noun: "refunds", kind: "refund", words: "Refund", schema: positiveRequest },
  { noun: "adjustments", kind: "adjustment", words: "Adjustment", schema: signedRequest },
] as const;

/** `/api/v1/accounts/:id/top-ups`, `/refunds`, `/adjustments`. */
export function moneyRequestRoutes(deps: AppDeps): Hono<AppEnv> {
  const app = new Hono<AppEnv>();
  for (const { noun, kind, words, schema } of KINDS) {
    app.post(
      `/accounts/:id/${noun}`,
      doc({
        summary: `${words}: one entry in the wallet`,
        description: "Repeating with the same key answers the same, with Idempotency-Replayed: " +
          "true. A refusal leaves the key free. What waited for the money is billed at once.",
        tags: ["money"],
        responses: { 201: { description: "Posted", schema: postedShape } },
      }),
      requireKey,
      valid("param", z.object({ id: idParam })),
      valid("header", keyHeader),
      valid("json", schema),
      (c) =>
        postMoney(c, {
          deps,
          accountId: c.req.valid("param").id,
          idempotencyKey: c.req.valid("header")["idempotency-key"],
          asked: { noun, kind, words },
          body: c.req.valid("json"),
        }),
    );
  }
  return app;
}

const requireKey: MiddlewareHandler<AppEnv> = async (c, next) => {
  const key = c.req.header("idempotency-key");
  if (idempotencyKey.safeParse(key).success) return await next();
  const detail = key === undefined
    ? undefined
    : "The key must be 1 to 255 printable ASCII letters.";
  return problem(c, { code: "missing_idempotency_key", detail });
};

async function postMoney(
  c: Context<AppEnv>,
  { deps, accountId, idempotencyKey, asked, body }: {
    deps: AppDeps;
    accountId: string;
    idempotencyKey: string;
    asked: { noun: string; kind: MoneyRequest["kind"]; words: string };
    body: Body;
  },
): Promise<Response> {
  const wallet = await deps.store.get<Wallet>(walletKey(accountId));
  if (!wallet) return problem(c, { code: "account_not_found" });
  const { currency } = wallet.value;
  if (body.currency !== undefined && body.currency !== currency) {
    return problem(c, {
      code: "currency_mismatch",
      errors: [{ pointer: "/currency", detail: `must be ${currency}, the wallet's currency` }],
    });
  }
  const caller = c.var.caller!;
  const outcome = await moveMoney(deps, {
    kind: asked.kind,
    accountId,
    amountMicros: body.amount,
    description: body.description || asked.words,
    reference: body.reference || null,
    caller: ownAccountId(caller) ?? "admin",
    idempotencyKey,
    fingerprint: fingerprintOf({ path: `/api/v1/accounts/${accountId}/${asked.noun}`, body }),
    requestId: deps.ids.id(),
    actor: caller.actor,
  });
  if (outcome.status === "insufficient_funds") {
    const detail = `${formatMicros(outcome.availableMicros)} ${currency} are available.`;
    return refuse(c, outcome, { detail });
  }
  if (outcome.status === "balance_out_of_range") {
    const detail = "would take the balance out of range";
    return refuse(c, outcome, { errors: [{ pointer: "/amount", detail }] });
  }
  if (!("entry" in outcome)) return refuse(c, outcome);
  const { entry, view } = outcome;
  await releaseSoon(deps, view.wallet);
  return c.json(
    { entry: showEntry(entry, currency), wallet: showWallet(view) },
    201,
    outcome.status === "already_posted" ? { "idempotency-replayed": "true" } : {},
  );
}

/** SHA-256 over method, path and what the body says, however it is written down. */
function fingerprintOf({ path, body }: { path: string; body: Body }): string {
  const { amount, currency, description, reference } = body;
  const said = [formatMicros(amount), currency ?? null, description ?? null, reference ?? null];
  return createHash("sha256").update(JSON.stringify(["POST", path, ...said])).digest("hex");
}
