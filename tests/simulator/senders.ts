/**
 * Those who send messages by themselves and report them: one by one, many at once, as sums, now and then
 * once more; each report until it is acknowledged.
 *
 * @module
 */
import { DAY_MS, HOUR_MS, MINUTE_MS } from "../../core/clock.ts";
import { toMicros } from "./checks/amount_by_trace.ts";
import { guarded } from "./hooks.ts";
import type { Ask } from "./people.ts";
import { require } from "./violation.ts";
import type { World } from "./world.ts";

/** What was acknowledged of one message, or of a sum of them. */
export interface Acknowledged {
  accountId: string;
  messageId: string;
  /** What it costs, by the report or by the plan. */
  micros: bigint;
  /** Messages. */
  count: number;
}

/** Senders. */
export interface Senders {
  /** By account and id. */
  acknowledged: ReadonlyMap<string, Acknowledged>;
  /** One of them reports something. */
  report(): void;
}

interface Item {
  accountId: string;
  messageId?: string;
  to: string;
  segments: number;
  cost?: string;
  sentAt?: string;
}

interface Request {
  body: object;
  key: string | null;
  /** In the order of the answer. */
  expected: { accountId: string; micros: bigint; count: number }[];
}

/** Who reports, in which currency; the plan's price is in dollars. */
const SENDERS = ["susi", "susi", "yoko", "euro", "acme", "kiwi", "nora", "nora"] as const;
const PLACES = ["+12025550150", "+37255501234", "+493055501234", "+6495550155"] as const;
/** The shipped plan of `sms`, per segment. */
const PLAN_MICROS = 10_000n;

/** Nobody has sent anything yet. */
export function createSenders(world: World, ask: Ask): Senders {
  const draws = world.draws.stream("senders");
  const acknowledged = new Map<string, Acknowledged>();
  const sent: Request[] = [];
  let ids = 0;
  function drawItem(accountId: string, isNamed: boolean): Item {
    const [place, segments, byPlan] = [
      draws.pick(PLACES),
      draws.between(1, 4),
      draws.chance(0.3),
    ];
    const cost = drawCost(accountId);
    const sentAt = drawSentAt();
    return {
      accountId,
      ...(isNamed ? { messageId: `m-${++ids}` } : {}),
      to: place,
      segments,
      ...(byPlan && isDollars(accountId) ? {} : { cost }),
      ...(sentAt === null ? {} : { sentAt }),
    };
  }
  /** Some of it below the smallest coin. */
  function drawCost(accountId: string): string {
    const [whole, part] = [draws.between(0, 6), draws.between(0, 199_999)];
    return `${accountId === "yoko" ? whole : 0}.${String(part).padStart(6, "0")}`;
  }
  /** Mostly now, some a while ago, some on the very boundary of a day or a week. */
  function drawSentAt(): string | null {
    const [which, minutes] = [draws.next(), draws.between(0, 200)];
    const nowMs = world.timeline.now();
    if (which < 0.6) return null;
    if (which < 0.85) return instant(nowMs - minutes * MINUTE_MS);
    const boundaryMs = Math.floor((nowMs - 2 * HOUR_MS) / DAY_MS) * DAY_MS + 2 * HOUR_MS;
    return instant(boundaryMs - (which < 0.92 ? 0 : 1));
  }
  function drawRequest(): Request {
    const [kind, accountId, many] = [draws.next(), draws.pick(SENDERS), draws.between(2, 9)];
    if (kind < 0.5) return requestOf([drawItem(accountId, true)], { key: null });
    if (kind < 0.6) return requestOf([drawItem(accountId, false)], { key: `sent ${++ids}` });
    if (kind < 0.75) return drawSum(accountId);
    const items = Array.from(
      { length: many },
      () => drawItem(draws.chance(0.8) ? accountId : draws.pick(SENDERS), true),
    );
    // The same one twice in one request.
    return requestOf(draws.chance(0.3) ? [...items, items[0]!] : items, { key: null });
  }
  function drawSum(accountId: string): Request {
    const [messageCount, totalCost] = [draws.between(1, 9), drawCost(accountId)];
    const body = { userId: accountId, messageCount, totalCost, country: "EE", prefix: "+372" };
    const expected = [{ accountId, micros: toMicros(totalCost), count: messageCount }];
    return { body, key: `sum ${++ids}`, expected };
  }
  async function send(request: Request): Promise<void> {
    const { body, key, expected } = request;
    world.figures.reports++;
    const headers: Record<string, string> = key === null ? {} : { "idempotency-key": key };
    const answer = await ask("POST", "/api/v1/sms/usage", { body, headers });
    const what = () => `usage ${JSON.stringify(body)} was answered ${answer.text}`;
    require([200, 201].includes(answer.httpStatus), "P1", what);
    const { data } = JSON.parse(answer.text);
    require(data.length === expected.length, "P1", what);
    for (const [i, { accountId, micros, count }] of expected.entries()) {
      const { messageId, charge } = data[i];
      require(toMicros(charge.amount) === micros, "P1", what);
      acknowledged.set(`${accountId} ${messageId}`, { accountId, messageId, micros, count });
    }
  }
  /** Under a key that stood for something else. */
  async function reuse({ key, expected }: Request): Promise<void> {
    const { accountId } = expected[0]!;
    const body = { userId: accountId, messageCount: 1, totalCost: "0.000001" };
    const headers = { "idempotency-key": key! };
    const answer = await ask("POST", "/api/v1/sms/usage", { body, headers });
    require(
      answer.httpStatus === 409 || answer.httpStatus === 422,
      "P7",
      () => `a key stands for two reports: ${answer.text}`,
    );
  }
  async function act(): Promise<void> {
    const [again, asks, which] = [draws.next(), draws.chance(0.1), draws.next()];
    const request = drawRequest();
    const earlier = sent[Math.floor(which * sent.length)];
    if (asks) {
      const [{ accountId }] = request.expected as [Request["expected"][number]];
      const body = { accountId, messageCount: 3, totalCost: "0.03" };
      const { httpStatus, text } = await ask("POST", "/api/v1/sms/checks", { body });
      require(httpStatus === 200, "P1", () => `a check was answered ${text}`);
    }
    if (earlier && again < 0.12) return await send(earlier);
    if (earlier?.key && again < 0.2) return await reuse(earlier);
    await send(request);
    sent.push(request);
  }
  return { acknowledged, report: () => void guarded(world, act()) };
}

function requestOf(items: Item[], { key }: { key: string | null }): Request {
  const expected = items.map(({ accountId, cost, segments }) => ({
    accountId,
    micros: cost === undefined ? PLAN_MICROS * BigInt(segments) : toMicros(cost),
    count: 1,
  }));
  return { body: items.length === 1 ? items[0]! : { messages: items }, key, expected };
}

const isDollars = (accountId: string): boolean => accountId !== "yoko" && accountId !== "euro";
const instant = (ms: number): string => new Date(ms).toISOString();
