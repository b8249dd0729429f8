/**
 * I8 and I10: every webhook that was acknowledged has been dealt with, no work is left lying, nobody dead
 * holds a lease, and only what nobody can know has been given up.
 *
 * @module
 */
import { MINUTE_MS } from "../../../core/clock.ts";
import { rowAt, rowsOf } from "../commits.ts";
import { require } from "../violation.ts";
import type { Truth } from "./check_the_truth.ts";

/** Tables of work that must be empty by now. */
const WORK = ["call_due", "event_due", "message_due"];

/** Looks at what is still to be done. */
export function checkWork({ world, carriers, people, post }: Truth): void {
  const { rows, timeline } = world;
  for (const table of WORK) {
    const [first] = rows.table(table);
    require(first === undefined, "I10", () => `work is left: ${first!.key.join("/")}`);
  }
  for (const id of post.acknowledged()) {
    const event = rowAt(rows, ["event", id]);
    require(event !== null, "I8", () => `event ${id} was acknowledged and is not there`);
    // The call itself is looked for by the sync as well, and that it was found is seen elsewhere.
    const mayBeParked = event.carrier === "bland" && !event.reason?.includes("JSON");
    require(
      event.state === "processed" || (mayBeParked && event.state === "parked"),
      "I8",
      () => `event ${id} was acknowledged and is ${event.state}: ${event.reason}`,
    );
  }
  const endless = new Set(
    carriers.flatMap((one) => one.calls()).filter(({ costMicros }) => costMicros === null)
      .map(({ callId }) => callId.slice(callId.indexOf(":") + 1)),
  );
  for (const job of rowsOf(rows, "job")) {
    const what = () =>
      `job ${job.kind} ${job.unique} is ${job.state}: ${job.lastError}, ` +
      JSON.stringify([job, rowAt(rows, ["call", `telnyx:${job.unique}`])]);
    // One that was put in its place stands for the same work.
    const current = rowAt(rows, ["job_by_unique", job.kind, job.unique])?.id;
    if (current !== undefined && current !== job.id) continue;
    const [carrier, day] = job.unique.split(":");
    const compared = rowAt(rows, ["reconciliation", carrier!, day ?? ""])?.state;
    if (job.kind === "reconciliation" && compared === "done") continue;
    const isPoison = job.kind === "no_such_kind" || endless.has(job.unique);
    // Money wakes it, or a person has had the last word; whether it is right so is looked at where bills are.
    const bill = job.kind === "pay_sms_bill" ? rowAt(rows, ["sms_bill", job.unique]) : null;
    const isOver = bill !== null && (bill.payment === "wallet" || bill.status === "cancelled");
    if (job.state === "failed") {
      require(isPoison || isOver, "I10", () => `${what()} ${JSON.stringify(bill)}`);
    } else if (job.state !== "done") {
      const isAhead = job.dueAtMs > timeline.now() - 5 * MINUTE_MS;
      require(isAhead, "I10", () => `${what()}, due ${new Date(job.dueAtMs).toISOString()}`);
    }
  }
  for (const lease of rowsOf(rows, "lease")) {
    require(
      lease.untilMs < timeline.now() + MINUTE_MS,
      "I10",
      () => `a lease lasts until ${new Date(lease.untilMs).toISOString()}`,
    );
  }
  require(people.pending() === 0, "I10", () => `${people.pending()} requests have no answer`);
}
