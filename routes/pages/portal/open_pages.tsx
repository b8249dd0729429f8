/**
 * Coming in by a portal link.
 *
 * A link has to carry something secret, and an address is a bad place for it: it is kept in histories, shown
 * over shoulders, and fetched by programs that look at links in mails. So the secret of a link is only a
 * ticket. The address is left at once, by a redirect that puts the ticket into a cookie out of reach of
 * scripts; that first request reads and changes nothing, so that no program which follows links can use the
 * ticket up, and no failure can put its address into the log. The page behind it shows whose portal it is,
 * without the ticket anywhere in it, and one press of a button redeems it: from then on the address is worth
 * nothing, except for a second press in the same browser. What goes on is a session like any other.
 *
 * Goes to: `core/accounts/portal_links.ts`, `routes/portal_ticket.ts`, `routes/session_cookie.ts`.
 *
 * @module
 */
import { type Context, Hono } from "hono";
import type { JSX } from "hono/jsx/jsx-runtime";
import { getAccount } from "../../../core/accounts/account.ts";
import {
  findPortalLink,
  PORTAL_TOKEN_SHAPE,
  redeemPortalLink,
} from "../../../core/accounts/portal_links.ts";
import { closeSession, openSession } from "../../../core/accounts/sessions.ts";
import type { AppEnv } from "../../caller.ts";
import type { AppDeps } from "../../deps.ts";
import { sessionDeps } from "../../identify.ts";
import { dropTicket, readTicket, setTicket } from "../../portal_ticket.ts";
import { readSessionCookie, setPortalSessionCookie } from "../../session_cookie.ts";
import { LinkButton, PageHead } from "../components.tsx";
import { PostButton } from "../forms.tsx";
import { showPage } from "../frame.tsx";
import { PORTAL_PATH } from "./portal_words.tsx";

/** Where a link leads, and where somebody without a session is sent. */
export const OPEN_PATH: string = `${PORTAL_PATH}/open`;
const BROWSER_BYTES = 32;

/** `GET /portal/open/:token`, `GET,POST /portal/open`. */
export function openPages(deps: AppDeps): Hono<AppEnv> {
  return new Hono<AppEnv>()
    .get(`${OPEN_PATH}/:token`, (c) => {
      const token = c.req.param("token");
      if (PORTAL_TOKEN_SHAPE.test(token)) {
        setTicket(c, { token, browser: deps.ids.secret(BROWSER_BYTES) });
      }
      return c.redirect(OPEN_PATH, 303);
    })
    .get(OPEN_PATH, (c) => showOpening(c, deps))
    .post(OPEN_PATH, (c) => redeem(c, deps));
}

async function showOpening(c: Context<AppEnv>, deps: AppDeps): Promise<Response> {
  const ticket = readTicket(c);
  if (!ticket) return showPage(c, { deps, title: "Customer portal", body: <HowToCome /> });
  const found = await findPortalLink(deps, ticket);
  if (!found?.isGood) return refuse(c, deps);
  const account = await getAccount(deps.store, found.link.accountId);
  const title = `Portal of ${account?.name ?? found.link.accountId}`;
  const body = (
    <>
      <PageHead title={title} />
      <p>
        Your link works once. After this you stay signed in in this browser for up to 24 hours, or
        until half an hour has passed without a click.
      </p>
      <PostButton action={OPEN_PATH} tone="primary">Open the portal</PostButton>
    </>
  );
  return showPage(c, { deps, title, body });
}

function HowToCome(): JSX.Element {
  return (
    <>
      <PageHead title="Customer portal" />
      <p>
        You come in by a link that your provider sends you; there is no password. A link works once
        and for 24 hours. When you are signed out, ask for a new one.
      </p>
      <p>
        <LinkButton href={PORTAL_PATH}>I am signed in already</LinkButton>
      </p>
    </>
  );
}

async function redeem(c: Context<AppEnv>, deps: AppDeps): Promise<Response> {
  const ticket = readTicket(c);
  const outcome = ticket && await redeemPortalLink(deps, ticket);
  if (outcome?.status !== "portal_link_redeemed") return refuse(c, deps);
  const { accountId, id: linkId } = outcome.link;
  const sessions = sessionDeps(deps);
  // A new token at every sign-in: one that somebody planted before is worth nothing.
  const before = readSessionCookie(c);
  if (before !== null) await closeSession(sessions, before);
  setPortalSessionCookie(c, await openSession(sessions, { kind: "account", accountId, linkId }));
  deps.log("info", "A portal was opened", { request_id: c.var.requestId, account: accountId });
  return c.redirect(PORTAL_PATH, 303);
}

/** One page for every reason, so that nobody learns which links there are. */
function refuse(c: Context<AppEnv>, deps: AppDeps): Response {
  dropTicket(c);
  const title = "This link does not open anything any more";
  const body = (
    <>
      <PageHead title={title} />
      <p>
        A link works once and for 24 hours, and it can be taken back. Please ask your provider for a
        new one.
      </p>
      <p>
        <LinkButton href={PORTAL_PATH}>I am signed in already</LinkButton>
      </p>
    </>
  );
  return showPage(c, { deps, title, body, status: 410 });
}
