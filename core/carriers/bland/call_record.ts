/**
 * What is kept of a Bland call as it came: enough to explain a charge later, nothing of what was said.
 *
 * @module
 */
import { z } from "zod";
import { decimalText } from "../json_numbers.ts";
import type { BlandRow } from "./call_row.ts";

/** No member of a record is kept longer than this, in UTF-16 units. */
const MEMBER_LENGTH_MAX = 200;
/** All members together: at three bytes a unit and with their names they stay below 2 KiB. */
const RECORD_LENGTH_MAX = 560;

// Free text comes last, so that it is what gets cut.
const RECORD_MEMBERS = [
  "call_id",
  "created_at",
  "started_at",
  "end_at",
  "call_length",
  "corrected_duration",
  "price",
  "status",
  "queue_status",
  "completed",
  "inbound",
  "is_proxy_agent_call",
  "to",
  "from",
  "answered_by",
  "error_message",
] as const;

/**
 * The members that matter to billing as text, numbers as they were written; at most 2 KiB as JSON.
 *
 * A member that was absent, null, an object or a list is null. Transcripts, summaries and metadata
 * are left out; of metadata only the claimed account stays, as `metadata_account_id`.
 */
export function keepRecord(row: BlandRow): Record<string, string | null> {
  const record: Record<string, string | null> = {};
  let room = RECORD_LENGTH_MAX;
  const keep = (name: string, value: unknown) => {
    const text = memberText(value)?.slice(0, Math.min(MEMBER_LENGTH_MAX, room)).toWellFormed();
    record[name] = text ?? null;
    room -= text?.length ?? 0;
  };
  keep("metadata_account_id", parseClaimedAccountId(row.metadata));
  for (const name of RECORD_MEMBERS) keep(name, row[name]);
  return record;
}

/**
 * The account a call was started for: `metadata.account_id`, 1 to 64 of `A-Z a-z 0-9 _ -`.
 *
 * Metadata may be an object or the JSON text of one. Null when it names none. Whoever may start
 * calls with our key can write it, so it is a claim and no proof.
 */
export function parseClaimedAccountId(metadata: unknown): string | null {
  const members = typeof metadata === "string" ? parseObject(metadata) : metadata;
  const claim = claimSchema.safeParse(members);
  return claim.success ? claim.data.account_id : null;
}

const claimSchema = z.object({ account_id: z.string().regex(/^[A-Za-z0-9_-]{1,64}$/) });

function parseObject(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

function memberText(value: unknown): string | null {
  if (typeof value === "boolean") return String(value);
  // deno-lint-ignore no-control-regex
  return decimalText(value)?.replace(/[\u0000-\u001f\u007f]/g, " ") ?? null;
}
