/**
 * Links into a customer's portal.
 *
 * @module
 */
import { type Context, Hono } from "hono";
import { z } from "zod";
import {
  listPortalLinks,
  makePortalLink,
  type PortalLink,
  revokePortalLink,
  stateOfLink,
} from "../../core/accounts/portal_links.ts";
import { formatInstant } from "../../core/clock.ts";
import { accountKey } from "../../core/kv/keys.ts";
import type { AppEnv } from "../caller.ts";
import type { AppDeps } from "../deps.ts";
import { doc, valid } from "../openapi.ts";
import { problem } from "../problem.ts";
import { idParam, instantShape } from "./shapes/fields.ts";
import { answerPage, listShape } from "./shapes/list.ts";

const linkShape = z.object({
  id: z.string(),
  accountId: z.string(),
  state: z.enum(["good", "used", "expired", "revoked"]),
  createdAt: instantShape,
  expiresAt: instantShape,
  usedAt: instantShape.nullable(),
  revokedAt: instantShape.nullable(),
}).meta({ id: "PortalLink" });

const madeShape = z.object({
  id: z.string(),
  url: z.url().meta({ description: "Told this once; opens one browser, within 24 hours" }),
  expiresAt: instantShape,
}).meta({ id: "MadePortalLink" });

/** Where a token leads. */
export function portalUrl(publicUrl: string, token: string): string {
  return `${publicUrl.replace(/\/$/, "")}/portal/open/${token}`;
}

/** `/api/v1/accounts/:id/portal-links`. */
export function portalLinkRoutes(deps: AppDeps): Hono<AppEnv> {
  return new Hono<AppEnv>()
    .get(
      "/accounts/:id/portal-links",
      doc({
        summary: "List the portal links of an account, newest first",
        description: "Those of the last two months, at most 100; never the address of one.",
        tags: ["portal links"],
        responses: { 200: { description: "All of them", schema: listShape(linkShape) } },
      }),
      valid("param", z.object({ id: idParam })),
      async (c) => {
        const accountId = c.req.valid("param").id;
        if (!await deps.store.get(accountKey(accountId))) {
          return problem(c, { code: "account_not_found" });
        }
        const links = await listPortalLinks(deps.store, accountId);
        const nowMs = deps.clock.now();
        return answerPage(c, { data: links.map((one) => showLink(one, nowMs)), nextCursor: null });
      },
    )
    .post(
      "/accounts/:id/portal-links",
      doc({
        summary: "Make a portal link",
        description: "`url` is told this once. The first browser that opens it is signed in to " +
          "that account's portal for at most 24 hours; for any other it opens nothing any more.",
        tags: ["portal links"],
        responses: { 201: { description: "Made", schema: madeShape } },
      }),
      valid("param", z.object({ id: idParam })),
      (c) => answerMade(c, { deps, accountId: c.req.valid("param").id }),
    )
    .delete(
      "/accounts/:id/portal-links/:linkId",
      doc({
        summary: "Take a portal link back",
        description: "It opens nothing any more, and the session that it opened ends.",
        tags: ["portal links"],
        responses: { 204: { description: "Taken back, now or before" } },
      }),
      valid("param", z.object({ id: idParam, linkId: idParam })),
      async (c) => {
        const { id: accountId, linkId } = c.req.valid("param");
        const actor = c.var.caller!.actor;
        const outcome = await revokePortalLink(deps, { accountId, linkId, actor });
        return outcome.status === "portal_link_not_found"
          ? problem(c, { code: "not_found" })
          : c.body(null, 204);
      },
    );
}

async function answerMade(
  c: Context<AppEnv>,
  { deps, accountId }: { deps: AppDeps; accountId: string },
): Promise<Response> {
  const outcome = await makePortalLink(deps, { accountId, actor: c.var.caller!.actor });
  if (outcome.status === "account_not_found") return problem(c, { code: "account_not_found" });
  const { link, token } = outcome;
  const url = portalUrl(c.var.publicUrl, token);
  return c.json({ id: link.id, url, expiresAt: formatInstant(link.expiresAtMs) }, 201);
}

function showLink(link: PortalLink, nowMs: number): z.infer<typeof linkShape> {
  const instant = (ms: number | null) => (ms === null ? null : formatInstant(ms));
  return {
    id: link.id,
    accountId: link.accountId,
    state: stateOfLink(link, nowMs),
    createdAt: formatInstant(link.createdAtMs),
    expiresAt: formatInstant(link.expiresAtMs),
    usedAt: instant(link.usedAtMs),
    revokedAt: instant(link.revokedAtMs),
  };
}
