/**
 * What goes on by itself while the weather is bad: minutes, calls, people, forgers, kills, outages.
 *
 * @module
 */
import { MINUTE_MS, SECOND_MS } from "../../core/clock.ts";
import type { CarrierWorld, Peer } from "./carriers/carrier_world.ts";
import type { Clerks } from "./clerks.ts";
import type { HookPost } from "./hooks.ts";
import type { Isolate, Isolates } from "./isolates.ts";
import type { People } from "./people.ts";
import { plantJob } from "./poison.ts";
import type { Senders } from "./senders.ts";
import type { World } from "./world.ts";

/** Whom it happens to. */
export interface MischiefDeps {
  world: World;
  isolates: Isolates;
  carriers: readonly CarrierWorld[];
  sippy: Peer;
  people: People;
  senders: Senders;
  clerks: Clerks;
  post: HookPost;
}

/** Begins all of it; the answer ends it. */
export function letFaultsStrike(deps: MischiefDeps): () => void {
  const { world, carriers, people, senders, clerks } = deps;
  const draws = world.draws.stream("mischief");
  let isOver = false;
  function every(drawMs: () => number, act: () => void): void {
    world.timeline.after(drawMs(), () => {
      if (isOver) return;
      act();
      every(drawMs, act);
    });
  }
  const gapMs = (seconds: number) => () => -Math.log(1 - draws.next()) * seconds * SECOND_MS;
  every(() => MINUTE_MS, () => strikeMinute(deps, draws));
  for (const carrier of carriers) {
    every(gapMs(170 / world.profile.traffic), carrier.live);
  }
  every(gapMs(110), people.act);
  every(gapMs(75 / world.profile.senders), senders.report);
  every(gapMs(200 / world.profile.senders), clerks.act);
  every(gapMs(90), () => strikeHooks(deps));
  if (world.profile.isSwizzled) every(gapMs(900), () => swizzle(deps, draws));
  return () => void (isOver = true);
}

function strikeMinute(deps: MischiefDeps, draws: World["draws"]): void {
  const { world, isolates, carriers, sippy } = deps;
  const { faults } = world;
  const [missed, twice] = [faults.strike("tick.missed"), faults.strike("tick.twice")];
  if (missed === null) isolates.tick();
  if (twice !== null) world.timeline.after(twice * 50_000, isolates.tick);
  for (const isolate of isolates.all) strikeIsolate(deps, { isolate, draws });
  if (faults.strike("poison.job") !== null) plantJob(world);
  const outage = faults.strike("kv.outage");
  if (outage !== null) world.beginOutage(10_000 + outage * 230_000);
  for (const carrier of [...carriers, sippy]) {
    const ms = faults.strike("carrier.outage");
    if (ms !== null) carrier.beginOutage(30_000 + ms * 570_000);
  }
}

function strikeIsolate(
  { world, isolates }: MischiefDeps,
  { isolate, draws }: { isolate: Isolate; draws: World["draws"] },
): void {
  const { faults } = world;
  const [kill, pause] = [faults.strike("isolate.kill"), faults.strike("isolate.pause")];
  const deploy = faults.strike("isolate.deploy");
  const backMs = draws.between(1, 60) * SECOND_MS;
  if (!isolate.life?.isAlive()) return revive(world, { isolates, isolate, backMs });
  if (kill !== null) world.timeline.after(kill * 50_000, isolate.life.kill);
  // One pause in ten is a machine that stands still for minutes, well beyond every deadline.
  const longestMs = pause !== null && pause > 0.9 ? 400_000 : 39_000;
  if (pause !== null) isolate.life.pause(1_000 + pause * longestMs);
  if (deploy === null) return;
  // Told to stop, it begins nothing any more; a while later it is gone, and its successor there.
  isolate.program?.stop();
  world.timeline.after(5_000, isolate.life.kill);
  world.timeline.after(
    5_000 + deploy * 5_000,
    () => revive(world, { isolates, isolate, backMs: 0 }),
  );
}

function revive(
  { timeline }: World,
  { isolates, isolate, backMs }: { isolates: Isolates; isolate: Isolate; backMs: number },
): void {
  timeline.after(backMs, () => {
    if (!isolate.life?.isAlive()) isolates.start(isolate);
  });
}

/** Somebody tries his luck with webhooks of his own making. */
function strikeHooks({ world, carriers, post }: MischiefDeps): void {
  const draws = world.draws.stream(`strangers ${world.timeline.now()}`);
  const carrier = draws.pick(carriers);
  const forged = world.faults.strike("hook.forged");
  const poison = world.faults.strike("poison.event");
  if (forged !== null) void post.sendForged(carrier.forge());
  if (poison !== null) void post.sendUnreadable(carrier.unreadable());
}

/** Stops isolates one by one, and lets them come back in another order. */
function swizzle({ world, isolates }: MischiefDeps, draws: World["draws"]): void {
  const order = [...isolates.all].map((isolate) => ({ isolate, at: draws.next() }))
    .toSorted((a, b) => a.at - b.at);
  order.forEach(({ isolate }, i) => {
    const [stopMs, backMs] = [(i + 1) * draws.between(2, 15) * SECOND_MS, draws.between(20, 150)];
    world.timeline.after(stopMs, () => isolate.life?.kill());
    const backAtMs = stopMs + backMs * SECOND_MS;
    world.timeline.after(backAtMs, () => revive(world, { isolates, isolate, backMs: 0 }));
  });
}
