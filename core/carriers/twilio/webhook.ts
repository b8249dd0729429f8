/**
 * Proof that a callback comes from Twilio.
 *
 * There is no time in it, so a request once seen can be sent again for ever: what follows from a
 * callback must be the same however often it comes.
 *
 * @module
 */
import { createHash, createHmac, timingSafeEqual } from "node:crypto";
import { type FormParameter, parseForm } from "./form.ts";
import { signedUrls } from "./signed_urls.ts";

/** The header that carries the signature. */
export const TWILIO_SIGNATURE_HEADER = "x-twilio-signature";

/** What {@link verifyTwilioSignature} looks at. */
export interface TwilioProof {
  /** As Twilio was told it, query included (`core/carriers/twilio/signed_urls.ts`, `publicUrlOf`). */
  url: string;
  /** The bytes as they came; empty for a GET. */
  body: Uint8Array;
  /** The header as it came. */
  contentType: string | null;
  /** The header as it came. */
  signature: string | null;
  /** The primary token, also while a secondary one exists. */
  authToken: string;
}

/**
 * Whether the signature fits: HMAC-SHA1 under the token, base64, over the URL and the form's parameters.
 *
 * A form is signed parameter by parameter; no body, nothing but the URL. Any other body is not covered
 * by the signature, so its SHA-256 has to stand in the URL as `bodySHA256`; and wherever that stands,
 * the body has to fit it. A missing header, an empty token, a form that is not UTF-8 and a URL that is
 * none are refused. Comparisons take the same time wherever they differ.
 * Source: Twilio documentation, "Webhooks security"; npm twilio 6.2.0, `lib/webhooks/webhooks.js`.
 */
export function verifyTwilioSignature(proof: TwilioProof): boolean {
  const { url, signature, authToken } = proof;
  if (authToken === "" || signature === null || !/^[A-Za-z0-9+/]{27}=$/.test(signature)) {
    return false;
  }
  const parameters = signedParameters(proof);
  if (!parameters) return false;
  return signedUrls(url)
    .map((each) => formatTwilioSignature({ url: each, parameters, authToken }))
    .reduce((fits, expected) => isEqual(expected, signature) || fits, false);
}

/** The signature Twilio writes for exactly this URL; `parameters` are empty but for a form. */
export function formatTwilioSignature(
  { url, parameters, authToken }: {
    url: string;
    parameters: readonly FormParameter[];
    authToken: string;
  },
): string {
  const text = url + joinParameters(parameters);
  return createHmac("sha1", authToken).update(text, "utf8").digest("base64");
}

/** Null when the body is not what the URL says, or nothing would protect it. */
function signedParameters({ url, body, contentType }: TwilioProof): FormParameter[] | null {
  const digests = [...url.matchAll(/[?&]bodySHA256=([^&#]*)/g)].map(([, digest = ""]) => digest);
  const actual = createHash("sha256").update(body).digest("hex");
  if (!digests.every((digest) => isEqual(actual, digest.toLowerCase()))) return null;
  if (isForm(contentType)) {
    const form = parseForm(body);
    return form.status === "form" ? form.parameters : null;
  }
  return body.length === 0 || digests.length > 0 ? [] : null;
}

function isForm(contentType: string | null): boolean {
  return contentType?.split(";")[0]?.trim().toLowerCase() === "application/x-www-form-urlencoded";
}

// Names by code unit, upper case first; the values of a repeated name once each, by code unit.
function joinParameters(parameters: readonly FormParameter[]): string {
  const values = new Map<string, Set<string>>();
  for (const { name, value } of parameters) {
    values.set(name, (values.get(name) ?? new Set()).add(value));
  }
  return [...values.keys()].sort().flatMap((name) =>
    [...values.get(name) ?? []].sort().map((value) => name + value)
  ).join("");
}

function isEqual(expected: string, told: string): boolean {
  const [a, b] = [expected, told].map((text) => createHash("sha256").update(text).digest());
  return a !== undefined && b !== undefined && timingSafeEqual(a, b);
}
