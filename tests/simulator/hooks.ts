/**
 * Webhooks on their way from a carrier to the program: lost, late, twice; and what was promised for them.
 *
 * @module
 */
import { createHash } from "node:crypto";
import type { Hook } from "./carriers/carrier_world.ts";
import type { Gateway } from "./gateway.ts";
import { require } from "./violation.ts";
import type { World } from "./world.ts";

/** Sends webhooks and remembers what was answered. */
export interface HookPost {
  /**
   * Sends a genuine one; its HTTP status, 0 for no answer. `render` makes it at the very moment it goes
   * out, so that a late one carries the time of its sending where the carrier signs time.
   */
  send(render: () => Hook, waitsMs: number): Promise<number>;
  /** Sends one that must be refused. */
  sendForged(hook: Hook): Promise<void>;
  /** Sends one that is genuine and makes no sense. */
  sendUnreadable(hook: Hook): Promise<void>;
  /** Whether a webhook was acknowledged that told the end of this call. */
  hasEnded(callId: string): boolean;
  /** Ids of events that were acknowledged. */
  acknowledged(): ReadonlySet<string>;
}

/** A post office. */
export function createHookPost({ world, gateway }: { world: World; gateway: Gateway }): HookPost {
  const { timeline, faults, figures } = world;
  const acknowledged = new Set<string>();
  const ended = new Set<string>();
  const wait = (ms: number) => new Promise<void>((resolve) => void timeline.after(ms, resolve));
  async function post(hook: Hook, waitsMs: number): Promise<number> {
    figures.hooks++;
    const wasQuiet = world.isQuiet();
    const { path, body, headers } = hook;
    const answer = await gateway.send({ method: "POST", path, body, headers, timeoutMs: waitsMs });
    const status = answer.status === "answered" ? answer.httpStatus : 0;
    // Whoever was still on his way when the weather calmed may have been hit before.
    require(!wasQuiet || status !== 0, "I8", () => `a webhook of ${hook.carrier} got no answer`);
    return status;
  }
  async function sendOnce(hook: Hook, waitsMs: number): Promise<number> {
    const wasQuiet = world.isQuiet();
    const status = await post(hook, waitsMs);
    const mayBe = wasQuiet ? [200] : [0, 200, 503];
    require(
      mayBe.includes(status),
      "I8",
      () => `a genuine webhook of ${hook.carrier} was answered ${status}: ${hook.body}`,
    );
    if (status !== 200) return status;
    acknowledged.add(eventIdOf(hook));
    const callId = endedCallOf(hook);
    if (callId !== null) ended.add(callId);
    return status;
  }
  return {
    send: async (render, waitsMs) => {
      const [lost, late, twice] = [
        faults.strike("hook.lost"),
        faults.strike("hook.late"),
        faults.strike("hook.twice"),
      ];
      if (lost !== null) return 200;
      if (twice !== null) {
        timeline.after(
          twice ** 3 * 7_200_000,
          () => void guarded(world, sendOnce(render(), waitsMs)),
        );
      }
      if (late !== null) await wait(late ** 3 * 7_200_000);
      return await guarded(world, sendOnce(render(), waitsMs)) ?? 0;
    },
    sendForged: async (hook) => {
      const status = await guarded(world, post(hook, 15_000));
      if (status === undefined) return;
      if (![0, 403, 503].includes(status)) {
        complain(world, `I4: a forged webhook of ${hook.carrier} was answered ${status}`);
      }
    },
    sendUnreadable: async (hook) => {
      const status = await guarded(world, post(hook, 15_000));
      if (status === undefined) return;
      if (![0, 400, 503].includes(status)) {
        complain(world, `I8: an unreadable webhook of ${hook.carrier} was answered ${status}`);
      }
    },
    hasEnded: (callId) => ended.has(callId),
    acknowledged: () => acknowledged,
  };
}

/** What a promise that nobody waits for throws ends the run all the same. */
export async function guarded<T>(world: World, work: Promise<T>): Promise<T | undefined> {
  try {
    return await work;
  } catch (error) {
    world.complain(error instanceof Error ? error : new Error(String(error)));
    return undefined;
  }
}

function complain(world: World, message: string): void {
  world.complain(new Error(message));
}

/** The id its event is stored under. */
function eventIdOf({ carrier, body }: Hook): string {
  if (carrier === "telnyx") return `telnyx:${JSON.parse(body).data.id}`;
  return `${carrier}:${createHash("sha256").update(body).digest("hex").slice(0, 32)}`;
}

/** The call whose end it tells; null for other news. */
function endedCallOf({ carrier, body }: Hook): string | null {
  if (carrier !== "twilio") return null;
  const form = new URLSearchParams(body);
  const isEnd = ["completed", "busy", "no-answer"].includes(form.get("CallStatus") ?? "");
  return isEnd ? `twilio:${form.get("CallSid")}` : null;
}
