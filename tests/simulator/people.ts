/**
 * The people of a run: they move money, numbers, prices and settings through the API, and repeat each
 * request with the same key until it is answered.
 *
 * @module
 */
import { MINUTE_MS, SECOND_MS } from "../../core/clock.ts";
import { SECRETS } from "./configuration.ts";
import type { Answer, Gateway } from "./gateway.ts";
import { guarded } from "./hooks.ts";
import { require } from "./violation.ts";
import type { World } from "./world.ts";

/** What somebody asked for under one key. */
export interface MoneyAsked {
  accountId: string;
  kind: "top_up" | "refund" | "adjustment";
  /** As it was written. */
  amount: string;
  /** What came of it; null while nobody knows. */
  outcome: { status: number; seq: number | null } | null;
}

/** Asks until there is an answer that says something. */
export type Ask = (
  method: string,
  path: string,
  options?: { body?: unknown; headers?: Record<string, string>; isCron?: boolean },
) => Promise<Extract<Answer, { status: "answered" }>>;

/** The people. */
export interface People {
  ask: Ask;
  /** Everything that was asked for, by key. */
  money: ReadonlyMap<string, MoneyAsked>;
  /** Moves money once. */
  move(asked: Omit<MoneyAsked, "outcome">): Promise<void>;
  /** One of them does something. */
  act(): void;
  /** Requests without an answer yet. */
  pending(): number;
}

/** Accounts that money moves in. */
export const PAYING = ["acme", "kiwi", "york", "euro"] as const;
/** A number that changes hands. */
export const MOVING_NUMBER = "+12025550180";
/** Who holds it in turn. */
const MOVERS = ["acme", "york"] as const;

/** Nobody has done anything yet. */
export function createPeople(world: World, gateway: Gateway): People {
  const { timeline } = world;
  const draws = world.draws.stream("people");
  const money = new Map<string, MoneyAsked>();
  let pending = 0;
  let keys = 0;
  const wait = (ms: number) => new Promise<void>((resolve) => void timeline.after(ms, resolve));
  const ask: Ask = async (method, path, { body, headers = {}, isCron = false } = {}) => {
    pending++;
    const secret = isCron ? SECRETS.CRON_SECRET : SECRETS.ADMIN_API_KEY;
    while (true) {
      const wasQuiet = world.isQuiet();
      const answer = await gateway.send({
        method,
        path,
        headers: {
          authorization: `Bearer ${secret}`,
          ...(body === undefined ? {} : { "content-type": "application/json" }),
          ...headers,
        },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
        timeoutMs: isCron ? 200 * SECOND_MS : 90 * SECOND_MS,
      });
      const mayRepeat = answer.status === "broken" || answer.httpStatus >= 502 ||
        answer.httpStatus === 429;
      if (!mayRepeat) {
        pending--;
        require(
          answer.httpStatus !== 500,
          "I10",
          () => `${method} ${path} was answered 500: ${answer.text}`,
        );
        return answer;
      }
      require(!wasQuiet, "I10", () => `${method} ${path} has no answer although all is quiet`);
      await wait(draws.between(1, 20) * SECOND_MS);
    }
  };
  async function move(asked: Omit<MoneyAsked, "outcome">): Promise<void> {
    const key = `key ${++keys}`;
    const note: MoneyAsked = { ...asked, outcome: null };
    money.set(key, note);
    const { accountId, kind, amount } = asked;
    const path = `/api/v1/accounts/${accountId}/${kind.replace("_", "-")}s`;
    const request = { body: { amount, reference: key }, headers: { "idempotency-key": key } };
    const isRepeated = draws.chance(0.3);
    const answer = await ask("POST", path, request);
    note.outcome = outcomeOf(answer);
    const againMs = draws.between(1, 40) * MINUTE_MS;
    if (!isRepeated || note.outcome.seq === null) return;
    timeline.after(againMs, () => void guarded(world, repeat()));
    async function repeat(): Promise<void> {
      const again = outcomeOf(await ask("POST", path, request));
      require(
        again.seq === note.outcome!.seq,
        "I4",
        () => `${key} was entry ${note.outcome!.seq}, and ${again.seq} when it was asked again`,
      );
    }
  }
  const deeds = createDeeds({ world, ask, move, draws });
  return {
    ask,
    money,
    move,
    act: () => void guarded(world, deeds()),
    pending: () => pending,
  };
}

function outcomeOf({ httpStatus, text }: { httpStatus: number; text: string }) {
  require(
    [201, 402, 404, 422].includes(httpStatus),
    "I4",
    () => `money was answered ${httpStatus}: ${text}`,
  );
  return { status: httpStatus, seq: httpStatus === 201 ? JSON.parse(text).entry.seq : null };
}

interface DeedDeps {
  world: World;
  ask: Ask;
  move: People["move"];
  draws: World["draws"];
}

/** One deed at a time, drawn. */
function createDeeds({ world, ask, move, draws }: DeedDeps): () => Promise<void> {
  let isMoving = false;
  const cents = (min: number, max: number) => `${draws.between(min, max)}.${draws.between(10, 99)}`;
  async function setWallet(accountId: string): Promise<void> {
    const [policy, limit, isPolicy] = [draws.chance(0.6), draws.between(0, 4), draws.chance(0.5)];
    const path = `/api/v1/accounts/${accountId}/wallet`;
    const change = isPolicy
      ? { policy: policy ? "wait" : "overdraw" }
      : { creditLimit: `${limit}.00` };
    for (let tries = 0; tries < 5; tries++) {
      const etag = (await ask("GET", path)).headers.get("etag") ?? "";
      const headers = { "if-match": etag };
      const { httpStatus } = await ask("PATCH", path, { body: change, headers });
      if (httpStatus !== 412) return;
    }
  }
  async function moveNumber(): Promise<void> {
    // One at a time: whose the number is after two moves at once is anybody's guess.
    if (isMoving) return;
    isMoving = true;
    const [from, to] = draws.chance(0.5) ? MOVERS : MOVERS.toReversed();
    const number = encodeURIComponent(MOVING_NUMBER);
    const { httpStatus } = await ask("DELETE", `/api/v1/accounts/${from}/numbers/${number}`);
    if (httpStatus === 204) {
      await ask("POST", `/api/v1/accounts/${to}/numbers`, { body: { number: MOVING_NUMBER } });
    }
    isMoving = false;
  }
  async function addVersion(): Promise<void> {
    const plan = draws.pick(["bland_voice", "twilio_voice", "telnyx_voice"]);
    const [later, rate] = [draws.between(10, 40), draws.between(10, 30)];
    const path = `/api/v1/rate-plans/${plan}`;
    const read = await ask("GET", path);
    const { service, currency, versions } = JSON.parse(read.text);
    const fromMs = Math.floor((world.timeline.now() + later * MINUTE_MS) / 1_000) * 1_000;
    const last = versions.at(-1);
    const terms = plan === "telnyx_voice"
      ? { ...last, markupPercent: String(rate) }
      : { ...last, rate: `0.${rate}0000` };
    const next = { ...terms, version: versions.length + 1, effectiveFrom: instant(fromMs) };
    const body = { service, currency, versions: [...versions, next] };
    await ask("PUT", path, { body, headers: { "if-match": read.headers.get("etag") ?? "" } });
  }
  return async () => {
    const [deed, accountId, kind] = [draws.next(), draws.pick(PAYING), draws.next()];
    const amounts = [cents(1, 25), cents(0, 4), cents(0, 6)] as const;
    if (deed < 0.4) return await move({ accountId, kind: "top_up", amount: amounts[0] });
    if (deed < 0.46) return await move({ accountId, kind: "refund", amount: amounts[1] });
    if (deed < 0.56) {
      const amount = (kind < 0.7 ? "-" : "") + amounts[2];
      return await move({ accountId, kind: "adjustment", amount });
    }
    if (deed < 0.68) return await setWallet(accountId);
    if (deed < 0.78) return await moveNumber();
    if (deed < 0.82) return await addVersion();
    if (deed < 0.9) return void await ask("POST", "/api/calls/scheduled-sync", { isCron: true });
    if (deed < 0.94) {
      return void await ask("POST", "/api/cron/process-call-costs", { isCron: true });
    }
    if (deed < 0.955) {
      return void await ask("GET", `/api/v1/accounts/${accountId}/entries?limit=50`);
    }
    if (deed < 0.985) {
      // A little for who has nothing: some of the bills that wait for it, and never all of them.
      return await move({ accountId: "nora", kind: "top_up", amount: amounts[1] });
    }
    return void await ask("POST", "/api/v1/ledger-verifications", { body: {} });
  };
}

const instant = (ms: number): string => new Date(ms).toISOString();
