/**
 * The one way to change money or ownership: stage beneath a gate, then commit everything at once.
 *
 * A gate is a row (a wallet, a carrier's intake) whose versionstamp every commit beneath it checks and
 * sets. Stages that arrive together for one gate are staged in order and share one commit. Any answer
 * but `ok` means the outcome is unknown: the stages run again on fresh reads, and the guard rows they
 * read (a charge, a stored request) tell them whether they are done already.
 *
 * A stage may therefore run several times. It reads and stages, and does nothing else.
 *
 * Goes to: `core/kv/batch.ts`.
 *
 * @module
 */
import type { Clock } from "../clock.ts";
import type { Ids } from "../ids.ts";
import type { Log } from "../log.ts";
import { type Batch, openBatch } from "./batch.ts";
import type { Key } from "./keys.ts";
import { type Store, StoreUnavailable } from "./store.ts";

/** One change beneath a gate. */
export interface Change<T> {
  /** The row that the commit checks and sets. */
  gate: Key;
  /** Keys the stage will ask for, fetched together for the whole group. */
  reads?: readonly Key[];
  /** Reads and stages, and nothing else: it may run several times. */
  stage: (batch: Batch) => Promise<T>;
}

/** Changes beneath gates. */
export interface Gates {
  /**
   * Runs the stage and commits what it staged; answers what the stage answered in the run that was
   * committed. Throws what the stage throws, and {@link Unresolved} when the tries are used up.
   */
  change<T>(change: Change<T>): Promise<T>;
}

/** The tries are used up and the outcome is unknown: repeat with the same key, or leave it to the job. */
export class Unresolved extends Error {
  /** As the log names it. */
  override name = "Unresolved";
}

/** Tries of one change before it is left to whoever comes next. */
export const ATTEMPTS_MAX = 12;
/** Members whose reads are fetched together: about as many as share a commit. */
const READ_AHEAD = 10;
const BACKOFF_FIRST_MS = 5;
const BACKOFF_LAST_MS = 2_000;

interface Member {
  change: Change<unknown>;
  attempts: number;
  resolve: (result: unknown) => void;
  reject: (error: unknown) => void;
}

/** The doors gates need. */
export type GateDeps = { store: Store; clock: Clock; ids: Ids; log: Log };

/** Gates over a database; one queue per gate in this process. */
export function createGates(deps: GateDeps): Gates {
  const queues = new Map<string, Member[]>();

  function change<T>(wanted: Change<T>): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      const name = wanted.gate.join("/");
      const member = { change: wanted, attempts: 0, resolve: resolve as Member["resolve"], reject };
      const queue = queues.get(name);
      if (queue) return void queue.push(member);
      queues.set(name, [member]);
      void drain(name);
    });
  }

  async function drain(name: string): Promise<void> {
    const queue = queues.get(name)!;
    // One turn of the event loop lets changes that arrive together share the first commit as well.
    await Promise.resolve();
    while (queue.length > 0) {
      const failed = await commitGroup(deps, queue);
      if (failed > 0 && queue.length > 0) await deps.clock.sleep(backoffMs(deps.ids, failed));
    }
    queues.delete(name);
  }

  return { change };
}

/** Full jitter: a random wait below an exponentially growing ceiling. */
export function backoffMs(ids: Pick<Ids, "random">, attempts: number): number {
  return ids.random() * Math.min(BACKOFF_LAST_MS, BACKOFF_FIRST_MS * 2 ** (attempts - 1));
}

/** Stages and commits as many members as fit; answers how often the first of them has failed by now. */
async function commitGroup(deps: GateDeps, queue: Member[]): Promise<number> {
  const { gate } = queue[0]!.change;
  let failure: string;
  let staged: { member: Member; result: unknown }[] = [];
  try {
    const batch = openBatch(deps.store);
    const row = await batch.getChecked<object>(gate);
    staged = await stageGroup(batch, queue);
    if (batch.staged().size > 0 && !batch.staged().has(gate.join("\u0000"))) {
      batch.set(gate, row ?? {});
    }
    const answer = batch.staged().size > 0
      ? await deps.store.commit(batch.toWrite())
      : { status: "ok" as const };
    if (answer.status === "ok") {
      queue.splice(0, staged.length);
      for (const { member, result } of staged) member.resolve(result);
      return 0;
    }
    failure = answer.reason;
  } catch (error) {
    if (!(error instanceof StoreUnavailable)) {
      for (const member of queue.splice(0, Math.max(1, staged.length))) member.reject(error);
      return 0;
    }
    failure = error.message;
  }
  return countFailure(deps, { queue, count: Math.max(1, staged.length), gate, failure });
}

async function stageGroup(
  batch: ReturnType<typeof openBatch>,
  queue: Member[],
): Promise<{ member: Member; result: unknown }[]> {
  const staged: { member: Member; result: unknown }[] = [];
  let readTo = 0;
  while (staged.length < queue.length) {
    if (staged.length >= readTo) {
      const next = queue.slice(staged.length, readTo = staged.length + READ_AHEAD);
      // This only saves round trips: whose read it was that failed shows when that one stages.
      await batch.getMany(next.flatMap((member) => member.change.reads ?? [])).catch(() => {});
    }
    const member = queue[staged.length]!;
    const fork = batch.fork();
    try {
      const result = await member.change.stage(fork);
      if (batch.merge(fork)) staged.push({ member, result });
      else if (staged.length > 0) break;
      else {throw new RangeError(
          `Cannot commit beneath ${member.change.gate.join("/")}: one stage is too large`,
        );}
    } catch (error) {
      if (error instanceof StoreUnavailable) {
        // Those before it must not fail with it: they are committed, and it comes first next time.
        if (staged.length > 0) break;
        throw error;
      }
      queue.splice(staged.length, 1);
      member.reject(error);
    }
  }
  return staged;
}

function countFailure(
  deps: GateDeps,
  { queue, count, gate, failure }: { queue: Member[]; count: number; gate: Key; failure: string },
): number {
  const failed = (queue[0]?.attempts ?? 0) + 1;
  for (const member of queue.slice(0, count)) {
    if (++member.attempts < ATTEMPTS_MAX) continue;
    queue.splice(queue.indexOf(member), 1);
    member.reject(new Unresolved(`The outcome beneath ${gate.join("/")} is unknown: ${failure}`));
  }
  if (failed > 8) {
    deps.log("warn", "a commit needs many tries", { gate: gate[0], attempts: failed, failure });
  }
  return failed;
}
