/**
 * The simulated switch's `getPaymentsList`: filters, pages, and what it shows of a payment.
 *
 * Comes from: `core/carriers/sippy/simulated/methods.ts`.
 *
 * @module
 */
import { formatMicros } from "../../../money.ts";
import { formatSippyTime, parseSippyTime } from "../sippy_time.ts";
import { memberOf, structOf, textOf, wholeNumberOf, type XmlRpcValue } from "../xml_rpc/value.ts";
import type { SippyBooking } from "./books.ts";
import type { SippyFaults } from "./faults.ts";
import type { MethodDeps, MethodOutcome } from "./methods.ts";

const ROWS_DEFAULT = 100;

/** The payments that match and are listed by now, newest first. */
export function listPayments(deps: MethodDeps, parameters: XmlRpcValue): MethodOutcome {
  const { books, faults, clock } = deps;
  const filter = readFilter(parameters);
  if (!filter) return { status: "refused", faultCode: 400, faultString: "bad date" };
  const matching = books.bookings()
    .filter((booking) => booking.executedAtMs + faults.listedAfterMs <= clock.now())
    .filter((booking) => matches(filter, booking))
    .sort((a, b) => b.paymentTimeMs - a.paymentTimeMs || b.iPayment - a.iPayment);
  const whole = (name: string) => wholeNumberOf(memberOf(parameters, name));
  const offset = faults.ignoresOffset ? 0 : whole("offset") ?? 0;
  const limit = Math.min(whole("limit") ?? ROWS_DEFAULT, faults.clampRowsMax ?? Infinity);
  const items = matching.slice(offset, offset + limit).map((row) => renderPayment(faults, row));
  const result = { kind: "string", text: "OK" } as const;
  return { status: "done", value: structOf({ result, payments: { kind: "array", items } }) };
}

interface Filter {
  iAccount: number | null;
  isDebit: boolean | null;
  fromMs: number;
  untilMs: number;
}

function readFilter(parameters: XmlRpcValue): Filter | null {
  const text = (name: string) => textOf(memberOf(parameters, name));
  const [start, end, type] = [text("start_date"), text("end_date"), text("type")];
  const fromMs = start === null ? -Infinity : parseSippyTime(start);
  const untilMs = end === null ? Infinity : parseSippyTime(end);
  if (fromMs === null || untilMs === null) return null;
  const iAccount = wholeNumberOf(memberOf(parameters, "i_account"));
  return { iAccount, isDebit: type === null ? null : type === "debit", fromMs, untilMs };
}

function matches(
  { iAccount, isDebit, fromMs, untilMs }: Filter,
  booking: SippyBooking,
): boolean {
  return (iAccount === null || booking.iAccount === iAccount) &&
    (isDebit === null || (booking.kind === "debit") === isDebit) &&
    booking.paymentTimeMs >= fromMs && booking.paymentTimeMs <= untilMs;
}

function renderPayment(faults: SippyFaults, booking: SippyBooking): XmlRpcValue {
  const isNegative = faults.listsNegativeDebits && booking.kind === "debit";
  const amount = formatMicros(isNegative ? -booking.amountMicros : booking.amountMicros);
  const notes = keptNotes(faults, booking.notes);
  return structOf({
    i_payment: { kind: "int", value: booking.iPayment },
    i_account: { kind: "int", value: booking.iAccount },
    payment_time: { kind: "string", text: formatSippyTime(booking.paymentTimeMs) ?? "" },
    amount: { kind: "double", text: amount.replace(/0{1,5}$/, "") },
    currency: { kind: "string", text: booking.currency },
    tx_id: { kind: "nil" },
    by_voucher: { kind: "boolean", value: false },
    ...(notes === null ? {} : { notes: { kind: "string" as const, text: notes } }),
  });
}

function keptNotes({ notes: knob }: SippyFaults, notes: string | null): string | null {
  if (knob === "kept" || notes === null) return notes;
  return knob === "dropped" ? null : notes.slice(0, knob);
}
