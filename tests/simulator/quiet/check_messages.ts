/**
 * I7 for messages: each one that could be known is rated once, at its carrier's price, for whoever held its
 * number. What their bills take is looked at where bills are.
 *
 * @module
 */
import type { TrueMessage } from "../carriers/carrier_world.ts";
import { rowAt } from "../commits.ts";
import { require } from "../violation.ts";
import type { Truth } from "./check_the_truth.ts";
import { ownersOf } from "./owners_of.ts";

/** Looks at every message of every carrier. */
export function checkMessages({ world: { rows }, carriers }: Truth): void {
  for (const message of carriers.flatMap((carrier) => carrier.messages())) {
    const stored = rowAt(rows, ["message", message.messageId]);
    const what = () => `${describe(message)}, known as ${JSON.stringify(stored)}`;
    require(stored !== null || !message.isListed, "I7", () => `${describe(message)} is not known`);
    // A webhook that never came leaves nothing to ask for.
    if (stored === null || !stored.isFinal) continue;
    const { sentAtMs, number } = message;
    const owners = ownersOf(rows, { startsMs: [sentAtMs], numbers: [number], claims: null });
    require(owners.has(stored.accountId), "I7", () => `${what()} is not ${[...owners]}'s`);
    const charge = rowAt(rows, ["message_charge", message.messageId]);
    if (stored.accountId === null) {
      require(charge === null, "I4", () => `${what()} is nobody's, and rated`);
      continue;
    }
    const account = rowAt(rows, ["account", stored.accountId])!;
    require(charge !== null, "I7", () => `${what()} is not rated`);
    const state = account.currency !== "USD"
      ? "parked"
      : message.costMicros === null
      ? "open"
      : "rated";
    const seen = () => `${what()} is ${charge.state} at ${charge.amountMicros}, not ${state}`;
    require(charge.state === state, "I7", seen);
    if (state !== "rated") continue;
    require(BigInt(charge.amountMicros) === message.costMicros, "I7", seen);
  }
}

function describe({ messageId, costMicros, number, sentAtMs }: TrueMessage): string {
  const sent = new Date(sentAtMs).toISOString().slice(5, 19);
  return `${messageId} (${sent}, cost ${costMicros}, ${number})`;
}
