/**
 * Messages that the reseller's own code reports, repeated until they are acknowledged, and what was
 * acknowledged.
 *
 * @module
 */
import { DAY_MS, formatInstant } from "../../core/clock.ts";
import { accountOf } from "../support/sync_load.ts";
import { isOnCycle } from "./open_accounts.ts";
import { CRASH_SECRETS } from "./secrets.ts";
import { amountOf } from "./top_ups.ts";

/** A message as it was reported. */
export interface ReportedMessage {
  /** As the answer names it: the reporter's own id, or the one made from the key. */
  messageId: string;
  amountMicros: bigint;
  /** How many it stands for. */
  count: number;
}

/** A report somebody makes, and what they were told. */
export interface UsageReport {
  key: string;
  accountId: string;
  /** The body, the same in each repeat. */
  body: Record<string, unknown>;
  /** What each message of it comes to and how many it stands for, in the order of the body. */
  meant: Pick<ReportedMessage, "amountMicros" | "count">[];
  /** Null until then. */
  acknowledged: ReportedMessage[] | null;
  /** Times it was sent. */
  asked: number;
}

/** Everybody who reports, and what somebody was told that cannot be. */
export interface UsageReports {
  all: UsageReport[];
  /** Answers that contradict an earlier one, or the report itself. */
  contradicted: string[];
}

/** Days between the first period that is closed late and today. */
const DAYS_BACK = 400;
/** What the shipped plan takes for a segment. */
const SEGMENT_MICROS = 10_000n;
/** More messages than one commit takes. */
const MANY = 75;

/**
 * Wishes for one more report: a message, some, many, or an aggregate.
 *
 * Accounts with cycles report messages of another day in each round, so that each round closes periods.
 */
export function wishReport(reports: UsageReports, { accounts, round, random }: {
  accounts: number;
  round: number;
  random: () => number;
}): void {
  const i = Math.floor(random() * accounts);
  const accountId = accountOf(i);
  const key = `report-${reports.all.length}`;
  const dayMs = Date.now() - Math.max(1, DAYS_BACK - round) * DAY_MS;
  const sentAt = isOnCycle(i) ? { sentAt: formatInstant(dayMs) } : {};
  const kind = random();
  const report = { key, accountId, acknowledged: null, asked: 0 };
  if (kind < 0.1) {
    const count = 1 + Math.floor(random() * 20);
    const amountMicros = BigInt(1 + Math.floor(random() * 200_000));
    const totalCost = amountOf(amountMicros);
    const body = { userId: accountId, messageCount: count, totalCost, ...sentAt };
    reports.all.push({ ...report, body, meant: [{ amountMicros, count }] });
    return;
  }
  const count = kind < 0.7 ? 1 : kind < 0.97 ? 2 + Math.floor(random() * 10) : MANY;
  const drawn = Array.from({ length: count }, (_, j) => drawMessage(`${key}-${j}`, random));
  const messages = drawn.map(({ message }) => ({ accountId, ...message, ...sentAt }));
  reports.all.push({
    ...report,
    body: count === 1 ? messages[0]! : { messages },
    meant: drawn.map(({ amountMicros }) => ({ amountMicros, count: 1 })),
  });
}

function drawMessage(messageId: string, random: () => number) {
  const to = `+1212555${String(Math.floor(random() * 10_000)).padStart(4, "0")}`;
  const segments = 1 + Math.floor(random() * 3);
  const ownMicros = BigInt(1 + Math.floor(random() * 30_000));
  const hasCost = random() < 0.5;
  return {
    message: { messageId, to, segments, ...(hasCost ? { cost: amountOf(ownMicros) } : {}) },
    amountMicros: hasCost ? ownMicros : BigInt(segments) * SEGMENT_MICROS,
  };
}

/** Sends every report that was not acknowledged yet, and again some or all that were. */
export async function sendReports(
  reports: UsageReports,
  { url, random, repeats = 4 }: { url: string; random: () => number; repeats?: number },
): Promise<void> {
  const share = repeats / reports.all.length;
  const wanted = reports.all.filter(({ acknowledged }) => !acknowledged || random() < share);
  await Promise.all(wanted.map((report) => sendReport(reports, { url, report })));
}

async function sendReport(
  reports: UsageReports,
  { url, report }: { url: string; report: UsageReport },
): Promise<void> {
  report.asked++;
  try {
    const response = await fetch(`${url}/api/v1/sms/usage`, {
      method: "POST",
      signal: AbortSignal.timeout(30_000),
      headers: {
        authorization: `Bearer ${CRASH_SECRETS.ADMIN_API_KEY}`,
        "content-type": "application/json",
        "idempotency-key": report.key,
      },
      body: JSON.stringify(report.body),
    });
    const text = await response.text();
    if (response.status >= 500) return;
    const told = response.ok ? readAnswer(text, report) : null;
    const isSame = !report.acknowledged ||
      report.acknowledged.every(({ messageId }, i) => told?.[i]?.messageId === messageId);
    if (!told || !isSame) {
      reports.contradicted.push(`${report.key}: ${response.status} ${text.slice(0, 300)}`);
      return;
    }
    report.acknowledged ??= told;
  } catch {
    // Killed under it: sent again after the restart, as it was.
  }
}

/** The messages as they were acknowledged; null when the answer is not about this report. */
function readAnswer(text: string, { meant }: UsageReport): ReportedMessage[] | null {
  const { data } = JSON.parse(text) as { data: { messageId: string }[] };
  if (data.length !== meant.length) return null;
  return meant.map((one, i) => ({ ...one, messageId: data[i]!.messageId }));
}
