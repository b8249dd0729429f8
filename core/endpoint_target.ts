/**
 * Which addresses somebody may have notices posted to, as far as the text alone tells.
 *
 * Comes from: `core/endpoint_egress.ts`. Goes to: `core/public_address.ts`.
 *
 * @module
 */
import { isAddress, isPublicAddress } from "./public_address.ts";

/** Longest address of an endpoint. */
export const TARGET_CHARS_MAX = 500;
const LOOPBACK = ["127.0.0.1", "localhost"];
/** Names that only a local network knows. */
const LOCAL_NAME = /(^|\.)(localhost|local|internal|intranet|lan|home\.arpa|home|corp)$/i;

/** Whether a host is this machine in plain words. */
export function isLoopbackHost(host: string): boolean {
  return LOOPBACK.includes(host);
}

/** What is wrong with an address to post to, as a sentence without it; null when it may be used. */
export function checkTarget(
  url: string,
  { mayReachLoopback }: { mayReachLoopback: boolean },
): string | null {
  if (url.length > TARGET_CHARS_MAX) return `must have at most ${TARGET_CHARS_MAX} characters`;
  if (!URL.canParse(url)) return "must be an address such as https://example.com/hooks";
  const { protocol, origin, hostname, username, password, hash } = new URL(url);
  if (username !== "" || password !== "") return "must not hold a user name or password";
  if (hash !== "") return "must not hold a fragment";
  // The parser reads 2130706433 and 0x7f.1 as 127.0.0.1 and drops tabs: the text must say what it means.
  if (!url.toLowerCase().startsWith(origin.toLowerCase())) return "must spell its host plainly";
  if (mayReachLoopback && isLoopbackHost(hostname)) {
    return protocol === "http:" || protocol === "https:" ? null : "must be https";
  }
  if (protocol !== "https:") return "must be https";
  const host = hostname.replace(/^\[|\]$/g, "");
  if (isAddress(host)) return isPublicAddress(host) ? null : "must be on the public internet";
  const isLocal = !host.includes(".") || host.endsWith(".") || LOCAL_NAME.test(host);
  return isLocal ? "must be on the public internet" : null;
}
