/**
 * The named world with a simulated Telnyx behind a real loopback server: what the jobs, the sweep and the
 * reconciliation ask, and webhooks put into the inbox by hand.
 *
 * Goes to: `tests/support/world.ts`.
 *
 * @module
 */
import assert from "node:assert/strict";
import { parseTelnyxEvent } from "../../core/carriers/telnyx/events.ts";
import {
  createTelnyxSimulator,
  type TelnyxSimulator,
} from "../../core/carriers/telnyx/simulator.ts";
import { systemClock } from "../../core/clock.ts";
import { createEgress } from "../../core/egress.ts";
import { receiveEvent } from "../../core/jobs/receive_event.ts";
import { type JobKinds, runDueJobs } from "../../core/jobs/run_jobs.ts";
import { secret } from "../../core/secret.ts";
import { jobKinds } from "../../cron/jobs.ts";
import { drainInbox } from "../../cron/mod.ts";
import type { SyncDeps } from "../../cron/sync_calls.ts";
import { openWorld, seeded, type World } from "./world.ts";

/** The key of the simulated account. */
export const TELNYX_KEY = "KEY0123456789ABCDEF_testtesttest";

/** An open world; dispose of it. */
export interface RecordsWorld extends AsyncDisposable {
  world: World;
  simulator: TelnyxSimulator;
  /** The program's doors, with Telnyx on. */
  sync: SyncDeps;
  kinds: JobKinds;
  baseUrl: string;
  /** Puts the webhooks of a call or message into the inbox, and works it off. */
  hear(id: string, keeps?: (kind: string) => boolean): Promise<void>;
  /** Runs every job that is due. */
  run(): Promise<number>;
}

/** A world in which Telnyx alone is on. */
export async function openRecordsWorld(): Promise<RecordsWorld> {
  const world = await openWorld();
  const { clock } = world;
  let count = 0;
  const simulator = createTelnyxSimulator({
    clock,
    random: seeded(7),
    id: () => `id-${String(count++).padStart(6, "0")}`,
    apiKey: TELNYX_KEY,
    signingSecret: "simulated",
    deliver: () => Promise.resolve(200),
  });
  const server = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen: () => {} },
    simulator.app.fetch,
  );
  const origin = `http://127.0.0.1:${server.addr.port}`;
  const egress = createEgress({ allowedOrigins: [origin], clock: systemClock() });
  const baseUrl = `${origin}/v2`;
  const telnyx = { apiKey: secret(TELNYX_KEY), baseUrl, publicKeys: [simulator.publicKey] };
  const sync: SyncDeps = { ...world.deps, egress, bland: null, telnyx };
  const kinds = jobKinds(sync);
  return {
    world,
    simulator,
    sync,
    kinds,
    baseUrl,
    hear: async (id, keeps = () => true) => {
      for (const { body } of simulator.renderWebhooks(id)) {
        const parsed = parseTelnyxEvent(body);
        assert(parsed.status === "call_event" || parsed.status === "message_event");
        const { eventId: carrierEventId, kind } = parsed.event;
        if (!keeps(kind)) continue;
        const base = { carrier: "telnyx", carrierEventId, kind, payload: body, reason: null };
        await receiveEvent(sync, { ...base, state: "received" });
      }
      await drainInbox(sync, clock.now() + 60_000);
    },
    run: () => runDueJobs({ ...sync, kinds }, { untilMs: clock.now() + 60_000 }),
    [Symbol.asyncDispose]: async () => {
      simulator.stop();
      egress.close();
      await server.shutdown();
      world.close();
    },
  };
}
