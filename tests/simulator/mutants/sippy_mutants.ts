/**
 * Bugs in payments through Sippy.
 *
 * @module
 */
import type { Mutant } from "./mutant.ts";

const PAY_BILL = "core/sms_billing/pay_bill.ts";
const SEND = "core/sms_billing/pay_through_sippy.ts";
const DEBIT = "core/sms_billing/sippy_debit.ts";

/** Bugs of intents, settle windows and searches. */
export const SIPPY_MUTANTS: readonly Mutant[] = [
  {
    name: "pay-retry-blind",
    breaks: "A debit without an answer is sent again",
    guards: "F1, P5",
    needs: "sippy",
    edits: [
      {
        file: PAY_BILL,
        find: `  if (bill.sippy && isInDoubt(bill.sippy)) return await settleDebit(deps, bill);`,
        replace: `  if (bill.sippy === undefined) return await settleDebit(deps, bill);`,
      },
      {
        file: SEND,
        find: `  if (bill.sippy) {
    const found`,
        replace: `  if (bill.sippy?.attempts === -1) {
    const found`,
      },
    ],
  },
  {
    name: "lookup-too-soon",
    breaks:
      "A debit without an answer is searched for at once, and what is not found yet is sent again",
    guards: "F1, F2, P5",
    needs: "sippy",
    edits: [
      {
        file: PAY_BILL,
        find:
          `  return isInDoubt(sippy) ? lookupDueAtMs(sippy, settleMs) : settledAtMs(sippy, settleMs);`,
        replace: `  return 0 * (lookupDueAtMs(sippy, settleMs) + settledAtMs(sippy, settleMs));`,
      },
      {
        file: PAY_BILL,
        find: `  if (bill.sippy && isInDoubt(bill.sippy)) return await settleDebit(deps, bill);`,
        replace: `  if (bill.sippy === undefined) return await settleDebit(deps, bill);`,
      },
    ],
  },
  {
    name: "settle-zero",
    breaks:
      "The settle window is over at once: what is not listed yet counts as not made, and is sent again",
    guards: "F2, P5",
    needs: "sippy",
    edits: [
      {
        // So would the minute between two runs, for all that is late by less.
        file: PAY_BILL,
        find: `    inMs: Math.min(Math.max(waitMs, before ? MINUTE_MS : SECOND_MS), DAY_MS),`,
        replace: `    inMs: Math.min(Math.max(waitMs, before ? SECOND_MS : SECOND_MS), DAY_MS),`,
      },
      {
        // A second search, before the next try, would find what was late as well.
        file: SEND,
        find: `  if (bill.sippy) {
    const found`,
        replace: `  if (bill.sippy?.attempts === -1) {
    const found`,
      },
      {
        file: DEBIT,
        find: `  return debit.sentAtMs + Math.max(settleMs, SETTLE_MS_MIN);`,
        replace: `  return debit.sentAtMs + 0 * (settleMs + SETTLE_MS_MIN);`,
      },
      {
        file: DEBIT,
        find: `    ? debit.sentAtMs + settleMs`,
        replace: `    ? debit.sentAtMs + 0 * settleMs`,
      },
      {
        file: "core/sms_billing/pay_settle.ts",
        find: `  return isOver ? { ...after, status: "needs_review" } : after;`,
        replace: `  return isOver || found.status === "not_booked"
    ? { ...after, status: "failed", sippy: { ...after.sippy!, state: "not_sent" } }
    : after;`,
      },
    ],
  },
  {
    name: "post-resent",
    breaks: "The debit goes out on a pooled connection, which may send it twice",
    guards: "F10",
    needs: "sippy",
    edits: [{
      file: "core/carriers/sippy/conversation.ts",
      find: `    once: true,`,
      replace: `    once: false,`,
    }],
  },
  {
    name: "intent-late",
    breaks: "The debit is sent before the intent is stored",
    guards: "A2, F1, F6, P5",
    needs: "sippy",
    edits: [
      {
        file: SEND,
        find: `  const freshReference = formatReference(deps.ids.id());`,
        replace: `  const freshReference = formatReference(deps.ids.id());
  const early = await sippy.debit({
    iAccount,
    amountMicros: payableMicros(bill),
    currency: bill.currency,
    notes: bill.sippy?.reference ?? freshReference,
    paymentTimeMs: bill.sippy?.paymentTimeMs ?? wholeSecond(beganAtMs),
    sendByMs: beganAtMs + SEND_WITHIN_MS,
  });`,
      },
      {
        file: SEND,
        find: `  const answer = await sendInTime(deps, { bill: meant, debit, sippy });`,
        replace: `  const answer = early;`,
      },
    ],
  },
  {
    name: "unknown-refused",
    breaks: "A debit without an answer is taken as refused, and tried again without a search",
    guards: "F1, F8, P5",
    needs: "sippy",
    edits: [
      {
        file: SEND,
        find: `    change: (now, atMs) => withAnswer(now, { answer, atMs }),`,
        replace: `    change: (now, atMs) =>
      withAnswer(now, {
        answer: answer.status === "unknown"
          ? { status: "refused", faultCode: 0, faultString: answer.reason, tookMs: answer.tookMs }
          : answer,
        atMs,
      }),`,
      },
      {
        file: SEND,
        find: `  if (bill.sippy) {
    const found`,
        replace: `  if (bill.sippy?.attempts === -1) {
    const found`,
      },
    ],
  },
  {
    name: "late-send",
    breaks: "A debit is sent however long its sender was held up",
    guards: "F4",
    needs: "sippy",
    edits: [
      {
        file: SEND,
        find: `  if (elapsedMs < 0 || elapsedMs > SEND_WITHIN_MS) {`,
        replace: `  if (elapsedMs < -Infinity) {`,
      },
      {
        file: SEND,
        find: `    sendByMs: debit.sentAtMs + SEND_WITHIN_MS,`,
        replace: `    sendByMs: debit.sentAtMs + 100 * SEND_WITHIN_MS,`,
      },
    ],
  },
  {
    name: "no-remainder",
    breaks: "What is below a minor unit is lost when a bill closes",
    guards: "R2",
    needs: "sippy",
    edits: [{
      file: "core/sms_billing/close_bill.ts",
      find: `      carriedMicros: closed.carriedOutMicros,`,
      replace: `      carriedMicros: 0n,`,
    }],
  },
];
