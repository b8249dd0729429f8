/**
 * Keys of an account's programs: shown once, stored as a hash, taken back at any time.
 *
 * Goes to: `core/audit/audit.ts`, `core/kv/gates.ts`.
 *
 * @module
 */
import { createHash } from "node:crypto";
import { recordAudit } from "../audit/audit.ts";
import type { Clock } from "../clock.ts";
import type { Ids } from "../ids.ts";
import type { Gates } from "../kv/gates.ts";
import { accountKey, apiKeyByAccountKey, apiKeyByAccountPrefix, apiKeyKey } from "../kv/keys.ts";
import type { Store } from "../kv/store.ts";

/** A key as it is kept; the key itself is not. */
export interface ApiKey {
  /** Names it, and proves nothing. */
  id: string;
  /** The only account it opens. */
  accountId: string;
  /** What people call it. */
  name: string;
  /** Its first characters, by which people tell keys apart. */
  prefix: string;
  /** When it was made. */
  createdAtMs: number;
  /** When it was taken back; null while it is good. */
  revokedAtMs: number | null;
}

/** Made, or why not. `key` is shown this once. */
export type MakeKeyOutcome =
  | { status: "api_key_made"; key: string; apiKey: ApiKey }
  | { status: "account_not_found" };

/** Taken back (perhaps before), or why not. */
export type RevokeKeyOutcome =
  | { status: "api_key_revoked"; apiKey: ApiKey }
  | { status: "api_key_not_found" };

/** What a key looks like: `tk_` and 256 random bits. */
export const API_KEY_SHAPE = /^tk_[A-Za-z0-9_-]{43}$/;
const PREFIX_CHARS = 11;

/** Makes a key of an account. */
export function makeApiKey(
  deps: { gates: Gates; clock: Clock; ids: Ids },
  { accountId, name, actor }: { accountId: string; name: string; actor: string },
): Promise<MakeKeyOutcome> {
  const key = `tk_${deps.ids.secret(32)}`;
  const keyHash = hashKey(key);
  const auditId = deps.ids.id();
  const apiKey: ApiKey = {
    id: deps.ids.id(),
    accountId,
    name,
    prefix: key.slice(0, PREFIX_CHARS),
    createdAtMs: deps.clock.now(),
    revokedAtMs: null,
  };
  return deps.gates.change<MakeKeyOutcome>({
    gate: apiKeyKey(keyHash),
    stage: async (batch) => {
      if (!await batch.getChecked(accountKey(accountId))) return { status: "account_not_found" };
      batch.set(apiKeyKey(keyHash), apiKey);
      batch.set(apiKeyByAccountKey(accountId, apiKey.id), { keyHash });
      recordAudit(batch, {
        id: auditId,
        atMs: apiKey.createdAtMs,
        actor,
        action: "api_key_made",
        subject: accountId,
        detail: `${apiKey.prefix}… ${name}`,
      });
      return { status: "api_key_made", key, apiKey };
    },
  });
}

/** Takes a key back; from the next request on it opens nothing. */
export async function revokeApiKey(
  deps: { store: Store; gates: Gates; clock: Clock; ids: Ids },
  { accountId, keyId, actor }: { accountId: string; keyId: string; actor: string },
): Promise<RevokeKeyOutcome> {
  const [atMs, auditId] = [deps.clock.now(), deps.ids.id()];
  const pointer = await deps.store.get<{ keyHash: string }>(apiKeyByAccountKey(accountId, keyId));
  if (!pointer) return { status: "api_key_not_found" };
  const key = apiKeyKey(pointer.value.keyHash);
  return await deps.gates.change<RevokeKeyOutcome>({
    gate: key,
    stage: async (batch) => {
      const apiKey = await batch.get<ApiKey>(key);
      if (!apiKey) return { status: "api_key_not_found" };
      if (apiKey.revokedAtMs !== null) return { status: "api_key_revoked", apiKey };
      const revoked: ApiKey = { ...apiKey, revokedAtMs: atMs };
      batch.set(key, revoked);
      recordAudit(batch, {
        id: auditId,
        atMs,
        actor,
        action: "api_key_revoked",
        subject: accountId,
        detail: `${apiKey.prefix}… ${apiKey.name}`,
      });
      return { status: "api_key_revoked", apiKey: revoked };
    },
  });
}

/** The key's row while it is good; null when it is unknown, revoked, or not shaped like a key. */
export async function findApiKey(store: Store, key: string): Promise<ApiKey | null> {
  if (!API_KEY_SHAPE.test(key)) return null;
  const row = await store.get<ApiKey>(apiKeyKey(hashKey(key)));
  return row && row.value.revokedAtMs === null ? row.value : null;
}

/** An account's keys, oldest first, the revoked ones too. At most 1000. */
export async function listApiKeys(store: Store, accountId: string): Promise<ApiKey[]> {
  const pointers = await store.list<{ keyHash: string }>({
    prefix: apiKeyByAccountPrefix(accountId),
  });
  const rows = await store.getMany<ApiKey>(pointers.map(({ value }) => apiKeyKey(value.keyHash)));
  return rows.flatMap((row) => row ? [row.value] : []);
}

// 256 random bits need no salt and no slow hash: there is nothing to guess.
const hashKey = (key: string): string => createHash("sha256").update(key).digest("hex");
