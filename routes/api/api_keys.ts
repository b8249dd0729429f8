/**
 * API keys of an account's own programs.
 *
 * @module
 */
import { Hono } from "hono";
import { z } from "zod";
import { listApiKeys, makeApiKey, revokeApiKey } from "../../core/accounts/api_keys.ts";
import { accountKey } from "../../core/kv/keys.ts";
import type { AppEnv } from "../caller.ts";
import type { AppDeps } from "../deps.ts";
import { doc, valid } from "../openapi.ts";
import { refuse } from "../outcomes.ts";
import { problem } from "../problem.ts";
import { apiKeyShape, madeApiKeyShape, showApiKey } from "./shapes/account.ts";
import { idParam } from "./shapes/fields.ts";
import { answerPage, listShape } from "./shapes/list.ts";

const keyRequest = z.strictObject({ name: z.string().trim().min(1).max(100) })
  .meta({ id: "ApiKeyRequest" });

/** `/api/v1/accounts/:id/api-keys`. */
export function apiKeyRoutes(deps: AppDeps): Hono<AppEnv> {
  return new Hono<AppEnv>()
    .get(
      "/accounts/:id/api-keys",
      doc({
        summary: "List the API keys of an account, revoked ones too",
        tags: ["API keys"],
        responses: { 200: { description: "All of them", schema: listShape(apiKeyShape) } },
      }),
      valid("param", z.object({ id: idParam })),
      async (c) => {
        const accountId = c.req.valid("param").id;
        if (!await deps.store.get(accountKey(accountId))) {
          return problem(c, { code: "account_not_found" });
        }
        const keys = await listApiKeys(deps.store, accountId);
        return answerPage(c, { data: keys.map(showApiKey), nextCursor: null });
      },
    )
    .post(
      "/accounts/:id/api-keys",
      doc({
        summary: "Make an API key",
        description: "`key` is shown this once and cannot be read again.",
        tags: ["API keys"],
        responses: { 201: { description: "Made", schema: madeApiKeyShape } },
      }),
      valid("param", z.object({ id: idParam })),
      valid("json", keyRequest),
      async (c) => {
        const outcome = await makeApiKey(deps, {
          accountId: c.req.valid("param").id,
          name: c.req.valid("json").name,
          actor: c.var.caller!.actor,
        });
        if (outcome.status === "account_not_found") return refuse(c, outcome);
        return c.json({ ...showApiKey(outcome.apiKey), key: outcome.key }, 201);
      },
    )
    .delete(
      "/accounts/:id/api-keys/:keyId",
      doc({
        summary: "Revoke an API key",
        description: "From the next request on it opens nothing.",
        tags: ["API keys"],
        responses: { 204: { description: "Revoked, now or before" } },
      }),
      valid("param", z.object({ id: idParam, keyId: idParam })),
      async (c) => {
        const { id: accountId, keyId } = c.req.valid("param");
        const outcome = await revokeApiKey(deps, {
          accountId,
          keyId,
          actor: c.var.caller!.actor,
        });
        return outcome.status === "api_key_not_found" ? refuse(c, outcome) : c.body(null, 204);
      },
    );
}
