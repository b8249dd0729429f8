/**
 * Broken promises that are known and not mended yet: the simulator looks past them, so that it goes on
 * finding others. Whoever mends one takes its line away; `--strict` looks past none.
 *
 * @module
 */
import type { Fields } from "./commits.ts";

/** What is known, by name, and how to tell it. */
const KNOWN: Readonly<Record<string, (call: Fields) => boolean>> = {};

let isStrict = false;

/** From now on nothing is looked past. */
export function lookPastNothing(): void {
  isStrict = true;
}

/** Whether a call as it is stored shows a bug that is known. */
export function isKnownBug(call: Fields): boolean {
  return !isStrict && Object.values(KNOWN).some((shows) => shows(call));
}
