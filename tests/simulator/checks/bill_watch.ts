/**
 * I9 at every commit, as far as wallets pay: a bill is the sum of its messages, each message is in one
 * bill, a closed bill and what it took never change, and a paid one has the one entry of its amount.
 *
 * Bills paid elsewhere are compared with what was taken there once everything has come to rest.
 *
 * @module
 */
import { type Committed, type Fields, rowAt } from "../commits.ts";
import { require } from "../violation.ts";

/** As commits show them: a cycle closes a bill and pays it in one. */
const EDGES: Readonly<Record<string, readonly string[]>> = {
  none: ["open"],
  open: ["open", "pending", "processing", "paid", "failed"],
  pending: ["pending", "processing", "paid", "failed", "cancelled"],
  processing: ["processing", "paid", "failed", "needs_review"],
  failed: ["failed", "processing", "paid", "needs_review", "cancelled"],
  needs_review: ["needs_review", "paid", "failed", "cancelled"],
  paid: ["paid"],
  cancelled: ["cancelled"],
};

/** Watches over bills. */
export function watchBills(): (committed: Committed) => void {
  const sums = new Map<string, { micros: bigint; count: number }>();
  const paidBy = new Map<string, Fields>();
  return (committed) => {
    const bills = new Set<string>();
    for (const { key, before, after } of committed.changes) {
      if (key[0] === "sms_bill" && after) {
        bills.add(key[1]!);
        requireEdge(after, before);
      }
      if (key[0] === "message_charge" && after) {
        requireKept(after, { before, committed });
        for (const [charge, sign] of [[before, -1], [after, 1]] as const) {
          if (!charge?.billId) continue;
          bills.add(charge.billId);
          addTo(sums, { charge, sign });
        }
      }
      if (key[0] === "entry" && after?.source.type === "bill") {
        const { id } = after.source;
        require(!paidBy.has(id), "I9", () => `bill ${id} is paid twice`);
        paidBy.set(id, after);
        bills.add(id);
      }
    }
    for (const id of bills) requireBill(id, { sums, paidBy, committed });
  };
}

function addTo(
  sums: Map<string, { micros: bigint; count: number }>,
  { charge, sign }: { charge: Fields; sign: 1 | -1 },
): void {
  const sum = sums.get(charge.billId) ?? { micros: 0n, count: 0 };
  const micros = sum.micros + BigInt(charge.amountMicros) * BigInt(sign);
  sums.set(charge.billId, { micros, count: sum.count + sign });
}

function requireEdge(bill: Fields, before: Fields | null): void {
  const from = before?.status ?? "none";
  const isAllowed = EDGES[from]?.includes(bill.status) ?? false;
  require(isAllowed, "I6", () => `bill ${bill.id} goes from ${from} to ${bill.status}`);
  if (from === "none" || from === "open") return;
  const isSame = before!.totalMicros === bill.totalMicros &&
    before!.messageCount === bill.messageCount;
  require(isSame, "I9", () => `bill ${bill.id} was closed at ${before!.totalMicros} and changes`);
}

/** What a closed bill has taken stays in it, at the price it was taken for. */
function requireKept(
  charge: Fields,
  { before, committed }: { before: Fields | null; committed: Committed },
): void {
  if (!before?.billId) return;
  const closed = rowAt(committed.kv, ["sms_bill", before.billId]);
  if (!closed || closed.status === "open") return;
  const isSame = before.billId === charge.billId && before.amountMicros === charge.amountMicros;
  require(isSame, "I9", () => `message ${charge.messageId} changes in ${before.billId}`);
}

function requireBill(
  id: string,
  { sums, paidBy, committed }: {
    sums: ReadonlyMap<string, { micros: bigint; count: number }>;
    paidBy: ReadonlyMap<string, Fields>;
    committed: Committed;
  },
): void {
  const bill = rowAt(committed.kv, ["sms_bill", id]);
  require(bill !== null, "I9", () => `bill ${id} is not there`);
  const said = sums.get(id) ?? { micros: 0n, count: 0 };
  require(
    BigInt(bill.totalMicros) === said.micros && bill.messageCount === said.count,
    "I9",
    () =>
      `bill ${id} says ${bill.totalMicros} for ${bill.messageCount}, ` +
      `its messages ${said.micros} for ${said.count}`,
  );
  const entry = paidBy.get(id);
  const payable = BigInt(bill.totalMicros) + BigInt(bill.carriedInMicros) -
    BigInt(bill.carriedOutMicros);
  const isPaidHere = bill.status === "paid" && bill.payment === "wallet" && payable !== 0n;
  require(
    isPaidHere === (entry !== undefined),
    "I9",
    () => `bill ${id} is ${bill.status}, its entry is ${entry?.seq}`,
  );
  if (!entry) return;
  const isRight = BigInt(entry.amountMicros) === -payable && bill.entrySeq === entry.seq &&
    entry.kind === "payment";
  require(isRight, "I9", () => `bill ${id} of ${payable} is paid by ${entry.amountMicros}`);
}
