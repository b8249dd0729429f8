/**
 * I6 at every commit: jobs, events, charges, calls and messages move only along the edges they have.
 *
 * @module
 */
import type { Committed, Fields } from "../commits.ts";
import { require } from "../violation.ts";

/** From a state to those that may follow; `none` is what was not there. */
const EDGES: Readonly<Record<string, Readonly<Record<string, readonly string[]>>>> = {
  job: {
    none: ["pending"],
    // Taken again when its holder is taken for dead; woken, it begins anew.
    pending: ["pending", "running"],
    running: ["running", "pending", "done", "failed"],
    done: ["done", "pending"],
    failed: ["failed", "pending"],
  },
  event: {
    none: ["received", "processed", "parked"],
    received: ["received", "processed", "parked"],
    processed: ["processed"],
    parked: ["parked"],
  },
  charge: {
    none: ["billed", "waiting_funds", "parked"],
    billed: ["billed", "waiting_funds", "parked"],
    waiting_funds: ["billed", "waiting_funds", "parked"],
    parked: ["billed", "waiting_funds", "parked"],
  },
  message_charge: {
    none: ["rated", "open", "parked"],
    open: ["rated", "open", "parked"],
    rated: ["rated", "open", "parked"],
    parked: ["rated", "open", "parked"],
  },
};

/** Looks at every row that has a state. */
export function watchStates(): (committed: Committed) => void {
  const takers = new Map<string, string>();
  return (committed) => look(committed, takers);
}

function look({ changes, life }: Committed, takers: Map<string, string>): void {
  for (const { key, before, after } of changes) {
    const [table = ""] = key;
    if (table === "call" && before && after) requireCall(before, after);
    const edges = EDGES[table];
    if (!edges || !after) continue;
    const from = before?.state ?? "none";
    require(
      edges[from]?.includes(after.state) ?? false,
      "I6",
      () => `${key.join("/")} goes from ${from} to ${after.state}`,
    );
    if (table === "job") requireJob(after, { before, life, takers });
  }
}

/** Whoever took a job last ends it, and nobody else: takers by their token. */
function requireJob(
  job: Fields,
  { before, life, takers }: { before: Fields | null; life: string; takers: Map<string, string> },
): void {
  require(job.attempts >= 0, "I6", () => `job ${job.id} has ${job.attempts} attempts`);
  if (job.token !== null && job.token !== before?.token) takers.set(job.token, life);
  if (before?.state !== "running" || job.state === "running") return;
  // A person may start it anew whoever holds it.
  const isAnew = job.state === "pending" && job.attempts === 0;
  require(
    isAnew || takers.get(before.token) === life,
    "I6",
    () => `job ${job.id} is ended by ${life}, and ${takers.get(before.token)} had it`,
  );
}

function requireCall(before: Fields, after: Fields): void {
  const { id } = after;
  require(after.revision >= before.revision, "I6", () => `${id} goes back to ${after.revision}`);
  require(after.isFinal || !before.isFinal, "I6", () => `${id} had ended and goes on`);
  require(
    before.accountId === null || after.accountId === before.accountId || !before.isFinal,
    "I6",
    () => `${id} had ended as ${before.accountId}'s and is ${after.accountId}'s`,
  );
}
