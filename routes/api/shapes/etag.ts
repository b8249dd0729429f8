/**
 * Strong entity tags, and what a change must say about the one it was made with in view.
 *
 * @module
 */
import { createHash } from "node:crypto";

/** The tag of a text: equal exactly when the text is. */
export function etagOf(text: string): string {
  return `"${createHash("sha256").update(text).digest("hex").slice(0, 32)}"`;
}

/** Whether an `If-Match` header names the tag: `*` names any, a weak tag names none (RFC 9110, 13.1.1). */
export function namesEtag(ifMatch: string, etag: string): boolean {
  return ifMatch.split(",").map((one) => one.trim()).some((one) => one === "*" || one === etag);
}
