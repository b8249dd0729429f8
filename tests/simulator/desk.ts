/**
 * The desk where bills are paid, agreed to and cancelled by hand, and where somebody decides what no
 * program may: for that Sippy's own books are looked into first.
 *
 * @module
 */
import { MINUTE_MS } from "../../core/clock.ts";
import { reviewBill } from "../../core/sms_billing/review_bill.ts";
import type { ClerkDeps } from "./clerks.ts";
import { type Fields, rowAt, rowsOf } from "./commits.ts";
import { require } from "./violation.ts";
import type { World } from "./world.ts";

/** A desk. */
export interface Desk {
  /** Has some bills paid, agreed to or cancelled. */
  change(): Promise<void>;
  /** Decides what waits for a person. */
  review(): Promise<void>;
  /** Takes money past the API. */
  bookByHand(): void;
  /** See {@link Clerks.settleUp}. */
  settleUp(): Promise<void>;
}

const BILLS = "/api/admin/sms/billing";

/** Nothing lies on it yet. */
export function createDesk(
  { world, ask, isolates, sippy }: ClerkDeps,
  draws: World["draws"],
): Desk {
  const { rows, timeline } = world;
  const reviewing = new Set<string>();
  const reviews = new Map<string, number>();
  const wait = (ms: number) => new Promise<void>((resolve) => void timeline.after(ms, resolve));
  async function list(status: string): Promise<Fields[]> {
    const { text } = await ask("GET", `${BILLS}?status=${status}&limit=50`);
    return JSON.parse(text).bills;
  }
  async function change(): Promise<void> {
    const [status, act, many] = [
      draws.pick(["pending", "failed"]),
      draws.next(),
      draws.between(1, 4),
    ];
    const action = act < 0.45 ? "process" : act < 0.85 ? "approve" : "cancel";
    const ids = (await list(status)).slice(0, many).map(({ id }) => id);
    if (ids.length > 0) await post(action, ids);
  }
  async function post(action: string, billingIds: string[]): Promise<void> {
    const { httpStatus, text } = await ask("POST", BILLS, { body: { action, billingIds } });
    require([200, 409].includes(httpStatus), "I10", () => `${action} was answered ${text}`);
  }
  /** What is true at this instant, and what is done about it; null while nobody could know. */
  function decide(billId: string): "collected" | "not_collected" | "cancel" | null {
    const { sippy: debit } = rowAt(rows, ["sms_bill", billId])!;
    if (!sippy.isStill()) return null;
    if (sippy.debits().some(({ notes }) => notes === debit.reference)) return "collected";
    const count = (reviews.get(billId) ?? 0) + 1;
    reviews.set(billId, count);
    // Whoever has tried it twice takes the money by hand.
    if (count > 2) {
      sippy.bookByHand({
        iAccount: debit.iAccount,
        amountMicros: BigInt(debit.amountMicros),
        notes: debit.reference,
      });
      return "collected";
    }
    return draws.chance(0.15) ? "cancel" : "not_collected";
  }
  async function reviewOne(billId: string): Promise<void> {
    if (reviewing.has(billId)) return;
    reviewing.add(billId);
    while (rowAt(rows, ["sms_bill", billId])?.status === "needs_review") {
      const decision = decide(billId);
      if (decision === null) break;
      world.figures.reviews++;
      const request = { billId, decision, reason: "looked there", actor: "ada" };
      world.trace.note(`review ${billId}: ${decision}`);
      const outcome = await isolates.have(({ deps }) => reviewBill(deps, request));
      if (outcome !== null) break;
      await wait(draws.between(1, 20) * 1_000);
    }
    reviewing.delete(billId);
  }
  async function review(): Promise<void> {
    for (const { id } of await list("needs_review")) await reviewOne(id);
  }
  /** A fee of the switch's own, of an amount that some bill has too. */
  function bookByHand(): void {
    const asked = rowsOf(rows, "sms_bill").filter((bill) => bill.sippy);
    const [some, isNameless] = [draws.next(), draws.chance(0.3)];
    const bill = asked[Math.floor(some * asked.length)];
    if (!bill) return;
    sippy.bookByHand({
      iAccount: bill.sippy.iAccount,
      amountMicros: BigInt(bill.sippy.amountMicros),
      notes: isNameless ? null : "setup fee",
    });
  }
  async function settleUp(): Promise<void> {
    await review();
    for (const { id, approval } of await list("pending")) {
      await post(approval === "awaiting" ? "approve" : "process", [id]);
    }
    for (const { id, payment } of await list("failed")) {
      if (payment === "sippy") await post("process", [id]);
    }
    await wait(MINUTE_MS);
    await review();
  }
  return { change, review, bookByHand, settleUp };
}
