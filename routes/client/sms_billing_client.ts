/**
 * SMS billing as sending code calls it: ask before a send, report after it. Billing never stands in the way
 * of a send by its own failure: without an answer sending is allowed, and usage is kept and reported later,
 * once.
 *
 * Works wherever `fetch` does. Asks `POST /api/v1/sms/checks` and `POST /api/v1/sms/usage`.
 *
 * Goes to: `routes/client/report_usage.ts`, `routes/client/kept_usage.ts`, `routes/client/ask.ts`.
 *
 * @module
 */
import { z } from "zod";
import { type Clock, SECOND_MS, systemClock } from "../../core/clock.ts";
import { createIds } from "../../core/ids.ts";
import { createAsk, type Requests, SmsBillingRefusal } from "./ask.ts";
import { keepInMemory, type KeptUsage, type SentUsage, type UsageKeeper } from "./kept_usage.ts";
import { createReporter, type RefusedUsage } from "./report_usage.ts";

export { type KeptUsage, type RefusedUsage, type SentUsage, SmsBillingRefusal, type UsageKeeper };

/** How to reach the service. */
export interface SmsBillingOptions {
  /** Where it is, as `https://billing.example.com`. */
  url: string;
  /** A key of the account, or the admin's for sending on behalf of every account. */
  apiKey: string;
  /** The runtime's own without one. */
  fetch?: Requests["fetch"];
  /** Milliseconds one request may take; 2 s without one. */
  deadlineMs?: number;
  /** The machine's own without one. */
  clock?: Clock;
  /** A fresh key for each sending, never the same again; UUIDs without one. */
  newKey?: () => string;
  /** Where usage waits while it cannot be reported; in memory without one. */
  keep?: UsageKeeper;
}

/** A send to ask about. */
export interface PlannedSend extends SentUsage {
  /** The number it goes to. */
  to?: string | undefined;
}

/** Whether to send. */
export interface BillingCheck {
  /** True also when the service did not answer. */
  allowed: boolean;
  /** The contrary. */
  shouldBlock: boolean;
  /** This send reaches a threshold, so that a bill is made. */
  shouldBill: boolean;
  /** Why not; null when it is allowed. */
  reason: string | null;
  /** The running period as the service tells it; null when it did not answer. */
  usage: Record<string, unknown> | null;
  /** The service did not answer, or not as it should: nobody has checked anything. */
  degraded: boolean;
}

/** What became of a report. */
export interface BillingReport {
  /** `duplicate`: an earlier try was counted, though its answer was lost. `kept`: reported later. */
  state: "recorded" | "duplicate" | "kept";
  /** The running period as the service tells it; null while the usage is kept. */
  usage: Record<string, unknown> | null;
  /** The service did not answer, or not as it should. */
  degraded: boolean;
  /** Earlier usage that the service refused for good just now. */
  refused: RefusedUsage[];
}

/** What became of what was kept. */
export interface FlushReport {
  /** Taken by the service. */
  reported: number;
  /** Still waiting. */
  kept: number;
  /** Refused for good, and kept no longer. */
  refused: RefusedUsage[];
}

/** See {@link createSmsBillingClient}. */
export interface SmsBillingClient {
  /** Asks whether to send. Throws {@link SmsBillingRefusal} when the question itself is refused. */
  checkBillingBeforeSend(send: PlannedSend): Promise<BillingCheck>;
  /**
   * Reports what was sent. Throws {@link SmsBillingRefusal} when the report itself is refused; where that
   * is about the key (401, 403) the usage stays kept, so that it can be reported with a good one.
   */
  processBillingAfterSend(usage: SentUsage): Promise<BillingReport>;
  /** Reports what is kept; ends at the first sign that the service is away. */
  flush(): Promise<FlushReport>;
}

const checkAnswer = z.object({
  allowed: z.boolean(),
  reason: z.string().nullable(),
  shouldBill: z.boolean(),
  usage: z.record(z.string(), z.unknown()),
});
/** A client of one service with one key. */
export function createSmsBillingClient(options: SmsBillingOptions): SmsBillingClient {
  const { clock = systemClock(), deadlineMs = 2 * SECOND_MS, keep = keepInMemory() } = options;
  const newKey = options.newKey ?? createIds(clock).id;
  const ask = createAsk({ ...options, clock, deadlineMs });
  const reporter = createReporter({ ask, keep });

  async function checkBillingBeforeSend(send: PlannedSend): Promise<BillingCheck> {
    const { userId: accountId, to, messageCount, totalCost } = send;
    const body = { accountId, messageCount, totalCost, ...(to === undefined ? {} : { to }) };
    const reply = await ask(({ checks }, sent) => checks.$post({ json: body }, sent), checkAnswer);
    if (reply.status === "refused") throw reply.refusal;
    if (reply.status === "away") return UNCHECKED;
    const { allowed, reason, shouldBill, usage } = reply.body;
    return { allowed, shouldBlock: !allowed, shouldBill, reason, usage, degraded: false };
  }

  async function processBillingAfterSend(usage: SentUsage): Promise<BillingReport> {
    const kept: KeptUsage = { idempotencyKey: newKey(), usage };
    const { reply, refused } = await reporter.reportSent(kept, { countMax: KEPT_PER_REPORT });
    if (reply.status === "refused") throw reply.refusal;
    if (reply.status === "away") return { state: "kept", usage: null, degraded: true, refused };
    const { data: [{ state }], usage: period } = reply.body;
    return { state, usage: period, degraded: false, refused };
  }

  async function flush(): Promise<FlushReport> {
    const { reported, refused } = await reporter.reportKept({ countMax: Infinity });
    return { reported, kept: (await keep.list()).length, refused };
  }

  return { checkBillingBeforeSend, processBillingAfterSend, flush };
}

/** Earlier usage that a report takes along: more waits for the next one, so that no send waits long. */
const KEPT_PER_REPORT = 25;

const UNCHECKED: BillingCheck = {
  allowed: true,
  shouldBlock: false,
  shouldBill: false,
  reason: null,
  usage: null,
  degraded: true,
};
