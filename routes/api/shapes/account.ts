/**
 * Accounts, their numbers and their API keys as the API shows them.
 *
 * @module
 */
import { z } from "zod";
import { type Account, ACCOUNT_STATUSES } from "../../../core/accounts/account.ts";
import type { ApiKey } from "../../../core/accounts/api_keys.ts";
import type { Holding } from "../../../core/accounts/numbers.ts";
import { formatInstant } from "../../../core/clock.ts";
import { instantShape } from "./fields.ts";

/** An account. Its own Bland key is never shown, only that there is one. */
export const accountShape = z.object({
  id: z.string(),
  name: z.string(),
  email: z.string().nullable(),
  status: z.enum(ACCOUNT_STATUSES),
  currency: z.string(),
  timezone: z.string(),
  sippyAccountId: z.int().nullable(),
  hasBlandKey: z.boolean(),
  ratePlans: z.record(z.string(), z.string())
    .meta({ description: "Plans by service, where they differ from the defaults" }),
  createdAt: instantShape,
}).meta({ id: "Account" });

/** See {@link accountShape}. */
export function showAccount(account: Account): z.infer<typeof accountShape> {
  return {
    id: account.id,
    name: account.name,
    email: account.email,
    status: account.status,
    currency: account.currency,
    timezone: account.timezone,
    sippyAccountId: account.sippyAccountId,
    hasBlandKey: account.hasBlandKey,
    ratePlans: account.ratePlans,
    createdAt: formatInstant(account.createdAtMs),
  };
}

/** A number that an account holds or held. */
export const numberShape = z.object({
  number: z.string(),
  carrier: z.string().nullable().meta({ description: "Null: at every carrier" }),
  accountId: z.string(),
  from: instantShape,
  to: instantShape.nullable().meta({ description: "Null: still held" }),
}).meta({ id: "NumberHolding" });

/** See {@link numberShape}. */
export function showNumber(
  { number, holding }: { number: string; holding: Holding },
): z.infer<typeof numberShape> {
  return {
    number,
    carrier: holding.carrier,
    accountId: holding.accountId,
    from: formatInstant(holding.fromMs),
    to: holding.toMs === null ? null : formatInstant(holding.toMs),
  };
}

/** An API key of an account; the key itself is shown once, when it is made. */
export const apiKeyShape = z.object({
  id: z.string(),
  name: z.string(),
  prefix: z.string(),
  createdAt: instantShape,
  revokedAt: instantShape.nullable(),
}).meta({ id: "ApiKey" });

/** A key that has just been made. */
export const madeApiKeyShape = apiKeyShape.extend({ key: z.string() }).meta({ id: "MadeApiKey" });

/** See {@link apiKeyShape}. */
export function showApiKey(apiKey: ApiKey): z.infer<typeof apiKeyShape> {
  return {
    id: apiKey.id,
    name: apiKey.name,
    prefix: apiKey.prefix,
    createdAt: formatInstant(apiKey.createdAtMs),
    revokedAt: apiKey.revokedAtMs === null ? null : formatInstant(apiKey.revokedAtMs),
  };
}
