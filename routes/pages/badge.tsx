/**
 * States in words; the colour only repeats what the word says.
 *
 * @module
 */
import type { JSX } from "hono/jsx/jsx-runtime";
import { stateWord } from "./strings.ts";

/** How a state feels: something is well, wants a look, is wrong, is under way, or none of these. */
export type Tone = "positive" | "warning" | "negative" | "active" | "neutral";

const STATE_TONES: Record<string, Tone> = {
  active: "positive",
  answered: "positive",
  billed: "positive",
  completed: "positive",
  delivered: "positive",
  done: "positive",
  exact: "positive",
  ok: "positive",
  paid: "positive",
  processed: "positive",
  approved: "positive",
  estimated: "warning",
  no_duration: "warning",
  past_due: "warning",
  retrying: "warning",
  suspended: "warning",
  unassigned: "warning",
  unmatched: "warning",
  waiting_funds: "warning",
  failed: "negative",
  failing: "negative",
  parked: "negative",
  rejected: "negative",
  in_progress: "active",
  pending: "active",
  processing: "active",
  running: "active",
};

/** What {@link Badge} shows. */
export interface BadgeProps {
  /** The state's code name, shown in words; one that is not listed here is neutral. */
  state: string;
  /** Other words than the state's own. */
  label?: string | undefined;
  /** Another tone than the state's own. */
  tone?: Tone | undefined;
}

/** A state as a word with a tone. */
export function Badge({ state, label, tone }: BadgeProps): JSX.Element {
  const known = Object.hasOwn(STATE_TONES, state) ? STATE_TONES[state] : undefined;
  return <span class={`badge ${tone ?? known ?? "neutral"}`}>{label ?? stateWord(state)}</span>;
}
