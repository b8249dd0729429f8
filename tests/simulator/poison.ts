/**
 * Work that nobody can do: jobs of a kind there is none of, put into the database by hand.
 *
 * @module
 */
import type { World } from "./world.ts";

const encoder = new TextEncoder();

/** Puts one in. */
export function plantJob({ kvSite, timeline, figures }: World): void {
  const nowMs = timeline.now();
  const id = `019c0000-0000-7000-8000-${String(figures.commits).padStart(12, "0")}`;
  const job = {
    ...{ id, kind: "no_such_kind", unique: id, state: "pending", attempts: 0, dueAtMs: nowMs },
    ...{ token: null, lastError: null, progress: null, createdAtMs: nowMs, finishedAtMs: null },
    v: 1,
  };
  const set = (key: string[], row: object) => ({
    type: "set" as const,
    key,
    value: encoder.encode(JSON.stringify(row)),
    expireIn: null,
  });
  const due = ["job_due", String(nowMs).padStart(15, "0"), id];
  kvSite.apply({ name: "outside", isNext: false }, {
    checks: [],
    mutations: [set(["job", id], job), set(due, { v: 1 })],
  });
}
