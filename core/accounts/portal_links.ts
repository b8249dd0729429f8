/**
 * Links by which a customer's people get into their portal: one account, one browser, for a day.
 *
 * The token of a link stands in an address, where more eyes than one may pass: it is a ticket, not a key. The
 * first browser that redeems it gets a session, and from then on the ticket is worth nothing to any other.
 * Only its hash is kept. Taking a link back also ends the sessions that it opened.
 *
 * Goes to: `core/audit/audit.ts`, `core/kv/gates.ts`.
 *
 * @module
 */
import { createHash } from "node:crypto";
import { recordAudit } from "../audit/audit.ts";
import { type Clock, DAY_MS, MINUTE_MS } from "../clock.ts";
import type { Ids } from "../ids.ts";
import type { Gates } from "../kv/gates.ts";
import {
  accountKey,
  auditKey,
  portalLinkByTokenKey,
  portalLinkKey,
  portalLinkPrefix,
} from "../kv/keys.ts";
import type { Store } from "../kv/store.ts";

/** A link opens nothing any more after this long. */
export const PORTAL_LINK_LIFE_MS: number = DAY_MS;
/** The browser that redeemed a link may do so again for this long: a second click, an answer that was lost. */
export const REDEEM_AGAIN_MS: number = MINUTE_MS;
/** Links stay listed for this long. */
const KEPT_MS = 62 * DAY_MS;
const TOKEN_BYTES = 32;

/** A link as it is kept; its token is not. */
export interface PortalLink {
  /** Names it, and proves nothing. */
  id: string;
  /** The only account it opens. */
  accountId: string;
  /** Who made it. */
  actor: string;
  /** When it was made. */
  createdAtMs: number;
  /** From then on it opens nothing. */
  expiresAtMs: number;
  /** When it was redeemed first; null before. */
  usedAtMs: number | null;
  /** Hash of what the browser that redeemed it was given; null before. */
  usedBy: string | null;
  /** When it was taken back; null while it was not. */
  revokedAtMs: number | null;
}

/** Made, or why not. `token` is told this once. */
export type MakeLinkOutcome =
  | { status: "portal_link_made"; token: string; link: PortalLink }
  | { status: "account_not_found" };

/** Redeemed, or one word for every reason why not: who holds a bad link need not learn more. */
export type RedeemOutcome =
  | { status: "portal_link_redeemed"; link: PortalLink }
  | { status: "portal_link_not_good" };

/** Taken back (perhaps before), or why not. */
export type RevokeLinkOutcome =
  | { status: "portal_link_revoked"; link: PortalLink }
  | { status: "portal_link_not_found" };

/** What a token looks like: 256 random bits. */
export const PORTAL_TOKEN_SHAPE = /^[A-Za-z0-9_-]{43}$/;

/** Makes a link into an account's portal. */
export function makePortalLink(
  deps: { gates: Gates; clock: Clock; ids: Ids },
  { accountId, actor }: { accountId: string; actor: string },
): Promise<MakeLinkOutcome> {
  const token = deps.ids.secret(TOKEN_BYTES);
  const auditId = deps.ids.id();
  const createdAtMs = deps.clock.now();
  const link: PortalLink = {
    id: deps.ids.id(),
    accountId,
    actor,
    createdAtMs,
    expiresAtMs: createdAtMs + PORTAL_LINK_LIFE_MS,
    usedAtMs: null,
    usedBy: null,
    revokedAtMs: null,
  };
  return deps.gates.change<MakeLinkOutcome>({
    gate: portalLinkKey(accountId, link.id),
    stage: async (batch) => {
      if (!await batch.getChecked(accountKey(accountId))) return { status: "account_not_found" };
      const pointer = { accountId, linkId: link.id };
      batch.set(portalLinkKey(accountId, link.id), link, { expireInMs: KEPT_MS });
      batch.set(portalLinkByTokenKey(hash(token)), pointer, { expireInMs: KEPT_MS });
      recordAudit(batch, {
        id: auditId,
        atMs: createdAtMs,
        actor,
        action: "portal_link_made",
        subject: accountId,
        detail: "good for 24 hours, once",
      });
      return { status: "portal_link_made", token, link };
    },
  });
}

/** The link of a token, good or not; null when nobody made it. `browser` is what that browser was given. */
export async function findPortalLink(
  { store, clock }: { store: Store; clock: Clock },
  { token, browser }: { token: string; browser: string },
): Promise<{ link: PortalLink; isGood: boolean } | null> {
  if (!PORTAL_TOKEN_SHAPE.test(token)) return null;
  const pointer = await store.get<{ accountId: string; linkId: string }>(
    portalLinkByTokenKey(hash(token)),
  );
  if (!pointer) return null;
  const link = await getPortalLink(store, pointer.value);
  return link && { link, isGood: isGood(link, { browser, atMs: clock.now() }) };
}

/** Redeems a token for the browser that holds `browser`; the caller opens its session afterwards. */
export async function redeemPortalLink(
  deps: { store: Store; gates: Gates; clock: Clock },
  { token, browser }: { token: string; browser: string },
): Promise<RedeemOutcome> {
  const atMs = deps.clock.now();
  const found = await findPortalLink(deps, { token, browser });
  if (!found) return { status: "portal_link_not_good" };
  const key = portalLinkKey(found.link.accountId, found.link.id);
  return await deps.gates.change<RedeemOutcome>({
    gate: key,
    stage: async (batch) => {
      const link = await batch.get<PortalLink>(key);
      if (!link || !isGood(link, { browser, atMs })) return { status: "portal_link_not_good" };
      if (link.usedAtMs !== null) return { status: "portal_link_redeemed", link };
      const used: PortalLink = { ...link, usedAtMs: atMs, usedBy: hash(browser) };
      batch.set(key, used, { expireInMs: KEPT_MS });
      return { status: "portal_link_redeemed", link: used };
    },
  });
}

/** Takes a link back; it opens nothing any more, and what it opened is closed. */
export async function revokePortalLink(
  deps: { gates: Gates; clock: Clock; ids: Ids },
  { accountId, linkId, actor }: { accountId: string; linkId: string; actor: string },
): Promise<RevokeLinkOutcome> {
  const [atMs, auditId] = [deps.clock.now(), deps.ids.id()];
  const key = portalLinkKey(accountId, linkId);
  return await deps.gates.change<RevokeLinkOutcome>({
    gate: key,
    reads: [auditKey(auditId)],
    stage: async (batch) => {
      const link = await batch.get<PortalLink>(key);
      if (!link) return { status: "portal_link_not_found" };
      if (link.revokedAtMs !== null) return { status: "portal_link_revoked", link };
      const revoked: PortalLink = { ...link, revokedAtMs: atMs };
      batch.set(key, revoked, { expireInMs: KEPT_MS });
      recordAudit(batch, {
        id: auditId,
        atMs,
        actor,
        action: "portal_link_revoked",
        subject: accountId,
        detail: link.usedAtMs === null ? "before it was used" : "with the sessions it opened",
      });
      return { status: "portal_link_revoked", link: revoked };
    },
  });
}

/** A link by id; null when it is not there any more. */
export async function getPortalLink(
  store: Store,
  { accountId, linkId }: { accountId: string; linkId: string },
): Promise<PortalLink | null> {
  return (await store.get<PortalLink>(portalLinkKey(accountId, linkId)))?.value ?? null;
}

/** An account's links of the last two months, newest first, at most 100. */
export async function listPortalLinks(store: Store, accountId: string): Promise<PortalLink[]> {
  const rows = await store.list<PortalLink>({
    prefix: portalLinkPrefix(accountId),
    reverse: true,
    limit: 100,
  });
  return rows.map(({ value }) => value);
}

/** Where a link stands, in a word. */
export function stateOfLink(
  link: PortalLink,
  nowMs: number,
): "good" | "used" | "expired" | "revoked" {
  if (link.revokedAtMs !== null) return "revoked";
  if (link.usedAtMs !== null) return "used";
  return nowMs >= link.expiresAtMs ? "expired" : "good";
}

function isGood(
  link: PortalLink,
  { browser, atMs }: { browser: string; atMs: number },
): boolean {
  const state = stateOfLink(link, atMs);
  if (state !== "used") return state === "good";
  return link.usedBy === hash(browser) && atMs - link.usedAtMs! < REDEEM_AGAIN_MS;
}

// 256 random bits need no salt and no slow hash: there is nothing to guess.
const hash = (text: string): string => createHash("sha256").update(text).digest("hex");
