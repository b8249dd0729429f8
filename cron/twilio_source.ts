/**
 * Twilio's account as a source: the sweep that finds calls and messages whose callback never came, and
 * the prices that come later.
 *
 * Comes from: `cron/sync_calls.ts`. Goes to: `core/carriers/twilio/client.ts`.
 *
 * @module
 */
import { createTwilioClient, type TwilioClient } from "../core/carriers/twilio/client.ts";
import type { TwilioListRequest } from "../core/carriers/twilio/listing.ts";
import type { Clock } from "../core/clock.ts";
import type { TwilioConfig } from "../core/config.ts";
import type { Egress } from "../core/egress.ts";
import type { CallReport } from "../core/usage/call_usage.ts";
import type { MessageReport } from "../core/usage/message_usage.ts";
import type { CallSource, SourceCall, SourcePage } from "./call_source.ts";

/** The source of the installation's Twilio account. */
export const TWILIO_SOURCE = "twilio:main";
/** How far the first and the daily look go back. */
const LOOKBACK_DAYS = 7;
/** Pages of one listing; a listing that goes on longer is not moving. */
const PAGES_MAX = 1_000;

/** The Twilio account behind the configuration. */
export function createTwilioSource(
  deps: { egress: Egress; clock: Clock },
  twilio: TwilioConfig,
): CallSource {
  const client = createTwilioClient({
    ...deps,
    baseUrl: twilio.baseUrl,
    accountSid: twilio.accountSid,
    authToken: twilio.authToken.reveal(),
  });
  return {
    sourceId: TWILIO_SOURCE,
    carrier: "twilio",
    keyAccountId: null,
    accountIds: [],
    lookbackDays: LOOKBACK_DAYS,
    pages: (startAtMs) => readPages(client, startAtMs),
    readCall: (carrierCallId) => readCall(client, carrierCallId),
  };
}

/** Calls first, since they are charged at once, then messages. */
async function* readPages(client: TwilioClient, startAtMs: number): AsyncGenerator<SourcePage> {
  let done = 0;
  for (const kind of ["calls", "messages"] as const) {
    let request: TwilioListRequest | null = { startAtMs };
    for (let pages = 0; request !== null; pages++) {
      const page: Rows | Failed = kind === "calls"
        ? await listCalls(client, request)
        : await listMessages(client, request);
      if (page.status === "failed" || pages === PAGES_MAX) {
        yield page.status === "failed"
          ? page
          : { status: "failed", reason: "the listing does not end" };
        return;
      }
      done += page.count;
      const isLast = page.nextPage === null && kind === "messages";
      yield { ...page, done, total: null, resumeAtMs: null, isLast };
      request = page.nextPage === null ? null : { page: page.nextPage };
    }
  }
}

interface Rows {
  status: "listed";
  calls: CallReport[];
  messages: MessageReport[];
  unreadable: { id: string | null; reason: string }[];
  count: number;
  nextPage: string | null;
}
type Failed = { status: "failed"; reason: string };

async function listCalls(client: TwilioClient, request: TwilioListRequest): Promise<Rows | Failed> {
  const page = await client.listCalls(request);
  if (page.status !== "listed") {
    return { status: "failed", reason: `${page.status}: ${page.reason}` };
  }
  return {
    status: "listed",
    calls: page.calls.filter((row): row is CallReport & typeof row =>
      row.status !== "unreadable_row"
    ),
    messages: [],
    unreadable: page.calls.filter((row) => row.status === "unreadable_row"),
    count: page.count,
    nextPage: page.nextPage,
  };
}

async function listMessages(
  client: TwilioClient,
  request: TwilioListRequest,
): Promise<Rows | Failed> {
  const page = await client.listMessages(request);
  if (page.status !== "listed") {
    return { status: "failed", reason: `${page.status}: ${page.reason}` };
  }
  return {
    status: "listed",
    calls: [],
    messages: page.messages.filter((row) => row.status !== "unreadable_row"),
    unreadable: page.messages.filter((row) => row.status === "unreadable_row"),
    count: page.count,
    nextPage: page.nextPage,
  };
}

async function readCall(client: TwilioClient, carrierCallId: string): Promise<SourceCall> {
  const answer = await client.getCall(carrierCallId);
  if (answer.status === "found" || answer.status === "call_not_found") return answer;
  return { status: "failed", reason: answer.status };
}
