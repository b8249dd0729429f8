/**
 * Reads all detail records of a UTC day of Telnyx, however many requests and minutes that takes.
 *
 * Telnyx allows 40 requests in each UTC minute, so a busy day takes several runs: a page that was read is
 * kept until the reading ends, and the next run goes on with the one behind it.
 *
 * Comes from: `cron/reconcile_telnyx.ts`, `cron/reconcile_messages.ts`. Goes to: `cron/read_telnyx_records.ts`,
 * `cron/telnyx_quota.ts`, `cron/telnyx_record_types.ts`.
 *
 * @module
 */
import type { TelnyxClient, TelnyxListOutcome } from "../core/carriers/telnyx/client.ts";
import type {
  TelnyxDetailRecord,
  UnreadableRecord,
} from "../core/carriers/telnyx/records/detail_records.ts";
import type {
  TelnyxMessageRecord,
  UnreadableMessageRecord,
} from "../core/carriers/telnyx/records/message_records.ts";
import { type Clock, DAY_MS, HOUR_MS, SECOND_MS } from "../core/clock.ts";
import { encodeRow } from "../core/kv/codec.ts";
import { recordPageKey } from "../core/kv/keys.ts";
import type { Store } from "../core/kv/store.ts";
import { REQUESTS_SPARED } from "./read_telnyx_records.ts";
import { openQuota, type TelnyxQuota } from "./telnyx_quota.ts";
import { hasWebrtc, noteWebrtc, RECORD_TYPES, WEBRTC_TYPE } from "./telnyx_record_types.ts";

/** A record of a call, or a row that cannot be read. */
export type RecordRow = TelnyxDetailRecord | UnreadableRecord;
/** A record of a message without the members that only people read: many of them share a row. */
export type MessageRow = Omit<TelnyxMessageRecord, "record">;

/** Every record of the day and of what surrounds it, or why there is not everything. */
export type DayRecords<Row> =
  | { status: "read"; rows: Row[] }
  | { status: "paused"; inMs: number; reason: string }
  | { status: "failed"; reason: string };

/** Which day, for whom, and how long. */
export interface DayReading {
  /** Telnyx behind the configured key. */
  client: TelnyxClient;
  /** When the UTC day begins. */
  startMs: number;
  /** Names the kept pages; another reading has another. */
  readId: string;
  /** No page is asked for after this instant. */
  untilMs: number;
}

/** A leg may begin this long before or after the first one: Telnyx ends calls after 4 hours. */
const LEG_MARGIN_MS = 4 * HOUR_MS;
const PAGES_MAX = 5_000;
/** Pages outlive a reading that was given up for so long. */
const KEPT_FOR_MS = DAY_MS;
const PAUSE_MS = SECOND_MS;

interface KeptPage<Row> {
  rows: Row[];
  totalPages: number;
}

type Deps = { store: Store; clock: Clock };

/** Reads calls as far as time and quota reach; the same reading asked again goes on where it stopped. */
export async function readTelnyxDay(
  deps: { store: Store; clock: Clock },
  reading: DayReading,
): Promise<DayRecords<RecordRow>> {
  const quota = await openQuota({ ...deps, spared: REQUESTS_SPARED });
  const startedFromMs = reading.startMs - LEG_MARGIN_MS;
  const startedToMs = reading.startMs + DAY_MS + LEG_MARGIN_MS;
  const rows: RecordRow[] = [];
  for (const recordType of RECORD_TYPES) {
    // A day on which nothing was called has none of the rarer type either, as far as we know.
    if (recordType === WEBRTC_TYPE && rows.length === 0 && !await hasWebrtc(deps)) continue;
    const read = await readPages<RecordRow>(deps, {
      reading,
      quota,
      recordType,
      ask: (page) =>
        reading.client.listDetailRecords({ recordType, page, startedFromMs, startedToMs }),
    });
    if (read.status !== "read") return read;
    rows.push(...read.rows);
  }
  const hasAny = rows.some((row) => row.status === "record" && row.recordType === WEBRTC_TYPE);
  if (hasAny) await noteWebrtc(deps);
  return { status: "read", rows };
}

/** Reads messages in the same way. */
export async function readTelnyxMessageDay(
  deps: { store: Store; clock: Clock },
  reading: DayReading,
): Promise<DayRecords<MessageRow>> {
  const quota = await openQuota({ ...deps, spared: REQUESTS_SPARED });
  const createdFromMs = reading.startMs - LEG_MARGIN_MS;
  const createdToMs = reading.startMs + DAY_MS + LEG_MARGIN_MS;
  return await readPages<MessageRow>(deps, {
    reading,
    quota,
    recordType: "messaging",
    ask: async (page) => {
      const answer = await reading.client.listMessageRecords({ page, createdFromMs, createdToMs });
      return answer.status === "listed" ? { ...answer, rows: messageRows(answer.rows) } : answer;
    },
  });
}

const messageRows = (
  rows: readonly (TelnyxMessageRecord | UnreadableMessageRecord)[],
): MessageRow[] =>
  rows.flatMap((row) => {
    if (row.status !== "record") return [];
    const { record: _, ...kept } = row;
    return [kept];
  });

interface Asking<Row> {
  reading: DayReading;
  quota: TelnyxQuota;
  recordType: string;
  ask: (page: number) => Promise<TelnyxListOutcome<Row>>;
}

async function readPages<Row>(deps: Deps, asking: Asking<Row>): Promise<DayRecords<Row>> {
  const rows: Row[] = [];
  let totalPages = 1;
  for (let page = 1; page <= totalPages; page++) {
    const found = page > PAGES_MAX
      ? { status: "failed" as const, reason: "the records do not end" }
      : await readPage(deps, { ...asking, page });
    if (found.status !== "read") {
      await asking.quota.keep();
      return found;
    }
    rows.push(...found.page.rows);
    totalPages = found.page.totalPages;
  }
  await asking.quota.keep();
  return { status: "read", rows };
}

type FoundPage<Row> =
  | { status: "read"; page: KeptPage<Row> }
  | { status: "paused"; inMs: number; reason: string }
  | { status: "failed"; reason: string };

async function readPage<Row>(
  deps: Deps,
  { reading, quota, recordType, ask, page }: Asking<Row> & { page: number },
): Promise<FoundPage<Row>> {
  const key = recordPageKey(reading.readId, recordType, String(page).padStart(6, "0"));
  const kept = await deps.store.get<KeptPage<Row>>(key);
  if (kept) return { status: "read", page: kept.value };
  if (deps.clock.now() >= reading.untilMs) {
    return { status: "paused", inMs: PAUSE_MS, reason: `read up to page ${page}, goes on` };
  }
  const waitMs = quota.waitMs(1);
  if (waitMs !== null) return pausedFor(waitMs);
  const answer = await ask(page);
  quota.note(answer.rateLimit);
  // An account that has none of a kind may refuse the kind itself.
  if (answer.status === "filter_refused" && recordType === WEBRTC_TYPE) {
    return { status: "read", page: { rows: [], totalPages: 0 } };
  }
  if (answer.status === "carrier_unavailable" && answer.retryAfterMs !== null) {
    quota.pause(answer.retryAfterMs);
    return pausedFor(answer.retryAfterMs);
  }
  if (answer.status !== "listed") return { status: "failed", reason: answer.status };
  const found: KeptPage<Row> = { rows: answer.rows, totalPages: answer.totalPages };
  await keepPage(deps.store, { key, page: found });
  return { status: "read", page: found };
}

function pausedFor(ms: number): { status: "paused"; inMs: number; reason: string } {
  return { status: "paused", inMs: Math.max(1, ms), reason: "Telnyx asks for a pause" };
}

async function keepPage(
  store: Store,
  { key, page }: { key: ReturnType<typeof recordPageKey>; page: KeptPage<unknown> },
): Promise<void> {
  const puts = [{ key, bytes: encodeRow(key, page), expireInMs: KEPT_FOR_MS }];
  await store.commit({ checks: [], puts, deletes: [] });
}
