/**
 * One run: a seed, a kind of day, a stretch of faults, a long quiet, and then the truth.
 *
 * @module
 */
import { HOUR_MS, MINUTE_MS } from "../../core/clock.ts";
import { ensureShippedPlans } from "../../core/rating/plans.ts";
import { banTheMachine } from "./bans.ts";
import type { Peer } from "./carriers/carrier_world.ts";
import { openCarriers } from "./carriers/open_carriers.ts";
import { openSippy } from "./carriers/sippy_world.ts";
import { watchDebits } from "./checks/debit_watch.ts";
import { createClerks } from "./clerks.ts";
import { watchCommits } from "./checks/watch_commits.ts";
import { createDraws } from "./draws.ts";
import { createFaults } from "./faults.ts";
import { createGateway } from "./gateway.ts";
import { createHookPost, guarded } from "./hooks.ts";
import { createIsolates } from "./isolates.ts";
import { letFaultsStrike } from "./mischief.ts";
import { NUMBERS, openAccounts } from "./opening.ts";
import { createPeople } from "./people.ts";
import { profileOf } from "./profiles.ts";
import { checkTheTruth } from "./quiet/check_the_truth.ts";
import { rest } from "./quiet/rest.ts";
import { createSenders } from "./senders.ts";
import { createTimeline } from "./timeline.ts";
import { createTrace, formatTime } from "./trace.ts";
import { openWorld, sweepRows } from "./world.ts";

/** Which run. */
export interface RunRequest {
  seed: number;
  /** Null: as the seed picks. */
  profile?: string | null;
  /** Kinds of faults, or first parts of them, that never strike. */
  without?: readonly string[];
  /** Hears of every event. */
  say?: (line: string) => void;
}

/** What a run came to. */
export interface RunResult {
  seed: number;
  profile: string;
  hash: string;
  virtualMs: number;
  events: number;
  commits: number;
  kills: number;
  calls: number;
  hooks: number;
  reports: number;
  bills: number;
  debits: number;
  reviews: number;
  faults: Readonly<Record<string, number>>;
  /** Null: every promise was kept. */
  violation: { message: string; atVirtual: string; commit: number; last: string[] } | null;
}

/** Lives through one run. Never throws for what the program does. */
export async function runSeed(request: RunRequest): Promise<RunResult> {
  const allow = banTheMachine();
  try {
    return await live(request);
  } finally {
    allow();
  }
}

async function live({ seed, profile: name = null, without = [], say }: RunRequest) {
  const draws = createDraws(seed);
  const profile = profileOf(draws.stream("profile"), name);
  const startMs = draws.stream("start").pick(profile.startsMs);
  let complaint: Error | null = null;
  const timeline = createTimeline({
    startMs: startMs - 20 * MINUTE_MS,
    draws: draws.stream("ties"),
    onEvent: () => {
      if (complaint) throw complaint;
    },
  });
  const trace = createTrace({ now: timeline.now, say });
  const faults = createFaults({
    draws: draws.stream("faults"),
    now: timeline.now,
    strengths: profile.strengths,
    without,
    onStrike: (kind) => trace.note(`fault ${kind}`),
  });
  const complain = (error: Error) => void (complaint ??= error);
  const world = openWorld({ timeline, draws, faults, trace, profile, complain });
  let violation: RunResult["violation"] = null;
  try {
    await liveThrough(world, startMs);
  } catch (error) {
    const message = error instanceof Error ? error.stack ?? error.message : String(error);
    const atVirtual = formatTime(timeline.now());
    violation = { message, atVirtual, commit: world.figures.commits, last: trace.last() };
  }
  return {
    seed,
    profile: profile.name,
    hash: trace.hash(),
    virtualMs: timeline.now() - startMs,
    events: timeline.eventCount(),
    ...world.figures,
    bills: world.rows.table("sms_bill").length,
    faults: faults.counts(),
    violation,
  };
}

async function liveThrough(
  world: ReturnType<typeof openWorld>,
  startMs: number,
): Promise<void> {
  const { timeline, profile, draws, faults } = world;
  const day = draws.stream("day");
  const peers: Peer[] = [];
  const billing = day.pick(["sync", "webhook", "both"]);
  const isolates = createIsolates(world, { peers, billing });
  const gateway = createGateway(world, isolates);
  const people = createPeople(world, gateway);
  const post = createHookPost({ world, gateway });
  const numbers = day.stream("numbers");
  const drawNumber = () => {
    const [hot, which] = [numbers.chance(profile.hotShare), numbers.pick(NUMBERS)];
    return hot ? NUMBERS[0] : which;
  };
  const carriers = openCarriers({ world, post, drawNumber });
  const sippy = openSippy(world, watchDebits(world));
  peers.push(...carriers, sippy);
  const senders = createSenders(world, people.ask);
  const clerks = createClerks({ world, ask: people.ask, isolates, sippy });
  const books = watchCommits(world);
  sweepRows(world);
  for (const isolate of isolates.all) isolates.start(isolate);

  faults.pause(true);
  let isOpen = false;
  void guarded(world, open());
  async function open(): Promise<void> {
    await ensureShippedPlans(isolates.all[0]!.program!.deps);
    await openAccounts(people);
    await clerks.open();
    isOpen = true;
  }
  await timeline.runUntil(startMs);
  if (!isOpen) throw new Error("Cannot begin: the accounts did not open in time");
  faults.pause(false);

  const everybody = { world, isolates, carriers, sippy, people, senders, clerks, post };
  const stop = letFaultsStrike(everybody);
  await timeline.runUntil(startMs + day.between(15, 30) * MINUTE_MS);
  stop();
  faults.calm();
  await rest(everybody);
  await checkTheTruth({ ...everybody, books });
}

/** How long a run lasts at most, for those who wait for it. */
export const RUN_MS_MAX = 36 * HOUR_MS;
