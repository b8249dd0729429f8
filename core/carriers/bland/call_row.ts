/**
 * A call as Bland writes it: in a list, alone, or in a webhook.
 *
 * @module
 */
import { z } from "zod";
import { decimalText } from "../json_numbers.ts";

/**
 * The members that are read; what is absent is undefined or null.
 *
 * Which of them a list row carries is not documented, so only `call_id` must be there. What steers
 * billing is typed; the rest may be anything. Source: Bland API reference, `GET /v1/calls/{call_id}`.
 */
export interface BlandRow {
  /** See {@link parseBlandCallId}. */
  call_id: string;
  /** The call has ended in Bland's view. */
  completed?: boolean | null | undefined;
  /** How it ended. */
  status?: string | null | undefined;
  /** How far it got; `…_error` when it never came about. */
  queue_status?: string | null | undefined;
  /** When the call was asked for, perhaps days before it takes place. */
  created_at?: string | null | undefined;
  /** When it connected. */
  started_at?: string | null | undefined;
  /** When it would be cut off. */
  end_at?: unknown;
  /** Seconds, as text. */
  corrected_duration?: unknown;
  /** Minutes, as a number with a fraction. */
  call_length?: unknown;
  /** US dollars, as a number. */
  price?: unknown;
  /** True or false. */
  inbound?: unknown;
  /** A telephone number, perhaps without its country. */
  from?: unknown;
  /** See {@link BlandRow.from}. */
  to?: unknown;
  /** `human`, `voicemail`, `unknown`, `no-answer` or null. */
  answered_by?: unknown;
  /** May be there on a call that went well. */
  error_message?: unknown;
  /** The second leg of a warm transfer. */
  is_proxy_agent_call?: unknown;
  /** What the call was started with. */
  metadata?: unknown;
}

/** A row that cannot be read; its neighbours can. */
export interface UnreadableRow {
  /** Told apart from a call by this word. */
  status: "unreadable_row";
  /** Names the member at fault, never its value. */
  reason: string;
  /** Null when not even the id is usable. */
  id: string | null;
}

/** Checks a value from JSON that kept its numbers (`core/carriers/json_numbers.ts`). */
export function parseBlandRow(value: unknown): { status: "row"; row: BlandRow } | UnreadableRow {
  const parsed = rowSchema.safeParse(value);
  if (parsed.success) return { status: "row", row: parsed.data };
  const member = parsed.error.issues[0]?.path[0];
  const reason = member === undefined ? "not an object" : `${String(member)} is not as documented`;
  const id = idSchema.safeParse(value);
  return { status: "unreadable_row", reason, id: id.success ? id.data.call_id : null };
}

/**
 * The id of a Bland call: 1 to 64 of `A-Z a-z 0-9 _ . : -`, text or number; null for anything else.
 *
 * Bland writes UUIDs, and its reference says "number". Dots alone are refused: they would climb up
 * the path when the call is asked for.
 */
export function parseBlandCallId(value: unknown): string | null {
  const text = decimalText(value);
  return text !== null && /^(?!\.+$)[A-Za-z0-9_.:-]{1,64}$/.test(text) ? text : null;
}

const anything = z.unknown().optional();
const call_id = z.unknown().transform(parseBlandCallId).pipe(z.string());
const idSchema = z.object({ call_id });
const rowSchema = z.object({
  call_id,
  completed: z.boolean().nullish(),
  status: z.string().nullish(),
  queue_status: z.string().nullish(),
  created_at: z.string().nullish(),
  started_at: z.string().nullish(),
  end_at: anything,
  corrected_duration: anything,
  call_length: anything,
  price: anything,
  inbound: anything,
  from: anything,
  to: anything,
  answered_by: anything,
  error_message: anything,
  is_proxy_agent_call: anything,
  metadata: anything,
});
