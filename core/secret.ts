/**
 * A secret that cannot be printed by accident: only `reveal()` gives it away.
 *
 * The configuration hands secrets around in this shape; whoever signs or signs in with one reveals it
 * at the last moment.
 *
 * @module
 */

/** What is printed in place of a secret. */
export const SECRET_SHOWN = "[secret]";

/** A text that prints, logs and serialises as `[secret]`. */
export interface Secret {
  /** The text itself. */
  reveal(): string;
  /** Always {@link SECRET_SHOWN}. */
  toString(): string;
  /** Always {@link SECRET_SHOWN}. */
  toJSON(): string;
}

/** Wraps a text so that it cannot be printed by accident. */
export function secret(value: string): Secret {
  const show = () => SECRET_SHOWN;
  return {
    reveal: () => value,
    toString: show,
    toJSON: show,
    ...{ [Symbol.for("Deno.customInspect")]: show },
    ...{ [Symbol.for("nodejs.util.inspect.custom")]: show },
  };
}
