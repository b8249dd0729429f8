/**
 * Which types of records make up what a call costs, and whether the account has the rarer ones at all.
 *
 * Accounts without WebRTC would otherwise be asked for its records with every call, for nothing. What a
 * call leaves open is looked for among them all the same, and the daily comparison always reads them.
 *
 * @module
 */
import { type Clock, DAY_MS } from "../core/clock.ts";
import { encodeRow } from "../core/kv/codec.ts";
import { recordTypeKey } from "../core/kv/keys.ts";
import type { Store } from "../core/kv/store.ts";

/** What a call costs by its trunk and by Call Control: every call we hear of has both. */
export const MAIN_TYPES = ["sip-trunking", "call-control"] as const;
/** What a call over WebRTC costs besides; an account may have none, or be refused the type itself. */
export const WEBRTC_TYPE = "webrtc";
/** All of them. */
export const RECORD_TYPES = [...MAIN_TYPES, WEBRTC_TYPE] as const;

/** An account that had any is asked for them this long. */
const SEEN_FOR_MS = 30 * DAY_MS;

interface Seen {
  atMs: number;
}

/** Whether the account has had WebRTC records lately. */
export async function hasWebrtc(
  { store, clock }: { store: Store; clock: Clock },
): Promise<boolean> {
  const seen = (await store.get<Seen>(recordTypeKey("telnyx", WEBRTC_TYPE)))?.value;
  return seen !== undefined && clock.now() - seen.atMs < SEEN_FOR_MS;
}

/** Keeps that there were some. */
export async function noteWebrtc(
  { store, clock }: { store: Store; clock: Clock },
): Promise<void> {
  const key = recordTypeKey("telnyx", WEBRTC_TYPE);
  const bytes = encodeRow(key, { atMs: clock.now() });
  await store.commit({ checks: [], puts: [{ key, bytes }], deletes: [] });
}
