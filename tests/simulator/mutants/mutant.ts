/**
 * A planted bug: which guard of the product it takes away, and the edits of the source that do so.
 *
 * @module
 */

/** One replacement in one file. */
export interface Edit {
  /** From the root of the tree, as `core/kv/gates.ts`. */
  file: string;
  /** Text that stands in the file exactly once. */
  find: string;
  /** What stands there instead. */
  replace: string;
}

/** A part of the simulated world without which a bug cannot show. */
export type Need = "sms" | "sippy";

/** A planted bug. */
export interface Mutant {
  /** On the command line. */
  name: string;
  /** What goes wrong with it, in a sentence. */
  breaks: string;
  /** Faults and promises of the reliability standard whose guard is gone. */
  guards: string;
  /** All of them together make the bug. */
  edits: readonly Edit[];
  /** Skipped, visibly, while the simulator has no such world. */
  needs?: Need;
}
