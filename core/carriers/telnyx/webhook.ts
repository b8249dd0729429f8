/**
 * Telnyx's webhooks: proof of origin.
 *
 * @module
 */
import { createPublicKey, type KeyObject, verify } from "node:crypto";
import { Buffer } from "node:buffer";
import { MINUTE_MS, SECOND_MS } from "../../clock.ts";

/** The header that carries the signature. */
export const TELNYX_SIGNATURE_HEADER = "telnyx-signature-ed25519";

/** The header that carries the instant of signing: Unix seconds, digits only. */
export const TELNYX_TIMESTAMP_HEADER = "telnyx-timestamp";

/** How far the instant of signing may be from ours, either way, both edges included. */
export const TELNYX_TOLERANCE_MS: number = 5 * MINUTE_MS;

/** A delivery as it came in. */
export interface TelnyxDelivery {
  /** The bytes as they came, never a re-serialised body. */
  body: Uint8Array;
  /** {@link TELNYX_SIGNATURE_HEADER}; null when missing. */
  signature: string | null;
  /** {@link TELNYX_TIMESTAMP_HEADER}; null when missing. */
  timestamp: string | null;
  /** The present. */
  nowMs: number;
}

/** Whether a delivery is from Telnyx, and if not, why. */
export type TelnyxProof =
  | { status: "verified" }
  | {
    status: "refused";
    /** `malformed`: a header or the key is missing or not as documented, so nothing was checked. */
    reason: "stale" | "bad_signature" | "malformed";
  };

/**
 * Tells of deliveries whether the signature is Ed25519 over `timestamp|raw body` under the key, and
 * fresh. The key is base64 of the raw 32 bytes, as the portal shows it; one that is none refuses all.
 *
 * Base64 is standard, padded and canonical; the timestamp is compared in whole seconds, as the
 * official SDK does. An empty body may be well signed; reading it refuses it.
 * Source: Telnyx documentation, "Receiving webhooks"; npm telnyx 7.24.0, `src/lib/webhooks.ts`.
 */
export function createTelnyxVerifier(
  publicKey: string,
): (delivery: TelnyxDelivery) => TelnyxProof {
  const key = readKey(publicKey);
  return ({ body, signature: signatureText, timestamp, nowMs }) => {
    const signature = decodeBase64(signatureText ?? "", SIGNATURE_BYTES);
    if (!signature || !key || timestamp === null || !/^\d{1,15}$/.test(timestamp)) {
      return { status: "refused", reason: "malformed" };
    }
    const ageSeconds = Math.floor(nowMs / SECOND_MS) - Number(timestamp);
    if (Math.abs(ageSeconds) * SECOND_MS > TELNYX_TOLERANCE_MS) {
      return { status: "refused", reason: "stale" };
    }
    const signed = Buffer.concat([Buffer.from(`${timestamp}|`), body]);
    return verify(null, signed, key, signature)
      ? { status: "verified" }
      : { status: "refused", reason: "bad_signature" };
  };
}

const SIGNATURE_BYTES = 64;
const KEY_BYTES = 32;

/** Null unless it is canonical, padded base64 of exactly so many bytes. */
function decodeBase64(text: string, byteCount: number): Uint8Array | null {
  if (!/^[A-Za-z0-9+/]+={0,2}$/.test(text)) return null;
  const bytes = Buffer.from(text, "base64");
  return bytes.byteLength === byteCount && bytes.toString("base64") === text ? bytes : null;
}

// What turns 32 raw bytes into a SubjectPublicKeyInfo (RFC 8410, section 4).
const SPKI_PREFIX = Buffer.from("302a300506032b6570032100", "hex");

/** Null unless it is 32 bytes that are a point of the curve. */
function readKey(publicKey: string): KeyObject | null {
  const bytes = decodeBase64(publicKey, KEY_BYTES);
  if (!bytes) return null;
  try {
    const der = Buffer.concat([SPKI_PREFIX, bytes]);
    return createPublicKey({ key: der, format: "der", type: "spki" });
  } catch {
    return null;
  }
}
