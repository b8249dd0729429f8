/**
 * Each call that a carrier knows: charged once at its price, or standing where people see it.
 *
 * Comes from: `tests/crash/check_books.ts`.
 *
 * @module
 */
import type { CallCharge } from "../../core/billing/call_charge.ts";
import type { Call } from "../../core/usage/calls.ts";
import type { Entry } from "../../core/wallet/entry.ts";
import { accountOf, MINUTE_MICROS, readRows } from "../support/sync_load.ts";
import type { Audit } from "./check_books.ts";
import type { TrueCall } from "./truth.ts";

/** What the shipped plans take: for a minute of Telnyx before its cost is known, and of Twilio. */
const TELNYX_ESTIMATE_MICROS = 15_000n;
const TWILIO_MINUTE_MICROS = 200_000n;
/** Minutes of Twilio a month that are free. */
const TWILIO_FREE_MINUTES = 100n;

interface Charged {
  call: TrueCall;
  charge: CallCharge;
  entries: Entry[];
}

/** Checks every call, and takes what they must have cost off the balances. */
export async function checkCalls(
  audit: Audit,
  entries: ReadonlyMap<string, Entry>,
): Promise<void> {
  const { kv, known, found } = audit;
  const stored = await readRows<Call>(kv, "call");
  const charges = await readRows<CallCharge>(kv, "charge");
  const bySource = Map.groupBy(
    [...entries.values()].filter(({ source }) => source.type === "call"),
    ({ source }) => source.id,
  );
  const charged: Charged[] = [];
  for (const call of known.truth.calls) {
    const charge = charges.get(call.id);
    const ofCall = bySource.get(call.id) ?? [];
    if (!isWhereItBelongs(audit, { call, row: stored.get(call.id), charge })) continue;
    charged.push({ call, charge: charge!, entries: ofCall });
    checkEntries(audit, { call, charge: charge!, entries: ofCall });
  }
  const ids = new Set(known.truth.calls.map(({ id }) => id));
  for (const id of [...charges.keys(), ...bySource.keys()]) {
    if (!ids.has(id)) found.differences.push(`money was taken for ${id}, which no carrier knows`);
  }
  checkTwilioMinutes(audit, charged.filter(({ call }) => call.carrier === "twilio"));
}

/** True when it has a charge that is to be looked at. */
function isWhereItBelongs(
  { known, owners, found, visible }: Audit,
  { call, row, charge }: { call: TrueCall; row: Call | undefined; charge: CallCharge | undefined },
): boolean {
  const owner = owners.get(call.ourNumber) ?? null;
  if (!row) found.lost.push(`${call.id} is not known`);
  else if (row.accountId !== owner) {
    found.differences.push(`${call.id} is of ${row.accountId}, must be of ${owner}`);
  } else if (owner === null) {
    visible.unassignedCalls++;
    if (charge) found.differences.push(`${call.id} is charged to nobody`);
  } else if (!charge) found.lost.push(`${call.id} has no charge`);
  else if (charge.state === "parked") {
    visible.parked++;
    found.differences.push(`${call.id} is parked: ${charge.reason}`);
  } else if (charge.state === "waiting_funds") {
    visible.waitingFunds++;
    if (owner === accountOf(known.accounts)) return true;
    found.differences.push(`${call.id} waits for money that is there`);
  } else return true;
  return false;
}

function checkEntries(
  { found, visible, balances }: Audit,
  { call, charge, entries }: Charged,
): void {
  if (entries.filter(({ kind }) => kind === "charge").length > 1) found.doubled.push(call.id);
  const paidMicros = entries.reduce((sum, { amountMicros }) => sum - amountMicros, 0n);
  const priceMicros = charge.state === "billed" ? priceOf(call, charge) : charge.amountMicros;
  if (paidMicros !== priceMicros) {
    found.differences.push(`${call.id} paid ${paidMicros}, costs ${priceMicros}`);
  }
  if (isEstimated(call, charge)) visible.estimated++;
  // Twilio's free minutes are checked by account: which call they fell on is not ours to say.
  if (call.carrier === "twilio") return;
  balances.set(charge.accountId, balances.get(charge.accountId)! - priceMicros);
}

function priceOf(call: TrueCall, charge: CallCharge): bigint {
  if (call.carrier === "bland") return startedMinutes(call) * MINUTE_MICROS;
  if (call.carrier === "twilio") return charge.amountMicros;
  if (call.talkSeconds === 0) return 0n;
  return isEstimated(call, charge)
    ? startedMinutes(call) * TELNYX_ESTIMATE_MICROS
    : BigInt(call.costMicros!);
}

function isEstimated(call: TrueCall, { trace }: CallCharge): boolean {
  return call.talkSeconds > 0 && trace?.kind === "cost_plus" && trace.estimated;
}

function startedMinutes({ talkSeconds }: TrueCall): bigint {
  return BigInt(Math.ceil(talkSeconds / 60));
}

/** The first hundred minutes of a month are free, whatever the order in which its calls were charged. */
function checkTwilioMinutes({ found, balances }: Audit, calls: Charged[]): void {
  const pools = Map.groupBy(
    calls,
    ({ charge }) => `${charge.accountId} ${charge.trace?.freeMonth}`,
  );
  for (const [pool, ofPool] of pools) {
    const { accountId } = ofPool[0]!.charge;
    const minutes = ofPool.reduce((sum, { call }) => sum + startedMinutes(call), 0n);
    const paidMinutes = minutes > TWILIO_FREE_MINUTES ? minutes - TWILIO_FREE_MINUTES : 0n;
    const mustMicros = paidMinutes * TWILIO_MINUTE_MICROS;
    const takenMicros = ofPool.reduce((sum, { charge }) => sum + charge.amountMicros, 0n);
    if (takenMicros !== mustMicros) {
      found.differences.push(`Twilio ${pool} paid ${takenMicros}, must pay ${mustMicros}`);
    }
    balances.set(accountId, balances.get(accountId)! - mustMicros);
  }
}
