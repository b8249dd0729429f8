/**
 * The simulated Telnyx's own key pair, and what it signs.
 *
 * @module
 */
import { createHash, createPrivateKey, createPublicKey, sign } from "node:crypto";
import { Buffer } from "node:buffer";
import { TELNYX_SIGNATURE_HEADER, TELNYX_TIMESTAMP_HEADER } from "../webhook.ts";

/** Signs deliveries as Telnyx does. */
export interface Signer {
  /** Base64 of the raw 32 bytes. */
  publicKey: string;
  /** The two headers for a body sent at an instant of Unix seconds. */
  signHeaders(body: string, unixSeconds: number): Record<string, string>;
}

/** A key pair drawn from a secret: the same secret, the same pair. */
export function createSigner(secret: string): Signer {
  const seed = createHash("sha256").update(secret).digest();
  const key = Buffer.concat([PKCS8_PREFIX, seed]);
  const privateKey = createPrivateKey({ key, format: "der", type: "pkcs8" });
  const spki = createPublicKey(privateKey).export({ format: "der", type: "spki" });
  return {
    publicKey: spki.subarray(-32).toString("base64"),
    signHeaders: (body, unixSeconds) => {
      const signature = sign(null, Buffer.from(`${unixSeconds}|${body}`), privateKey);
      return {
        [TELNYX_SIGNATURE_HEADER]: signature.toString("base64"),
        [TELNYX_TIMESTAMP_HEADER]: String(unixSeconds),
      };
    },
  };
}

// What turns a 32-byte seed into a PrivateKeyInfo (RFC 8410, section 7).
const PKCS8_PREFIX = Buffer.from("302e020100300506032b657004220420", "hex");
