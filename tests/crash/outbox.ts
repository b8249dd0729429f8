/**
 * A carrier's post office that never gives up: every webhook is posted until it is acknowledged, some of
 * them twice at once, some of them again afterwards.
 *
 * Comes from: `tests/crash/carriers_server.ts`, `tests/crash/place_traffic.ts`.
 *
 * @module
 */

/** What a webhook tells of. */
export type DeliveryKind =
  | "telnyx_call"
  | "telnyx_message"
  | "twilio_call"
  | "twilio_message";

/** One webhook, and what became of it. */
export interface Delivery {
  /** Under which the product keeps it. */
  eventId: string;
  kind: DeliveryKind;
  /** Signed anew for each attempt. */
  render(): { path: string; body: string; headers: Record<string, string> };
  /** Posts begun. */
  asked: number;
  isAcknowledged: boolean;
  /** An answer that no honest sender should get; null when there was none. */
  refusal: string | null;
}

/** The post office. */
export interface Outbox {
  /** Has it posted from now on. */
  add(delivery: Omit<Delivery, "asked" | "isAcknowledged" | "refusal">): void;
  /** Where to post to; null while nobody is there. */
  point(url: string | null): void;
  /** Webhooks that nobody has acknowledged yet. */
  waiting(): number;
  /** Every webhook there is. */
  all(): readonly Delivery[];
}

const WORKERS = 8;
const IDLE_MS = 10;
const ANSWER_MS_MAX = 10_000;
/** Shares of webhooks that come twice at once, and again after they were acknowledged: 15 % together. */
const TWICE_SHARE = 0.075;
const AGAIN_SHARE = 0.075;

/** A post office with nothing to post. */
export function createOutbox(random: () => number): Outbox {
  const all: Delivery[] = [];
  const queue: Delivery[] = [];
  let url: string | null = null;
  let waiting = 0;

  async function work(): Promise<never> {
    while (true) {
      const delivery = url === null ? undefined : queue.shift();
      if (!delivery) {
        await pause(IDLE_MS);
        continue;
      }
      const posts = random() < TWICE_SHARE ? 2 : 1;
      const to = url!;
      const answers = Array.from({ length: posts }, () => post(to, delivery));
      const isHeard = (await Promise.all(answers)).some((heard) => heard);
      if (isHeard && !delivery.isAcknowledged) {
        delivery.isAcknowledged = true;
        waiting--;
      }
      if (isHeard && random() >= AGAIN_SHARE) continue;
      queue.push(delivery);
      if (!isHeard) await pause(IDLE_MS);
    }
  }
  for (let i = 0; i < WORKERS; i++) void work();
  return {
    add: (delivery) => {
      const known = { ...delivery, asked: 0, isAcknowledged: false, refusal: null };
      waiting++;
      all.push(known);
      queue.push(known);
    },
    point: (to) => void (url = to),
    waiting: () => waiting,
    all: () => all,
  };
}

/** Posts once; true when it was acknowledged. */
async function post(url: string, delivery: Delivery): Promise<boolean> {
  delivery.asked++;
  const { path, body, headers } = delivery.render();
  try {
    const signal = AbortSignal.timeout(ANSWER_MS_MAX);
    const response = await fetch(url + path, { method: "POST", body, headers, signal });
    const text = await response.text();
    if (response.status === 200) return true;
    if (response.status < 500) delivery.refusal = `${response.status} ${text.slice(0, 200)}`;
  } catch {
    // Killed under it, or not there: posted again.
  }
  return false;
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
