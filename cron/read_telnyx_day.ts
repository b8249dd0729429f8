/**
 * Reads all detail records of a UTC day of Telnyx, however many requests and minutes that takes.
 *
 * Telnyx allows 40 requests in each UTC minute, so a busy day takes several runs: a page that was read is
 * kept until the reading ends, and the next run goes on with the one behind it.
 *
 * Comes from: `cron/reconcile_telnyx.ts`. Goes to: `cron/read_telnyx_records.ts`,
 * `cron/telnyx_quota.ts`, `cron/telnyx_record_types.ts`.
 *
 * @module
 */
import type { TelnyxClient } from "../core/carriers/telnyx/client.ts";
import type {
  TelnyxDetailRecord,
  UnreadableRecord,
} from "../core/carriers/telnyx/records/detail_records.ts";
import { type Clock, DAY_MS, HOUR_MS, SECOND_MS } from "../core/clock.ts";
import { encodeRow } from "../core/kv/codec.ts";
import { recordPageKey } from "../core/kv/keys.ts";
import type { Store } from "../core/kv/store.ts";
import { REQUESTS_SPARED } from "./read_telnyx_records.ts";
import { openQuota, type TelnyxQuota } from "./telnyx_quota.ts";
import { noteWebrtc, RECORD_TYPES, WEBRTC_TYPE } from "./telnyx_record_types.ts";

/** A record, or a row that cannot be read. */
export type RecordRow = TelnyxDetailRecord | UnreadableRecord;

/** Every record of the day and of what surrounds it, or why there is not everything. */
export type DayRecords =
  | { status: "read"; rows: RecordRow[] }
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

interface KeptPage {
  rows: RecordRow[];
  totalPages: number;
}

/** Reads as far as time and quota reach; the same reading asked again goes on where it stopped. */
export async function readTelnyxDay(
  deps: { store: Store; clock: Clock },
  reading: DayReading,
): Promise<DayRecords> {
  const quota = await openQuota({ ...deps, spared: REQUESTS_SPARED });
  const read = await readPages(deps, { reading, quota });
  await quota.keep();
  return read;
}

async function readPages(
  deps: { store: Store; clock: Clock },
  { reading, quota }: { reading: DayReading; quota: TelnyxQuota },
): Promise<DayRecords> {
  const rows: RecordRow[] = [];
  for (const recordType of RECORD_TYPES) {
    let totalPages = 1;
    for (let page = 1; page <= totalPages; page++) {
      if (page > PAGES_MAX) return { status: "failed", reason: "the records do not end" };
      const found = await readPage(deps, { reading, quota, recordType, page });
      if (found.status !== "read") return found;
      rows.push(...found.page.rows);
      totalPages = found.page.totalPages;
    }
  }
  const hasAny = rows.some((row) => row.status === "record" && row.recordType === WEBRTC_TYPE);
  if (hasAny) await noteWebrtc(deps);
  return { status: "read", rows };
}

type FoundPage =
  | { status: "read"; page: KeptPage }
  | { status: "paused"; inMs: number; reason: string }
  | { status: "failed"; reason: string };

async function readPage(
  deps: { store: Store; clock: Clock },
  { reading, quota, recordType, page }: {
    reading: DayReading;
    quota: TelnyxQuota;
    recordType: string;
    page: number;
  },
): Promise<FoundPage> {
  const key = recordPageKey(reading.readId, recordType, String(page).padStart(6, "0"));
  const kept = await deps.store.get<KeptPage>(key);
  if (kept) return { status: "read", page: kept.value };
  if (deps.clock.now() >= reading.untilMs) {
    return { status: "paused", inMs: PAUSE_MS, reason: `read up to page ${page}, goes on` };
  }
  const waitMs = quota.waitMs(1);
  if (waitMs !== null) return pausedFor(waitMs);
  const startedFromMs = reading.startMs - LEG_MARGIN_MS;
  const startedToMs = reading.startMs + DAY_MS + LEG_MARGIN_MS;
  const answer = await reading.client
    .listDetailRecords({ recordType, page, startedFromMs, startedToMs });
  quota.note(answer.rateLimit);
  // An account that has none of a kind may refuse the kind itself.
  if (answer.status === "filter_refused" && recordType === "webrtc") {
    return { status: "read", page: { rows: [], totalPages: 0 } };
  }
  if (answer.status === "carrier_unavailable" && answer.retryAfterMs !== null) {
    quota.pause(answer.retryAfterMs);
    return pausedFor(answer.retryAfterMs);
  }
  if (answer.status !== "listed") return { status: "failed", reason: answer.status };
  const found: KeptPage = { rows: answer.rows, totalPages: answer.totalPages };
  await keepPage(deps.store, { key, page: found });
  return { status: "read", page: found };
}

function pausedFor(ms: number): FoundPage {
  return { status: "paused", inMs: Math.max(1, ms), reason: "Telnyx asks for a pause" };
}

async function keepPage(
  store: Store,
  { key, page }: { key: ReturnType<typeof recordPageKey>; page: KeptPage },
): Promise<void> {
  const puts = [{ key, bytes: encodeRow(key, page), expireInMs: KEPT_FOR_MS }];
  await store.commit({ checks: [], puts, deletes: [] });
}
