/**
 * The banner of the sandbox: that nothing here is real, what time its clock shows, and how to move it.
 *
 * @module
 */
import type { JSX } from "hono/jsx/jsx-runtime";
import { WORDS } from "./strings.ts";
import { TimeText } from "./values.tsx";

/** What the sandbox's banner shows. */
export interface SandboxState {
  /** What the test clock shows. */
  nowMs: number;
  /** IANA name of the zone it is shown in. */
  timeZone: string;
  /** The page to come back to; sent as `return_to`, to be checked where it is used. */
  returnPath: string;
}

/** Where the test clock is moved. */
export const SANDBOX_CLOCK_PATH = "/sandbox/clock";

const STEPS = Object.entries(WORDS.sandbox.steps);

/** Says that this is the sandbox, and moves its clock forward by an ISO 8601 duration. */
export function SandboxBanner({ nowMs, timeZone, returnPath }: SandboxState): JSX.Element {
  const words = WORDS.sandbox;
  return (
    <aside class="sandbox row apart" aria-label={words.name}>
      <p>
        <strong>{words.name}</strong> {words.sentence}
      </p>
      <form class="row" method="post" action={SANDBOX_CLOCK_PATH}>
        <p>
          {words.clock} <TimeText atMs={nowMs} timeZone={timeZone} />
        </p>
        <input type="hidden" name="return_to" value={returnPath} />
        <label for="sandbox-advance" class="unseen">{words.advance}</label>
        <select id="sandbox-advance" name="advance">
          {STEPS.map(([step, label]) => (
            <option value={step} selected={step === "P1D"}>+ {label}</option>
          ))}
        </select>
        <button class="button" type="submit">{words.move}</button>
      </form>
    </aside>
  );
}
