/**
 * A promise that was broken in a run.
 *
 * @module
 */

/** What was broken. Its message begins with the invariant, as `I1`. */
export class ViolationError extends Error {
  /** As it is shown. */
  override name = "ViolationError";
}

/** Throws when a promise does not hold. */
export function require(holds: boolean, invariant: string, say: () => string): asserts holds {
  if (!holds) throw new ViolationError(`${invariant}: ${say()}`);
}
