/**
 * Sends a bill's debit to Sippy: the intent is stored first, the request goes out once, and what became
 * of it is stored under the intent's token.
 *
 * Every send but a bill's first is preceded by a search for the bill's reference: a fault, too, may have
 * been executed. An outcome nobody knows is never followed by another send.
 *
 * Goes to: `core/sms_billing/pay_change.ts`, `core/sms_billing/pay_lookup.ts`,
 * `core/sms_billing/sippy_debit.ts`.
 *
 * @module
 */
import { strict as assert } from "node:assert";
import { getAccount } from "../accounts/account.ts";
import { SECOND_MS, utcDay } from "../clock.ts";
import { sippyBillByDayKey, sippyReferenceKey } from "../kv/keys.ts";
import { payableMicros, type SippyDebit, type SmsBill } from "./bill.ts";
import { changeBill, paidBill, type PayDeps, shortReason } from "./pay_change.ts";
import { lookUpDebit } from "./pay_lookup.ts";
import { formatReference, referenceIn, SEND_WITHIN_MS } from "./sippy_debit.ts";
import type { DebitAnswer, SippyGateway } from "./sippy_gateway.ts";

/** Tries a payment that is not in doubt, once its last try has settled; answers the bill as it stands afterwards. */
export async function payThroughSippy(deps: PayDeps, bill: SmsBill): Promise<SmsBill> {
  if (!deps.sippy) return await fail(deps, { bill, reason: "sippy_not_configured" });
  const account = await getAccount(deps.store, bill.accountId);
  const iAccount = account?.sippyAccountId ?? null;
  if (bill.sippy) {
    const found = await findEarlier(deps, { bill, debit: bill.sippy });
    if (found) return found;
  }
  if (iAccount === null) return await fail(deps, { bill, reason: "no_sippy_account" });
  const known = await deps.sippy.accountInfo({ iAccount });
  const baseCurrency = known.status === "found" ? known.baseCurrency : null;
  if (baseCurrency !== null && baseCurrency.toUpperCase() !== bill.currency) {
    return await fail(deps, { bill, reason: "currency_mismatch" });
  }
  return await send(deps, { bill, iAccount, sippy: deps.sippy });
}

/** How an earlier try of the bill ends this one; null when nothing stands in the way of sending. */
async function findEarlier(
  deps: PayDeps,
  { bill, debit }: { bill: SmsBill; debit: SippyDebit },
): Promise<SmsBill | null> {
  const found = await lookUpDebit(deps, { bill, debit });
  switch (found.status) {
    case "not_booked":
      return null;
    case "booked":
      return await changeBill(deps, { bill, change: paidBill });
    case "unclear":
      return await changeBill(deps, {
        bill,
        change: (now) => ({ ...now, status: "needs_review", failureReason: found.reason }),
      });
    case "unavailable":
      return await fail(deps, { bill, reason: `lookup_unavailable: ${found.reason}` });
  }
}

function fail(
  deps: PayDeps,
  { bill, reason }: { bill: SmsBill; reason: string },
): Promise<SmsBill> {
  return changeBill(deps, {
    bill,
    change: (now) => ({
      ...now,
      status: "failed",
      attempts: now.attempts + 1,
      failureReason: shortReason(reason),
    }),
  });
}

async function send(
  deps: PayDeps,
  { bill, iAccount, sippy }: { bill: SmsBill; iAccount: number; sippy: SippyGateway },
): Promise<SmsBill> {
  // The time is taken before the commit: however long that takes, it counts.
  const beganAtMs = deps.clock.now();
  const token = deps.ids.id();
  const freshReference = formatReference(deps.ids.id());
  const meant = await changeBill(deps, {
    bill,
    change: (now) => ({
      ...now,
      status: "processing",
      attempts: now.attempts + 1,
      failureReason: null,
      sippy: {
        reference: now.sippy?.reference ?? freshReference,
        iAccount,
        amountMicros: payableMicros(now),
        paymentTimeMs: now.sippy?.paymentTimeMs ?? wholeSecond(beganAtMs),
        state: "sending",
        token,
        sentAtMs: beganAtMs,
        attempts: (now.sippy?.attempts ?? 0) + 1,
        lookups: 0,
      },
    }),
    alongside: (batch, { id, sippy: debit }) => {
      assert(debit !== null && debit.amountMicros > 0n, "Cannot ask Sippy for nothing");
      batch.set(sippyBillByDayKey(utcDay(beganAtMs), id), {});
      batch.set(sippyReferenceKey(referenceIn(debit.reference)!), { billId: id });
    },
  });
  const debit = meant.sippy;
  // Somebody else has decided something meanwhile.
  if (debit?.token !== token || debit.state !== "sending") return meant;
  const answer = await sendInTime(deps, { bill: meant, debit, sippy });
  return await storeAnswer(deps, { bill: meant, token, answer });
}

const wholeSecond = (ms: number): number => ms - ms % SECOND_MS;

async function sendInTime(
  { clock }: PayDeps,
  { bill, debit, sippy }: { bill: SmsBill; debit: SippyDebit; sippy: SippyGateway },
): Promise<DebitAnswer> {
  const elapsedMs = clock.now() - debit.sentAtMs;
  // A clock that went back no longer tells how long it took.
  if (elapsedMs < 0 || elapsedMs > SEND_WITHIN_MS) {
    return { status: "not_sent", reason: "the process was held up before sending", tookMs: null };
  }
  const { iAccount, amountMicros, reference, paymentTimeMs } = debit;
  return await sippy.debit({
    iAccount,
    amountMicros,
    currency: bill.currency,
    notes: reference,
    paymentTimeMs,
    sendByMs: debit.sentAtMs + SEND_WITHIN_MS,
  });
}

async function storeAnswer(
  deps: PayDeps,
  { bill, token, answer }: { bill: SmsBill; token: string; answer: DebitAnswer },
): Promise<SmsBill> {
  const after = await changeBill(deps, {
    bill,
    isExpected: ({ status, sippy }) => {
      const isOurs = status === "processing" && sippy?.token === token;
      // That Sippy said OK stays true while somebody else still searches for it.
      return isOurs && (sippy.state === "sending" ||
        (sippy.state === "unknown" && answer.status === "charged"));
    },
    change: (now, atMs) => withAnswer(now, { answer, atMs }),
  });
  if (!isStored(after, { token, answer })) {
    deps.log("warn", "What Sippy answered came too late to be stored", {
      bill: bill.id,
      answer: answer.status,
      status: after.status,
    });
  }
  return after;
}

function isStored(
  { sippy }: SmsBill,
  { token, answer }: { token: string; answer: DebitAnswer },
): boolean {
  return sippy?.token === token && sippy.state === answer.status;
}

function withAnswer(
  now: SmsBill,
  { answer, atMs }: { answer: DebitAnswer; atMs: number },
): SmsBill {
  const debit: SippyDebit = { ...now.sippy!, state: answer.status };
  switch (answer.status) {
    case "charged":
      return paidBill(now, atMs);
    case "refused": {
      const reason = `sippy_refused: ${answer.faultCode} ${answer.faultString}`;
      return { ...now, status: "failed", failureReason: shortReason(reason), sippy: debit };
    }
    case "not_sent": {
      const sippy = { ...debit, attempts: debit.attempts - 1 };
      const failureReason = shortReason(`sippy_not_asked: ${answer.reason}`);
      return { ...now, status: "failed", failureReason, sippy };
    }
    case "unknown": {
      const failureReason = shortReason(`outcome_unknown: ${answer.reason}`);
      return { ...now, failureReason, sippy: debit };
    }
  }
}
