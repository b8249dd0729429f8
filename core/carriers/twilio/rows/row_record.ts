/**
 * What is kept of a Twilio row as it came: enough to explain a charge later, nothing of what was said.
 *
 * @module
 */
import { decimalText } from "../../json_numbers.ts";
import { parseTwilioSid } from "../fields/sid.ts";

/** A row that cannot be read; its neighbours can. */
export interface UnreadableRow {
  /** Told apart from a call by this word. */
  status: "unreadable_row";
  /** Names the member at fault, never its value. */
  reason: string;
  /** Null when not even the id is usable. */
  id: string | null;
}

/** The row as {@link UnreadableRow}, by the first member that its schema refused. */
export function describeUnreadable(
  value: unknown,
  issues: readonly { path: readonly PropertyKey[] }[],
): UnreadableRow {
  const member = issues[0]?.path[0];
  const reason = member === undefined ? "not an object" : `${String(member)} is not as documented`;
  const isObject = typeof value === "object" && value !== null;
  return {
    status: "unreadable_row",
    reason,
    id: isObject && "sid" in value ? parseTwilioSid(value.sid) : null,
  };
}

/** No member of a record is kept longer than this, in UTF-16 units. */
const MEMBER_LENGTH_MAX = 200;
/** All members together: at three bytes a unit and with their names they stay below 2 KiB. */
const RECORD_LENGTH_MAX = 500;

/** Members as text, numbers as they were written; what is absent, null or no text is null. */
export function keepRecord(
  members: readonly (readonly [name: string, value: unknown])[],
): Record<string, string | null> {
  const record: Record<string, string | null> = {};
  let room = RECORD_LENGTH_MAX;
  for (const [name, value] of members) {
    const length = Math.min(MEMBER_LENGTH_MAX, room);
    const text = memberText(value)?.slice(0, length).toWellFormed();
    record[name] = text ?? null;
    room -= text?.length ?? 0;
  }
  return record;
}

function memberText(value: unknown): string | null {
  // deno-lint-ignore no-control-regex
  return decimalText(value)?.replace(/[\u0000-\u001f\u007f]/g, " ") ?? null;
}
