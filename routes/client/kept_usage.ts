/**
 * Usage that has not been reported yet: kept until the service has taken it, under the key it will be
 * reported with however often that is tried.
 *
 * Comes from: `routes/client/sms_billing_client.ts`, `routes/client/report_usage.ts`.
 *
 * @module
 */

/** Messages that were sent, as the sending code knows them. */
export interface SentUsage {
  /** The account. */
  userId: string;
  /** Messages. */
  messageCount: number;
  /** What all of them come to: a number, rounded to six decimals, or a decimal string, taken exactly. */
  totalCost: number | string;
  /** ISO 3166 alpha-2; a label. */
  country?: string | undefined;
  /** Calling code; a label. */
  prefix?: string | undefined;
}

/** Usage and the key that stands for it. */
export interface KeptUsage {
  /** Fresh for each sending, the same for each try: what makes it count once. */
  idempotencyKey: string;
  /** What to report. */
  usage: SentUsage;
}

/**
 * Where usage waits. A keeper that lasts (a file, a table) also brings usage through a crash of the
 * sending program: it is added before anything is sent, and removed once it is counted.
 */
export interface UsageKeeper {
  /** Adds at the end. */
  add(kept: KeptUsage): void | Promise<void>;
  /** Everything there is, the oldest first. */
  list(): readonly KeptUsage[] | Promise<readonly KeptUsage[]>;
  /** Takes one away; one that is absent is no fault. */
  remove(idempotencyKey: string): void | Promise<void>;
}

/** A keeper that lasts as long as the program. */
export function keepInMemory(): UsageKeeper {
  const kept = new Map<string, KeptUsage>();
  return {
    add: (one) => void kept.set(one.idempotencyKey, one),
    list: () => [...kept.values()],
    remove: (idempotencyKey) => void kept.delete(idempotencyKey),
  };
}
