/**
 * I7: every call that a carrier had is charged once, for its final duration and price, to whoever held its
 * number, or stands where a person sees why not.
 *
 * @module
 */
import type { TrueCall } from "../carriers/carrier_world.ts";
import { type Fields, rowAt, rowsOf } from "../commits.ts";
import { isKnownBug } from "../known_bugs.ts";
import { require } from "../violation.ts";
import type { Truth } from "./check_the_truth.ts";
import { ownersOf } from "./owners_of.ts";
import { pricesOf } from "./prices_of.ts";

/** Looks at every call of every carrier. */
export function checkCalls({ world, carriers, post }: Truth): void {
  const { rows } = world;
  for (const call of carriers.flatMap((carrier) => carrier.calls())) {
    const stored = rowAt(rows, ["call", call.callId]);
    const mayBeUnknown = call.isHookOnly && !post.hasEnded(call.callId);
    require(stored !== null || mayBeUnknown, "I7", () => `${describe(call)} is not known`);
    if (mayBeUnknown && !stored?.isFinal) continue;
    if (!stored || isKnownBug(stored)) continue;
    const owners = ownersOf(rows, call);
    require(
      owners.has(stored.accountId),
      "I7",
      () =>
        `${describe(call)} is ${stored.accountId}'s, not ${[...owners]}'s: ${
          JSON.stringify(stored)
        }`,
    );
    const charge = rowAt(rows, ["charge", call.callId]);
    if (stored.accountId === null) {
      require(charge === null, "I4", () => `${describe(call)} is nobody's, and charged`);
    } else if (stored.isFinal || call.costMicros !== null || stored.fault !== null) {
      require(
        charge !== null,
        "I7",
        () => `${describe(call)} of ${stored.accountId} is not charged: ${JSON.stringify(stored)}`,
      );
      checkCharge(call, { charge, stored, truth: world.rows });
    }
  }
  const known = new Set(carriers.flatMap((one) => one.calls()).map(({ callId }) => callId));
  for (const { id } of rowsOf(rows, "call")) {
    require(known.has(id), "I4", () => `${id} is known, and no carrier had it`);
  }
}

function checkCharge(
  call: TrueCall,
  { charge, stored, truth }: { charge: Fields; stored: Fields; truth: Truth["world"]["rows"] },
): void {
  const prices = pricesOf(truth, { call, charge });
  const what = () =>
    `${describe(call)} of ${charge.accountId} is ${charge.state} ` +
    `(${charge.reason}) at ${charge.amountMicros}, wanted ${charge.wantedMicros}, trace ` +
    `${JSON.stringify(charge.trace)}, known ${stored.durationSeconds} s, cost ${stored.costMicros}`;
  if (prices.status === "parked") {
    require(charge.state === "parked", "I7", () => `${what()}; it should be parked`);
    return;
  }
  require(charge.state !== "parked", "I7", what);
  requireMonth(call, { charge, account: rowAt(truth, ["account", charge.accountId])! });
  const wanted = BigInt(charge.wantedMicros);
  // What waits was priced with the free minutes of then, and is priced again when it is paid.
  const mayBeLess = charge.state === "waiting_funds" && charge.service === "twilio_voice";
  const isRight = prices.micros.some((micros) =>
    micros === wanted || (mayBeLess && wanted < micros)
  );
  require(isRight, "I7", () => `${what()}; it should be ${prices.micros}`);
  if (charge.state === "billed") return;
  const wallet = rowAt(truth, ["wallet", charge.accountId])!;
  const lacking = BigInt(charge.wantedMicros) - BigInt(charge.amountMicros);
  const available = BigInt(wallet.balanceMicros) - BigInt(wallet.heldMicros) +
    BigInt(wallet.creditLimitMicros);
  require(
    wallet.policy === "wait" && available < lacking,
    "I7",
    () => `${what()}; it waits although ${available} are available`,
  );
}

/** Free minutes are those of the month in which the call began where the customer lives. */
function requireMonth(
  call: TrueCall,
  { charge, account }: { charge: Fields; account: Fields },
): void {
  const { freeMonth = null } = charge.trace ?? {};
  if (freeMonth === null) return;
  const months = call.startsMs.flatMap((ms) => [ms - 2_000, ms, ms + 2_000]).map((ms) => {
    const parts = new Intl.DateTimeFormat("en-CA", {
      timeZone: account.timezone,
      year: "numeric",
      month: "2-digit",
    }).formatToParts(ms);
    const part = (type: string) => parts.find((one) => one.type === type)!.value;
    return `${part("year")}-${part("month")}`;
  });
  require(
    months.includes(freeMonth),
    "I2",
    () => `${describe(call)} draws on ${freeMonth}, and began in ${months[0]}`,
  );
}

function describe({ callId, startsMs, seconds, costMicros, numbers }: TrueCall): string {
  const start = new Date(startsMs.at(-1)!).toISOString().slice(5, 19);
  return `${callId} (${start}, ${seconds} s, cost ${costMicros}, ${numbers})`;
}
