/**
 * Chance as a thing that is handed in: random numbers, ids and secrets.
 *
 * A run with a seeded source replays exactly; nothing else in the program draws at random.
 *
 * @module
 */
import { v7 } from "uuid";
import type { Clock } from "./clock.ts";

/** Where ids, secrets and jitter come from. */
export interface Ids {
  /** A number in [0, 1), for jitter. */
  random(): number;
  /** A fresh id that sorts by time: UUID version 7, 36 characters. */
  id(): string;
  /** A secret of `bytes` random bytes, as base64url without padding. */
  secret(bytes: number): string;
}

/** Ids from a clock and a source of random bytes; the default source is the system's. */
export function createIds(
  clock: Pick<Clock, "now">,
  fill: (bytes: Uint8Array<ArrayBuffer>) => Uint8Array = (bytes) => crypto.getRandomValues(bytes),
): Ids {
  const draw = (count: number) => fill(new Uint8Array(count));
  return {
    random: () => toFraction(draw(4)),
    id: () => v7({ msecs: clock.now(), random: draw(16) }),
    secret: (bytes) =>
      btoa(String.fromCharCode(...draw(bytes)))
        .replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", ""),
  };
}

function toFraction(bytes: Uint8Array): number {
  return new DataView(bytes.buffer, bytes.byteOffset).getUint32(0) / 2 ** 32;
}
