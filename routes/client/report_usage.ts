/**
 * Reports usage: what was just sent, and before it some of what earlier sends have left behind.
 *
 * Comes from: `routes/client/sms_billing_client.ts`. Goes to: `routes/client/ask.ts`,
 * `routes/client/kept_usage.ts`.
 *
 * @module
 */
import { z } from "zod";
import type { Ask, Reply, SmsBillingRefusal } from "./ask.ts";
import type { KeptUsage, SentUsage, UsageKeeper } from "./kept_usage.ts";

/** Usage that will not be reported any more, and why. */
export interface RefusedUsage extends KeptUsage {
  /** What the service said. */
  refusal: SmsBillingRefusal;
}

const usageAnswer = z.object({
  data: z.tuple([z.object({ state: z.enum(["recorded", "duplicate"]) })]),
  usage: z.record(z.string(), z.unknown()).nullable(),
});
/** What the service says of a report. */
export type UsageAnswer = z.infer<typeof usageAnswer>;

/** What became of usage that was kept. */
export interface KeptReport {
  /** Taken by the service. */
  reported: number;
  /** Refused for good, and kept no longer. */
  refused: RefusedUsage[];
  /** The service did not answer: the rest was not tried. */
  isAway: boolean;
}

/** Reports usage, each with its own key for ever. */
export interface Reporter {
  /** Keeps it, reports some of what is kept already, then it. */
  reportSent(
    kept: KeptUsage,
    limit: { countMax: number },
  ): Promise<{ reply: Reply<UsageAnswer>; refused: RefusedUsage[] }>;
  /** Reports what is kept, but for what somebody is reporting already. */
  reportKept(limit: { countMax: number }): Promise<KeptReport>;
}

/** A reporter over a service and a keeper. */
export function createReporter({ ask, keep }: { ask: Ask; keep: UsageKeeper }): Reporter {
  const underWay = new Set<string>();

  async function reportSent(
    kept: KeptUsage,
    limit: { countMax: number },
  ): Promise<{ reply: Reply<UsageAnswer>; refused: RefusedUsage[] }> {
    underWay.add(kept.idempotencyKey);
    try {
      await keep.add(kept);
      const { refused, isAway } = await reportKept(limit);
      // What is away is not asked again at once: a send waits for one deadline, not for two.
      const reply = isAway ? { status: "away" as const } : await report(kept);
      return { reply, refused };
    } finally {
      underWay.delete(kept.idempotencyKey);
    }
  }

  async function reportKept({ countMax }: { countMax: number }): Promise<KeptReport> {
    const done: KeptReport = { reported: 0, refused: [], isAway: false };
    for (const kept of await keep.list()) {
      if (done.reported + done.refused.length >= countMax) break;
      if (underWay.has(kept.idempotencyKey)) continue;
      underWay.add(kept.idempotencyKey);
      try {
        const reply = await report(kept);
        if (reply.status === "answered") done.reported++;
        else if (isFinal(reply)) done.refused.push({ ...kept, refusal: reply.refusal });
        else return { ...done, isAway: reply.status === "away" };
      } finally {
        underWay.delete(kept.idempotencyKey);
      }
    }
    return done;
  }

  /** One try, always with the key the usage was kept under; what is settled by it is kept no longer. */
  async function report({ idempotencyKey, usage }: KeptUsage): Promise<Reply<UsageAnswer>> {
    const request = { header: { "idempotency-key": idempotencyKey }, json: labelled(usage) };
    const reply = await ask(
      ({ usage: address }, sent) => address.$post(request, sent),
      usageAnswer,
    );
    if (reply.status === "answered" || isFinal(reply)) await keep.remove(idempotencyKey);
    return reply;
  }

  return { reportSent, reportKept };
}

/** Refused for what it says: no key would help. */
function isFinal(
  reply: Reply<UsageAnswer>,
): reply is { status: "refused"; refusal: SmsBillingRefusal } {
  return reply.status === "refused" && !reply.refusal.isAboutKey;
}

/** The usage with those labels that are ones: money must not be lost over a name. */
function labelled({ country, prefix, ...usage }: SentUsage): SentUsage {
  return {
    ...usage,
    ...(/^[A-Za-z]{2}$/.test(country ?? "") ? { country } : {}),
    ...(/^\+?[1-9]\d{0,14}$/.test(prefix ?? "") ? { prefix } : {}),
  };
}
