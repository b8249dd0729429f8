/**
 * Which addresses are out in the world: everything else (this machine, the local network, the metadata
 * server of a cloud) is nobody's webhook.
 *
 * @module
 */

/** IPv4 ranges that are not public: IANA's special-purpose registry, multicast, and what is reserved. */
const CLOSED_V4: readonly (readonly [base: string, bits: number])[] = [
  ["0.0.0.0", 8],
  ["10.0.0.0", 8],
  ["100.64.0.0", 10],
  ["127.0.0.0", 8],
  ["169.254.0.0", 16],
  ["172.16.0.0", 12],
  ["192.0.0.0", 24],
  ["192.0.2.0", 24],
  ["192.88.99.0", 24],
  ["192.168.0.0", 16],
  ["198.18.0.0", 15],
  ["198.51.100.0", 24],
  ["203.0.113.0", 24],
  ["224.0.0.0", 4],
  ["240.0.0.0", 4],
];

/** IPv6 ranges inside 2000::/3 that are not public: protocol use, documentation, and wrapped IPv4. */
const CLOSED_V6: readonly (readonly [base: readonly number[], bits: number])[] = [
  [[0x2001, 0x0000], 23],
  [[0x2001, 0x0db8], 32],
  [[0x2002, 0x0000], 16],
  [[0x3fff, 0x0000], 20],
];

/** Whether an address, as a resolver gives it, is of the public internet. What is no address is not. */
export function isPublicAddress(address: string): boolean {
  const v4 = parseV4(address);
  if (v4 !== null) {
    return !CLOSED_V4.some(([base, bits]) => isWithin({ value: v4, base: parseV4(base)!, bits }));
  }
  const groups = parseV6(address);
  // Global unicast is 2000::/3; what wraps an IPv4 address (::ffff:…, 64:ff9b::) lies outside of it.
  if (!groups || groups[0]! >> 13 !== 0b001) return false;
  const value = groups[0]! * 65_536 + groups[1]!;
  return !CLOSED_V6.some(([[high = 0, low = 0], bits]) =>
    isWithin({ value, base: high * 65_536 + low, bits })
  );
}

/** Whether it is an address in plain spelling and no name. */
export function isAddress(text: string): boolean {
  return parseV4(text) !== null || parseV6(text) !== null;
}

function isWithin(
  { value, base, bits }: { value: number; base: number; bits: number },
): boolean {
  const size = 2 ** (32 - bits);
  return Math.floor(value / size) === Math.floor(base / size);
}

function parseV4(text: string): number | null {
  if (!/^\d{1,3}(\.\d{1,3}){3}$/.test(text)) return null;
  const parts = text.split(".").map(Number);
  if (parts.some((part) => part > 255)) return null;
  return parts.reduce((sum, part) => sum * 256 + part, 0);
}

/** The eight groups of an IPv6 address without a zone. */
function parseV6(text: string): number[] | null {
  if (!text.includes(":") || !/^[0-9a-f:.]+$/i.test(text)) return null;
  if (!URL.canParse(`http://[${text}]/`)) return null;
  // The URL parser writes every IPv6 address in one spelling, without dotted parts.
  const [before = "", after] = new URL(`http://[${text}]/`).hostname.slice(1, -1).split("::");
  const groupsOf = (part: string) =>
    part === "" ? [] : part.split(":").map((one) => parseInt(one, 16));
  const [head, tail] = [groupsOf(before), groupsOf(after ?? "")];
  return [...head, ...Array<number>(8 - head.length - tail.length).fill(0), ...tail];
}
