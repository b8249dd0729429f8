/**
 * Keeps deliveries: each once, in a commit that is known to have happened before anybody is answered.
 *
 * Those that arrive while another is being kept share the next commit.
 *
 * Goes to: `core/jobs/inbox.ts`.
 *
 * @module
 */
import type { Clock } from "../clock.ts";
import { encodeRow } from "../kv/codec.ts";
import { eventByTimeKey, eventDueKey, eventKey } from "../kv/keys.ts";
import {
  CHECKS_MAX,
  DEADLINE_MS,
  type Put,
  type Store,
  StoreUnavailable,
  type Write,
} from "../kv/store.ts";
import type { Delivery, InboxEvent } from "./inbox.ts";

/** What came of keeping a delivery. */
export interface Kept {
  /** Whether it is the first of its id. */
  status: "received" | "already_received";
  /** As it is stored. */
  event: InboxEvent;
}

/** A carrier waits two seconds for an answer; by then it has one, be it that it should repeat. */
const KEEP_WITHIN_MS = 1_500;
const KEEP_TRIES_MAX = 3;

type Deps = { store: Store; clock: Clock };

/** Keeps a delivery once, see {@link createReceiver}; for those that come alone. */
export function receiveEvent(
  deps: { store: Store; clock: Clock },
  delivery: Delivery,
): Promise<Kept> {
  return createReceiver(deps)(delivery);
}

/**
 * Keeps deliveries, each once; a repeat answers the first one. What it returns throws
 * {@link StoreUnavailable} when a delivery is not known to be kept within {@link KEEP_WITHIN_MS}.
 */
export function createReceiver(
  deps: { store: Store; clock: Clock },
): (delivery: Delivery) => Promise<Kept> {
  const waiting: Waiting[] = [];
  let isKeeping = false;

  async function keepWaiting(): Promise<void> {
    isKeeping = true;
    while (waiting.length > 0) await keepGroup(deps, takeGroup(waiting));
    isKeeping = false;
  }
  // Async, so that what cannot be encoded is refused like anything else.
  return async (delivery) => {
    const one = waitingOf(delivery, deps.clock.now());
    waiting.push(one);
    // A full group has nothing to wait for, however long the one before it takes.
    if (!isKeeping) void keepWaiting();
    else if (waiting.length >= CHECKS_MAX) void keepGroup(deps, takeGroup(waiting));
    return await one.kept.promise;
  };
}

interface Waiting {
  event: InboxEvent;
  puts: Put[];
  giveUpAtMs: number;
  kept: PromiseWithResolvers<Kept>;
}

function waitingOf(delivery: Delivery, nowMs: number): Waiting {
  const id = `${delivery.carrier}:${delivery.carrierEventId}`;
  const event: InboxEvent = { id, ...delivery, receivedAtMs: nowMs, attempts: 0 };
  const key = eventKey(id);
  const pointer = event.state === "received" ? eventDueKey(nowMs, id) : eventByTimeKey(nowMs, id);
  return {
    event,
    puts: [{ key, bytes: encodeRow(key, event) }, { key: pointer, bytes: encodeRow(pointer, {}) }],
    giveUpAtMs: nowMs + KEEP_WITHIN_MS,
    kept: Promise.withResolvers(),
  };
}

/** As many as one commit can check, no two of them with the same id: the second would be a repeat. */
function takeGroup(waiting: Waiting[]): Waiting[] {
  const group = new Map<string, Waiting>();
  const left = waiting.splice(0).filter((one) => {
    if (group.size >= CHECKS_MAX || group.has(one.event.id)) return true;
    group.set(one.event.id, one);
    return false;
  });
  waiting.push(...left);
  return [...group.values()];
}

/** Keeps all of them in one commit; where that is not known to have happened, each by itself. */
async function keepGroup(deps: Deps, group: Waiting[]): Promise<void> {
  const isKept = await tryCommit(deps, group);
  await Promise.all(group.map(async (one) => {
    if (isKept) return one.kept.resolve({ status: "received", event: one.event });
    await keepAlone(deps, one).then(one.kept.resolve, one.kept.reject);
  }));
}

async function tryCommit({ store, clock }: Deps, group: Waiting[]): Promise<boolean> {
  const leftMs = group[0]!.giveUpAtMs - clock.now();
  if (leftMs <= 0) return false;
  const write: Write = {
    checks: group.map(({ puts }) => ({ key: puts[0]!.key, versionstamp: null })),
    puts: group.flatMap(({ puts }) => puts),
    deletes: [],
  };
  const within = store.within(Math.min(DEADLINE_MS.webhook, leftMs));
  return (await within.commit(write)).status === "ok";
}

/**
 * The commit holds on to the absence of the row, so it needs no read before it; whatever else it
 * answers, the row itself then tells.
 */
async function keepAlone({ store, clock }: Deps, one: Waiting): Promise<Kept> {
  const { key, bytes } = one.puts[0]!;
  for (let tries = 0; tries < KEEP_TRIES_MAX; tries++) {
    const leftMs = one.giveUpAtMs - clock.now();
    if (leftMs <= 0) break;
    const within = store.within(Math.min(DEADLINE_MS.webhook, leftMs));
    const earlier = (await within.get<InboxEvent>(key))?.value;
    if (earlier) {
      const isOurs = encodeRow(key, earlier).join() === bytes.join();
      return { status: isOurs ? "received" : "already_received", event: earlier };
    }
    if (await tryCommit({ store, clock }, [one])) return { status: "received", event: one.event };
  }
  throw new StoreUnavailable("A delivery is not known to be kept");
}
