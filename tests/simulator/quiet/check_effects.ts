/**
 * I8, the other half: what a webhook told is in what we know, not in the event alone.
 *
 * Looks at Telnyx, whose events are facts that no listing repeats; what is missed of the others' is seen
 * in their calls.
 *
 * @module
 */
import { type Fields, rowAt, rowsOf } from "../commits.ts";
import { require } from "../violation.ts";
import type { Truth } from "./check_the_truth.ts";

/** What a call's leg remembers of each kind of event. */
const LEG_MEMBERS: Readonly<Record<string, string>> = {
  "call.initiated": "initiated",
  "call.answered": "answered",
  "call.bridged": "bridged",
  "call.hangup": "hangup",
};

/** Looks for every processed event in its call, or its message. */
export function checkEffects({ world: { rows } }: Truth): void {
  for (const event of rowsOf(rows, "event")) {
    if (event.carrier !== "telnyx" || event.state !== "processed" || !event.payload) continue;
    const { event_type: kind, payload } = JSON.parse(event.payload).data;
    if (kind === "message.finalized") {
      const message = rowAt(rows, ["message", `telnyx:${payload.id}`]);
      require(message?.isFinal ?? false, "I8", () => `${describe(event)} left its message open`);
      continue;
    }
    const member = LEG_MEMBERS[kind];
    if (member === undefined) continue;
    const call = rowAt(rows, ["call", `telnyx:${payload.call_session_id}`]);
    require(call !== null, "I8", () => `${describe(event)} left no call`);
    const facts: Fields = JSON.parse(call.facts ?? '{"legs":[]}');
    const leg = facts.legs.find((one: Fields) => one.legId === payload.call_leg_id);
    require(
      facts.hasMoreLegs || (leg?.[member] ?? null) !== null,
      "I8",
      () => `${describe(event)} left nothing in ${call.id}`,
    );
  }
}

function describe({ id, kind, attempts }: Fields): string {
  return `event ${id} (${kind}) was processed after ${attempts} attempts and`;
}
