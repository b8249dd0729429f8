/**
 * Brings callbacks to the receiver when they are due: late, twice, out of order or not at all.
 *
 * @module
 */
import type { Clock } from "../../../clock.ts";
import type { SimulatedCallback } from "./callbacks.ts";
import type { TwilioFaults } from "./faults.ts";

/** What {@link createDeliveries} needs. */
export interface DeliveryDeps {
  /** Rings when a callback is due. */
  clock: Clock;
  /** A number in [0, 1), for the faults. */
  random: () => number;
  /** The knobs. */
  faults: TwilioFaults;
  /** Posts one; a rejection says that no connection came about. */
  deliver: (callback: SimulatedCallback) => Promise<void> | void;
}

/** Callbacks on their way. */
export interface Deliveries {
  /** Has each delivered when it is due; those of the past at once. */
  schedule(callbacks: readonly SimulatedCallback[]): void;
  /** Forgets all that are not delivered yet. */
  cancel(): void;
}

/**
 * Deliveries over an injected way out.
 *
 * A callback without a connection is tried once more and then lost, as Twilio does by default. Source:
 * Twilio documentation, "Webhooks connection overrides" (`rc` 1, `rp` `ct`).
 */
export function createDeliveries(deps: DeliveryDeps): Deliveries {
  const alarms = new Set<() => void>();
  const ring = (atMs: number, act: () => void) => {
    const cancel = deps.clock.after(Math.max(0, atMs - deps.clock.now()), () => {
      alarms.delete(cancel);
      act();
    });
    alarms.add(cancel);
  };
  return {
    schedule: (callbacks) => {
      for (const callback of callbacks) {
        for (const atMs of drawInstants(deps, callback)) {
          ring(atMs, () => void send(deps, callback));
        }
      }
    },
    cancel: () => {
      for (const cancel of alarms) cancel();
      alarms.clear();
    },
  };
}

function drawInstants({ random, faults }: DeliveryDeps, { atMs }: SimulatedCallback): number[] {
  const { lossChance, repeatChance, delayMsMax } = faults.callbacks;
  const copies = random() < lossChance ? 0 : random() < repeatChance ? 2 : 1;
  return Array.from({ length: copies }, () => atMs + Math.floor(random() * delayMsMax));
}

async function send({ deliver }: DeliveryDeps, callback: SimulatedCallback): Promise<void> {
  for (let attempt = 0; attempt < 2; attempt++) {
    try {
      return await deliver(callback);
    } catch {
      // Tried once more, then lost.
    }
  }
}
