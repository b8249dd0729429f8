/**
 * Where notices are posted to: addresses that somebody gave, each with a secret of its own.
 *
 * The secret is shown once and stands in a row of its own, so that no list of endpoints holds it. For a
 * day after a rotation deliveries carry the signatures of both.
 *
 * Goes to: `core/audit/audit.ts`, `core/endpoint_target.ts`.
 *
 * @module
 */
import { recordAudit } from "../audit/audit.ts";
import { type Clock, DAY_MS } from "../clock.ts";
import { checkTarget } from "../endpoint_target.ts";
import type { Ids } from "../ids.ts";
import type { Batch } from "../kv/batch.ts";
import type { Gates } from "../kv/gates.ts";
import {
  accountKey,
  webhookEndpointKey,
  webhookEndpointPrefix,
  webhookSecretKey,
} from "../kv/keys.ts";
import type { Store } from "../kv/store.ts";
import { CUSTOMER_KINDS, type Notice, type NoticeKind } from "./notice.ts";

/** An endpoint. */
export interface WebhookEndpoint {
  /** UUIDv7. */
  id: string;
  /** As {@link checkTarget} lets it pass. */
  url: string;
  /** Which notices; null: all of them. */
  kinds: NoticeKind[] | null;
  /** A customer's own: it gets the notices about that account that customers may hear of. Null: all. */
  accountId: string | null;
  /** `failing` since a delivery failed in its last try, until one arrives. */
  state: "active" | "failing";
  /** When it was added. */
  createdAtMs: number;
}

/** What an endpoint's deliveries are signed with. */
export interface EndpointSecret {
  /** `whsec_` and base64. */
  secret: string;
  /** The one before, while it still signs too. */
  previous: string | null;
  /** Until when; 0 without one. */
  previousUntilMs: number;
  /** The change that made it: the same change again makes no other. */
  changeId: string;
}

/** The doors endpoints need. */
export type EndpointDeps = { store: Store; gates: Gates; clock: Clock; ids: Ids };

/** Endpoints there may be: each notice is handed to all of them in one commit. */
export const ENDPOINTS_MAX = 40;
/** For so long after a rotation the secret before it signs too. */
export const ROTATION_OVERLAP_MS: number = DAY_MS;
const SECRET_BYTES = 24;

/** Added, or why not. `secret` is shown this once: null when this very request added it before. */
export type AddEndpointOutcome =
  | { status: "endpoint_added"; endpoint: WebhookEndpoint; secret: string | null }
  | { status: "target_refused"; reason: string }
  | { status: "account_not_found" }
  | { status: "too_many_endpoints" };

/** Adds an endpoint under an id that is the caller's to choose, so that a second click adds no other. */
export async function addEndpoint(
  deps: EndpointDeps,
  { id, url, kinds, accountId, mayReachLoopback, actor }: {
    id: string;
    url: string;
    kinds: NoticeKind[] | null;
    accountId: string | null;
    mayReachLoopback: boolean;
    actor: string;
  },
): Promise<AddEndpointOutcome> {
  const reason = checkTarget(url, { mayReachLoopback });
  if (reason !== null) return { status: "target_refused", reason };
  if ((await listEndpoints(deps.store)).length >= ENDPOINTS_MAX) {
    return { status: "too_many_endpoints" };
  }
  const [atMs, auditId, secret] = [deps.clock.now(), deps.ids.id(), makeSecret(deps.ids)];
  const changeId = deps.ids.id();
  return await deps.gates.change<AddEndpointOutcome>({
    gate: webhookEndpointKey(id),
    stage: async (batch) => {
      const earlier = await batch.get<WebhookEndpoint>(webhookEndpointKey(id));
      if (earlier) {
        const kept = await batch.get<EndpointSecret>(webhookSecretKey(id));
        // Only a try of this very request whose answer was lost may still show the secret.
        const isOurs = kept?.changeId === changeId;
        return { status: "endpoint_added", endpoint: earlier, secret: isOurs ? kept.secret : null };
      }
      if (accountId !== null && !await batch.getChecked(accountKey(accountId))) {
        return { status: "account_not_found" };
      }
      const endpoint: WebhookEndpoint = {
        id,
        url,
        kinds,
        accountId,
        state: "active",
        createdAtMs: atMs,
      };
      batch.set(webhookEndpointKey(id), endpoint);
      setSecret(batch, { id, row: { secret, previous: null, previousUntilMs: 0, changeId } });
      // The path of an address may be a secret of the receiver's.
      const detail = `${new URL(url).host} ${kinds?.join(" ") ?? "all kinds"}`;
      recordAudit(batch, {
        id: auditId,
        atMs,
        actor,
        action: "webhook_endpoint_added",
        subject: id,
        detail,
      });
      return { status: "endpoint_added", endpoint, secret };
    },
  });
}

/** Rotated, or why not. `secret` is shown this once: null when this very request rotated it before. */
export type RotateOutcome =
  | { status: "endpoint_rotated"; endpoint: WebhookEndpoint; secret: string | null }
  | { status: "endpoint_not_found" };

/** Gives an endpoint a new secret; the old one signs beside it for {@link ROTATION_OVERLAP_MS}. */
export async function rotateSecret(
  deps: EndpointDeps,
  { id, changeId, actor }: { id: string; changeId: string; actor: string },
): Promise<RotateOutcome> {
  const [atMs, auditId, secret] = [deps.clock.now(), deps.ids.id(), makeSecret(deps.ids)];
  return await deps.gates.change<RotateOutcome>({
    gate: webhookEndpointKey(id),
    stage: async (batch) => {
      const endpoint = await batch.get<WebhookEndpoint>(webhookEndpointKey(id));
      const before = await batch.get<EndpointSecret>(webhookSecretKey(id));
      if (!endpoint || !before) return { status: "endpoint_not_found" };
      if (before.changeId === changeId) {
        const isOurs = before.secret === secret;
        return { status: "endpoint_rotated", endpoint, secret: isOurs ? secret : null };
      }
      const previousUntilMs = atMs + ROTATION_OVERLAP_MS;
      setSecret(batch, { id, row: { secret, previous: before.secret, previousUntilMs, changeId } });
      recordAudit(batch, {
        id: auditId,
        atMs,
        actor,
        action: "webhook_secret_rotated",
        subject: id,
        detail: new URL(endpoint.url).host,
      });
      return { status: "endpoint_rotated", endpoint, secret };
    },
  });
}

/** Takes an endpoint away; deliveries under way come to nothing. */
export async function removeEndpoint(
  deps: EndpointDeps,
  { id, actor }: { id: string; actor: string },
): Promise<{ status: "endpoint_removed" } | { status: "endpoint_not_found" }> {
  const [atMs, auditId] = [deps.clock.now(), deps.ids.id()];
  const known = await getEndpoint(deps.store, id);
  if (!known) return { status: "endpoint_not_found" };
  return await deps.gates.change({
    gate: webhookEndpointKey(id),
    stage: async (batch) => {
      const endpoint = await batch.get<WebhookEndpoint>(webhookEndpointKey(id));
      // Gone meanwhile, perhaps by this very change: it is what was asked for.
      if (!endpoint) return { status: "endpoint_removed" as const };
      batch.delete(webhookEndpointKey(id));
      batch.delete(webhookSecretKey(id));
      recordAudit(batch, {
        id: auditId,
        atMs,
        actor,
        action: "webhook_endpoint_removed",
        subject: id,
        detail: new URL(endpoint.url).host,
      });
      return { status: "endpoint_removed" as const };
    },
  });
}

/** Notes that an endpoint fails, or works again. */
export async function markEndpoint(
  deps: Pick<EndpointDeps, "gates">,
  { id, state }: { id: string; state: WebhookEndpoint["state"] },
): Promise<void> {
  await deps.gates.change({
    gate: webhookEndpointKey(id),
    stage: async (batch) => {
      const endpoint = await batch.get<WebhookEndpoint>(webhookEndpointKey(id));
      if (!endpoint || endpoint.state === state) return;
      batch.set(webhookEndpointKey(id), { ...endpoint, state });
    },
  });
}

/** An endpoint, or null. */
export async function getEndpoint(store: Store, id: string): Promise<WebhookEndpoint | null> {
  return (await store.get<WebhookEndpoint>(webhookEndpointKey(id)))?.value ?? null;
}

/** Every endpoint, the oldest first. */
export async function listEndpoints(store: Store): Promise<WebhookEndpoint[]> {
  const rows = await store.list<WebhookEndpoint>({ prefix: webhookEndpointPrefix });
  return rows.map(({ value }) => value);
}

/** Whether an endpoint is to hear of a notice. */
export function wantsNotice(endpoint: WebhookEndpoint, notice: Notice): boolean {
  if (endpoint.kinds && !endpoint.kinds.includes(notice.kind)) return false;
  if (endpoint.accountId === null) return true;
  return endpoint.accountId === notice.accountId && CUSTOMER_KINDS.includes(notice.kind);
}

function setSecret(batch: Batch, { id, row }: { id: string; row: EndpointSecret }): void {
  batch.set(webhookSecretKey(id), row);
}

// Standard Webhooks wants plain base64; 24 bytes need no padding.
function makeSecret(ids: Ids): string {
  return `whsec_${ids.secret(SECRET_BYTES).replaceAll("-", "+").replaceAll("_", "/")}`;
}
