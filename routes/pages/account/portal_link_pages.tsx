/**
 * Making a portal link, which is shown this once, and taking one back.
 *
 * Goes to: `core/accounts/portal_links.ts`.
 *
 * @module
 */
import { type Context, Hono } from "hono";
import { z } from "zod";
import { getAccount } from "../../../core/accounts/account.ts";
import { makePortalLink, revokePortalLink } from "../../../core/accounts/portal_links.ts";
import { portalUrl } from "../../api/portal_links.ts";
import type { AppEnv } from "../../caller.ts";
import type { AppDeps } from "../../deps.ts";
import { LinkButton, PageHead, Panel } from "../components.tsx";
import { actorOf, redirectWith, showPage } from "../frame.tsx";
import { CopyText } from "../progress.tsx";
import { readForm } from "../read_form.ts";
import { TimeText } from "../values.tsx";
import { showMissingAccount } from "./show_missing_account.ts";

const revocationForm = z.strictObject({ link_id: z.uuid() });

/** `POST /admin/accounts/:id/portal-links` and `POST /admin/accounts/:id/portal-link-revocations`. */
export function portalLinkPages(deps: AppDeps): Hono<AppEnv> {
  return new Hono<AppEnv>()
    .post(
      "/admin/accounts/:id/portal-links",
      (c) => postLink(c, { deps, accountId: c.req.param("id") }),
    )
    .post(
      "/admin/accounts/:id/portal-link-revocations",
      (c) => postRevocation(c, { deps, accountId: c.req.param("id") }),
    );
}

interface Asked {
  deps: AppDeps;
  accountId: string;
}

async function postLink(c: Context<AppEnv>, { deps, accountId }: Asked): Promise<Response> {
  const account = await getAccount(deps.store, accountId);
  const outcome = account && await makePortalLink(deps, { accountId, actor: actorOf(c) });
  if (outcome?.status !== "portal_link_made") return showMissingAccount(c, deps);
  const { link, token } = outcome;
  const title = "Portal link";
  const above = { href: `/admin/accounts/${accountId}#portal`, label: account!.name };
  // No redirect: the address is kept nowhere, so only this answer can show it.
  const body = (
    <>
      <PageHead title={title} above={above} lead={`For the people of ${account!.name}`} />
      <Panel id="link" title="Copy it now">
        <p>
          This is the only time it is shown. Whoever opens it first sees this account, and nothing
          else, for up to 24 hours. It can be opened until{" "}
          <TimeText atMs={link.expiresAtMs} timeZone={account!.timezone} precision="minute" />.
        </p>
        <p>
          <CopyText text={portalUrl(c.var.publicUrl, token)} />
        </p>
        <p>
          <LinkButton href={above.href}>I have copied it</LinkButton>
        </p>
      </Panel>
    </>
  );
  return showPage(c, { deps, title, body });
}

async function postRevocation(c: Context<AppEnv>, { deps, accountId }: Asked): Promise<Response> {
  const form = await readForm(c, revocationForm);
  const outcome = form.status === "read"
    ? await revokePortalLink(deps, {
      accountId,
      linkId: form.values.link_id,
      actor: actorOf(c),
    })
    : null;
  const isDone = outcome?.status === "portal_link_revoked";
  const account = isDone ? null : await getAccount(deps.store, accountId);
  if (!isDone && !account) return showMissingAccount(c, deps);
  return redirectWith(c, {
    to: `/admin/accounts/${accountId}#portal`,
    flash: isDone
      ? { tone: "positive", text: "The link is taken back; whoever came in by it is signed out." }
      : { tone: "negative", text: "There is no such link; nothing was changed." },
  });
}
