/**
 * Kinds of bad days. The seed picks one unless it is named.
 *
 * @module
 */
import type { Draws } from "./draws.ts";
import type { Strengths } from "./faults.ts";

/** A kind of day. */
export interface Profile {
  /** On the command line. */
  name: string;
  /** How hard each part strikes. */
  strengths: Strengths;
  /** Calls come in so much faster. */
  traffic: number;
  /** Messages are reported so much faster. */
  senders: number;
  /** Share of the traffic that one account gets on top of its own. */
  hotShare: number;
  /** The bad part begins at one of these instants; by itself an hour and a half before the month ends. */
  startsMs: readonly number[];
  /** Isolates over one database. */
  isolates: number;
  /** Isolates of the next version write rows with members that this one does not know. */
  hasNextVersion: boolean;
  /** Isolates are stopped one by one and come back in another order. */
  isSwizzled: boolean;
}

const PLAIN: Omit<Profile, "name"> = {
  strengths: {},
  traffic: 1,
  senders: 1,
  hotShare: 0,
  startsMs: [Date.UTC(2026, 0, 31, 22, 30)],
  isolates: 2,
  hasNextVersion: false,
  isSwizzled: false,
};

const CALM = {
  kv: 0.15,
  isolate: 0.1,
  egress: 0.15,
  carrier: 0.2,
  hook: 0.2,
  inbound: 0.2,
  sippy: 0.2,
};

/** All there are. */
export const PROFILES: readonly Profile[] = [
  { ...PLAIN, name: "calm", strengths: CALM },
  { ...PLAIN, name: "storm", isolates: 3, strengths: { kv: 2, isolate: 2, inbound: 2 } },
  {
    ...PLAIN,
    name: "hurricane",
    isolates: 3,
    traffic: 1.3,
    strengths: { kv: 5, isolate: 3, inbound: 3, egress: 2, hook: 2 },
  },
  { ...PLAIN, name: "hot_wallet", isolates: 3, traffic: 1.6, hotShare: 0.8 },
  { ...PLAIN, name: "month_end", traffic: 1.3, strengths: { hook: 2, "carrier.record_late": 3 } },
  {
    ...PLAIN,
    name: "deploy_day",
    isolates: 3,
    hasNextVersion: true,
    strengths: { isolate: 2, "isolate.deploy": 8 },
  },
  {
    ...PLAIN,
    name: "meltdown",
    strengths: { egress: 4, hook: 3, "carrier.outage": 4, sippy: 1.5 },
  },
  {
    ...PLAIN,
    name: "poison",
    strengths: { "=poison.event": 0.08, "=poison.call": 0.1, "=poison.job": 0.03 },
  },
  { ...PLAIN, name: "swizzle", isolates: 3, isSwizzled: true },
  {
    ...PLAIN,
    name: "bill_day",
    traffic: 0.5,
    senders: 2.5,
    isolates: 3,
    strengths: { sippy: 2, isolate: 2 },
    // Half an hour before daily, monthly and weekly bills close.
    startsMs: [
      Date.UTC(2026, 1, 1, 1, 30),
      Date.UTC(2026, 1, 1, 3, 30),
      Date.UTC(2026, 1, 2, 1, 30),
      Date.UTC(2026, 1, 2, 2, 30),
    ],
  },
];

/** The profile of that name, or the one the seed picks. Throws on a name there is none of. */
export function profileOf(draws: Draws, name: string | null): Profile {
  const drawn = draws.pick(PROFILES);
  if (name === null) return drawn;
  const named = PROFILES.find((one) => one.name === name);
  if (!named) {
    throw new Error(`Cannot simulate ${name}: it is none of ${PROFILES.map((p) => p.name)}`);
  }
  return named;
}
