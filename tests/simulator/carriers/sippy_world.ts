/**
 * Sippy in a run: a switch that refuses, loses, forgets to answer and executes late; what it really took
 * stands in its own books, and is looked at in the very instant it is taken.
 *
 * @module
 */
import { createSippySimulator } from "../../../core/carriers/sippy/simulator.ts";
import type { SippyBooking } from "../../../core/carriers/sippy/simulated/books.ts";
import type { SippyFault } from "../../../core/carriers/sippy/simulated/faults.ts";
import { SECOND_MS, withSleep } from "../../../core/clock.ts";
import { SECRETS, SIPPY } from "../configuration.ts";
import type { FaultKind } from "../faults.ts";
import type { World } from "../world.ts";
import type { Peer } from "./carrier_world.ts";
import { createOutages } from "./outages.ts";

/** Accounts at the switch by the accounts that pay from them. */
export const SIPPY_ACCOUNTS = {
  susi: { iAccount: 2001, baseCurrency: "USD" },
  yoko: { iAccount: 2002, baseCurrency: "JPY" },
  euro: { iAccount: 2003, baseCurrency: "EUR" },
} as const;

/** A switch of a run. */
export interface SippyWorld extends Peer {
  /** Everything that was taken, listed or not. */
  debits(): SippyBooking[];
  /** What staff took past the API. */
  byHand: ReadonlySet<number>;
  /** Books as staff would. */
  bookByHand(booking: { iAccount: number; amountMicros: bigint; notes: string | null }): void;
  /** Whether nothing is on its way that may still be executed. */
  isStill(): boolean;
}

/** What looks at the switch. */
export interface SippyEyes {
  /** A request with money has come; nothing is executed yet. */
  onAsked(reference: string): void;
  /** Money was taken in this instant. */
  onTaken(debit: SippyBooking, all: readonly SippyBooking[]): void;
}

/** A switch with the accounts of the run. */
export function openSippy(world: World, eyes: SippyEyes): SippyWorld {
  const { timeline } = world;
  const draws = world.draws.stream("sippy");
  const byHand = new Set<number>();
  let seen = 0;
  let ids = 0;
  function look(): void {
    const all = sippy.truth();
    for (; seen < all.length; seen++) {
      const one = all[seen]!;
      world.figures.debits++;
      world.trace.note(`sippy took ${one.amountMicros} of ${one.iAccount}: ${one.notes}`);
      if (!byHand.has(one.iPayment)) guardedly(world, () => eyes.onTaken(one, all));
    }
  }
  const sippy = createSippySimulator({
    clock: withSleep({
      now: timeline.now,
      after: (ms, ring) => {
        // A slow answer has been executed by the time its wait begins.
        look();
        return timeline.after(ms, () => (ring(), look()));
      },
    }),
    random: draws.next,
    id: () => `nonce${++ids}`,
    username: SIPPY.SIPPY_USERNAME,
    password: SECRETS.SIPPY_PASSWORD,
  });
  for (const account of Object.values(SIPPY_ACCOUNTS)) sippy.placeAccount({ ...account });
  sippy.faults.challenge.hasQop = draws.chance(0.5);
  sippy.faults.listsNegativeDebits = draws.chance(0.3);
  // With the latest execution, 90 s, still inside the settle window; longer than a dead holder's lease.
  sippy.faults.listedAfterMs = draws.pick([0, 60, 190]) * SECOND_MS;
  sippy.faults.clampRowsMax = draws.pick([null, null, 3]);
  async function answer(request: Request): Promise<Response> {
    const body = await request.text();
    const { url, method, headers } = request;
    const isMoney = body.includes("<methodName>accountDebit</methodName>");
    const fault = drawFault(world, { isMoney, faults: sippy.faults });
    (isMoney ? sippy.faults.money : sippy.faults.lookups).next = [fault];
    if (isMoney) guardedly(world, () => eyes.onAsked(REFERENCE.exec(body)?.[0] ?? ""));
    const response = await sippy.app.fetch(new Request(url, { method, headers, body }));
    look();
    return response;
  }
  return {
    name: "sippy",
    origin: new URL(SIPPY.SIPPY_URL).origin,
    ...createOutages(world),
    answer,
    setDuplicateRows: () => {},
    debits: () => sippy.truth().filter(({ kind }) => kind === "debit"),
    byHand,
    bookByHand: (booking) => {
      const { iPayment } = sippy.bookByHand({ ...booking, kind: "debit", paymentTimeMs: null });
      byHand.add(iPayment);
      look();
    },
    isStill: () => sippy.lateCount() === 0,
  };
}

/** What the eyes find ends the run; whoever was looked at goes on. */
function guardedly(world: World, look: () => void): void {
  try {
    look();
  } catch (error) {
    world.complain(error instanceof Error ? error : new Error(String(error)));
  }
}

const REFERENCE = /smsbill ref=[0-9a-f-]+/;

/** Drawn for each request, whatever it is, so that one kind taken away leaves the others as they were. */
function drawFault(
  { faults: weather }: World,
  { isMoney, faults }: { isMoney: boolean; faults: { lateMs: number } },
): SippyFault | null {
  const size = (kind: FaultKind) => weather.strike(kind);
  if (!isMoney) {
    const [fails, stale] = [size("sippy.lookup_fails"), size("sippy.stale_nonce")];
    if (stale !== null) return "stale_nonce";
    return fails === null ? null : fails < 0.4 ? "lost" : fails < 0.7 ? "fault" : "html_502";
  }
  const [refused, lost, deaf] = [
    size("sippy.refused"),
    size("sippy.lost"),
    size("sippy.reply_lost"),
  ];
  const [late, html, stale, slow] = [
    size("sippy.late"),
    size("sippy.html"),
    size("sippy.stale_nonce"),
    size("sippy.slow"),
  ];
  if (late !== null) {
    faults.lateMs = (10 + Math.floor(late * 80)) * SECOND_MS;
    return "late";
  }
  if (deaf !== null) return deaf < 0.6 ? "dropped" : deaf < 0.8 ? "empty" : "truncated";
  if (lost !== null) return "lost";
  if (refused !== null) return "fault";
  if (html !== null) return html < 0.5 ? "html_502" : "html_502_executed";
  if (stale !== null) return "stale_nonce";
  return slow === null ? null : "slow";
}
