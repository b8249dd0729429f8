/**
 * The quiet after the faults: everybody lives, minutes come, and at last everything that was late has come
 * to rest. The next two nights belong to it, with what is only done at night.
 *
 * @module
 */
import { DAY_MS, HOUR_MS, MINUTE_MS } from "../../../core/clock.ts";
import type { Clerks } from "../clerks.ts";
import { FOUND_NUMBER } from "../opening.ts";
import type { Isolates } from "../isolates.ts";
import { guarded } from "../hooks.ts";
import type { People } from "../people.ts";
import type { World } from "../world.ts";

/** Lets it all come to rest. */
export async function rest(
  { world, isolates, people, clerks }: {
    world: World;
    isolates: Isolates;
    people: People;
    clerks: Clerks;
  },
): Promise<void> {
  const { timeline } = world;
  const draws = world.draws.stream("rest");
  for (const isolate of isolates.all) {
    if (!isolate.life?.isAlive()) isolates.start(isolate);
  }
  const calmMs = timeline.now();
  await minutes(world, { isolates, untilMs: calmMs + 30 * MINUTE_MS, everyMs: MINUTE_MS });
  void guarded(world, sayTheLastWord(people, draws.chance(0.5)));
  for (const hours of [1, 2, 3, 4]) {
    void guarded(world, clerks.settleUp());
    const untilMs = calmMs + hours * HOUR_MS;
    await minutes(world, { isolates, untilMs, everyMs: 8 * MINUTE_MS });
  }
  const midnightMs = Math.ceil(calmMs / DAY_MS) * DAY_MS;
  const nights = [midnightMs, midnightMs + DAY_MS];
  for (const nightMs of nights) {
    // The nightly round, what it sets going, and the comparison five hours after the end of the day.
    await minutes(world, { isolates, untilMs: nightMs, everyMs: 3 * HOUR_MS });
    await minutes(world, { isolates, untilMs: nightMs + 40 * MINUTE_MS, everyMs: 4 * MINUTE_MS });
    await minutes(world, { isolates, untilMs: nightMs + 5 * HOUR_MS, everyMs: 3 * HOUR_MS });
    void guarded(world, clerks.settleUp());
    await minutes(world, {
      isolates,
      untilMs: nightMs + 5 * HOUR_MS + 30 * MINUTE_MS,
      everyMs: 3 * MINUTE_MS,
    });
  }
}

async function minutes(
  { timeline }: World,
  { isolates, untilMs, everyMs }: { isolates: Isolates; untilMs: number; everyMs: number },
): Promise<void> {
  while (timeline.now() < untilMs) {
    isolates.tick();
    await timeline.runUntil(Math.min(untilMs, timeline.now() + everyMs));
  }
}

/** Somebody finds out whose number it was, opens the account that calls named, and pays what is owed. */
async function sayTheLastWord({ ask, move }: People, isGenerous: boolean): Promise<void> {
  await retryFailed(ask);
  await ask("POST", "/api/v1/accounts/acme/numbers", {
    body: { number: FOUND_NUMBER, from: "2026-01-01T00:00:00Z" },
  });
  await ask("POST", "/api/v1/accounts", { body: { id: "later", name: "later" } });
  for (const accountId of ["acme", "kiwi", "york", "euro", "later"]) {
    await move({ accountId, kind: "top_up", amount: isGenerous ? "9000.00" : "1.50" });
  }
}

/** Failed work of these kinds waits for a person. What looks for costs tries again by itself at night. */
const BY_HAND = new Set(["claim_calls", "release_waiting", "ledger_verification"]);

async function retryFailed(ask: People["ask"]): Promise<void> {
  let cursor = "";
  do {
    const page = JSON.parse((await ask("GET", `/api/v1/jobs?limit=100${cursor}`)).text);
    for (const { id, kind, state } of page.data) {
      if (state === "failed" && BY_HAND.has(kind)) await ask("POST", `/api/v1/jobs/${id}/retries`);
    }
    cursor = page.nextCursor === null ? "" : `&cursor=${page.nextCursor}`;
  } while (cursor !== "");
}
