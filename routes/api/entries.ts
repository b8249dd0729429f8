/**
 * Entries: the lines of a wallet's ledger, newest first.
 *
 * @module
 */
import { Hono } from "hono";
import { z } from "zod";
import { walletKey } from "../../core/kv/keys.ts";
import { ENTRY_KINDS } from "../../core/wallet/entry.ts";
import { listEntries } from "../../core/wallet/read_entries.ts";
import type { Wallet } from "../../core/wallet/wallet.ts";
import type { AppEnv } from "../caller.ts";
import type { AppDeps } from "../deps.ts";
import { doc, valid } from "../openapi.ts";
import { problem } from "../problem.ts";
import { idParam, isPeriod, pageFields, PERIOD_ORDER, periodFields } from "./shapes/fields.ts";
import { answerPage, listShape } from "./shapes/list.ts";
import { entryShape, showEntry } from "./shapes/wallet.ts";

const entryQuery = z.strictObject({
  ...periodFields,
  kind: z.enum(ENTRY_KINDS).optional(),
  ...pageFields,
}).refine(isPeriod, PERIOD_ORDER);

/** `/api/v1/accounts/:id/entries`. */
export function entryRoutes(deps: AppDeps): Hono<AppEnv> {
  return new Hono<AppEnv>().get(
    "/accounts/:id/entries",
    doc({
      summary: "List the entries of a wallet, newest first",
      description: "With `kind` a page may be short while its cursor goes on.",
      tags: ["entries"],
      responses: { 200: { description: "A page", schema: listShape(entryShape) } },
    }),
    valid("param", z.object({ id: idParam })),
    valid("query", entryQuery),
    async (c) => {
      const accountId = c.req.valid("param").id;
      const { from: fromMs, to: untilMs, ...which } = c.req.valid("query");
      const wallet = await deps.store.get<Wallet>(walletKey(accountId));
      if (!wallet) return problem(c, { code: "account_not_found" });
      const page = await listEntries(deps.store, { accountId, fromMs, untilMs, ...which });
      return answerPage(
        c,
        page && {
          data: page.rows.map((row) => showEntry(row.value, wallet.value.currency)),
          nextCursor: page.nextCursor,
        },
      );
    },
  );
}
