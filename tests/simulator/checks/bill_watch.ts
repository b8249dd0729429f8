/**
 * I9 at every commit: a bill is the sum of its messages, each message is counted in one bill, a closed bill
 * and what it took never change, and one that a wallet paid has the one entry of its amount.
 *
 * What Sippy takes is looked at there; what closes a bill, elsewhere.
 *
 * @module
 */
import { type Committed, type Fields, rowAt } from "../commits.ts";
import { require } from "../violation.ts";

/** As commits show them: what closes a bill from a wallet pays it in the same one. */
const EDGES: Readonly<Record<string, readonly string[]>> = {
  none: ["open", "pending", "paid", "failed"],
  open: ["open", "pending", "paid", "failed"],
  pending: ["pending", "processing", "paid", "failed", "cancelled"],
  processing: ["processing", "paid", "failed", "needs_review"],
  failed: ["failed", "processing", "paid", "needs_review", "cancelled"],
  needs_review: ["needs_review", "paid", "failed", "cancelled"],
  paid: ["paid"],
  cancelled: ["cancelled"],
};

interface Sum {
  micros: bigint;
  count: number;
}

interface Books {
  sums: Map<string, Sum>;
  paidBy: Map<string, Fields>;
}

/** Watches over bills. */
export function watchBills(): (committed: Committed) => void {
  const books: Books = { sums: new Map(), paidBy: new Map() };
  return (committed) => {
    const bills = new Set<string>();
    for (const { key, before, after } of committed.changes) {
      if (key[0] === "sms_bill") {
        bills.add(key[1]!);
        requireEdge(before, { id: key[1]!, after });
      }
      if (key[0] === "message_charge") {
        require(after !== null, "I9", () => `the charge of ${key[1]} is deleted`);
        requireKept(after, { before, committed });
        for (const [charge, sign] of [[before, -1], [after, 1]] as const) {
          if (charge) count(books.sums, { charge, sign, committed }).forEach((id) => bills.add(id));
        }
      }
      if (key[0] === "entry" && after?.source.type === "bill") {
        const { id } = after.source;
        require(!books.paidBy.has(id), "I9", () => `bill ${id} is paid twice`);
        books.paidBy.set(id, after);
        bills.add(id);
      }
    }
    for (const id of bills) requireBill(id, { ...books, committed });
  };
}

/** Answers the bills that count it. */
function count(
  sums: Map<string, Sum>,
  { charge, sign, committed }: { charge: Fields; sign: 1 | -1; committed: Committed },
): string[] {
  const add = (id: string, { micros, count }: Sum) => {
    const sum = sums.get(id) ?? { micros: 0n, count: 0 };
    sums.set(id, { micros: sum.micros + micros, count: sum.count + count });
  };
  const counted: { billId: string; amountMicros: string }[] = charge.counted;
  for (const { billId, amountMicros } of counted) {
    add(billId, { micros: BigInt(amountMicros) * BigInt(sign), count: 0 });
  }
  if (charge.billId) {
    const messages = rowAt(committed.kv, ["message", charge.messageId])?.count ?? 1;
    add(charge.billId, { micros: 0n, count: sign * messages });
  }
  return counted.map(({ billId }) => billId);
}

function requireEdge(
  before: Fields | null,
  { id, after }: { id: string; after: Fields | null },
): void {
  require(after !== null, "I9", () => `bill ${id} is deleted`);
  const from = before?.status ?? "none";
  const isAllowed = EDGES[from]?.includes(after.status) ?? false;
  require(isAllowed, "I6", () => `bill ${id} goes from ${from} to ${after.status}`);
  if (from === "none" || from === "open") return;
  const isKept = !before!.sippy || before!.sippy.reference === after.sippy?.reference;
  require(isKept, "I9", () => `bill ${id} had the reference ${before!.sippy.reference}`);
  const isSame = ["totalMicros", "messageCount", "carriedInMicros", "carriedOutMicros", "payment"]
    .every((member) => before![member] === after[member]);
  require(isSame, "I9", () => `bill ${id} was closed at ${before!.totalMicros} and changes`);
}

/** What a closed bill has taken stays in it, at the price it was taken for; the rest comes to the whole. */
function requireKept(
  charge: Fields,
  { before, committed }: { before: Fields | null; committed: Committed },
): void {
  const counted: Fields[] = charge.counted;
  const what = () =>
    `message ${charge.messageId} is ${charge.amountMicros}, counted as ` +
    JSON.stringify(counted);
  const sum = counted.reduce((all, { amountMicros }) => all + BigInt(amountMicros), 0n);
  require(charge.billId === null || sum === BigInt(charge.amountMicros), "I9", what);
  const isOnce = new Set(counted.map(({ billId }) => billId)).size === counted.length &&
    (counted[0]?.billId ?? null) === charge.billId;
  require(isOnce, "I9", what);
  for (const { billId, amountMicros } of (before?.counted ?? []) as Fields[]) {
    const change = committed.changes.find(({ key }) => key[0] === "sms_bill" && key[1] === billId);
    const closed = change ? change.before : rowAt(committed.kv, ["sms_bill", billId]);
    if (!closed || closed.status === "open") continue;
    const isSame = counted.some((one) =>
      one.billId === billId && one.amountMicros === amountMicros
    );
    require(isSame, "I9", () => `${what()}, and was ${amountMicros} in ${billId}`);
  }
}

function requireBill(
  id: string,
  { sums, paidBy, committed }: Books & { committed: Committed },
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
  const payable = payableOf(bill);
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

/** Micros that have to be paid for it. */
export function payableOf(bill: Fields): bigint {
  return BigInt(bill.totalMicros) + BigInt(bill.carriedInMicros) - BigInt(bill.carriedOutMicros);
}
