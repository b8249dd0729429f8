/**
 * The way in: requests of carriers and people to whichever isolate answers, over a network that loses
 * some, their answers too, and delivers some twice.
 *
 * @module
 */
import type { Isolates } from "./isolates.ts";
import type { World } from "./world.ts";

/** What came of a request, as its sender sees it. `broken`: it may have had its effect all the same. */
export type Answer =
  | { status: "answered"; httpStatus: number; headers: Headers; text: string }
  | { status: "broken" };

/** A request to the program. */
export interface Inbound {
  method: string;
  path: string;
  headers: Record<string, string>;
  body?: string;
  /** How long its sender waits. */
  timeoutMs: number;
}

/** The way in. */
export interface Gateway {
  /** Sends one request; always answers, be it that nothing came back. */
  send(inbound: Inbound): Promise<Answer>;
}

/** Where the program says it is. */
export const PUBLIC_URL = "https://billing.example.com";

/** The way in to these isolates. */
export function createGateway(world: World, isolates: Isolates): Gateway {
  const { timeline, faults } = world;
  const draws = world.draws.stream("gateway");
  return {
    send: (inbound) =>
      new Promise((resolve) => {
        const strikes = {
          isLost: faults.strike("inbound.lost") !== null,
          isDeaf: faults.strike("inbound.reply_lost") !== null,
          twice: faults.strike("inbound.twice"),
          slow: faults.strike("inbound.slow"),
        };
        const [thereMs, backMs] = [draws.between(1, 60), draws.between(1, 60)];
        const broken = () => resolve({ status: "broken" });
        const cancel = timeline.after(inbound.timeoutMs, broken);
        if (strikes.isLost) return;
        const lateMs = strikes.slow === null ? 0 : strikes.slow * 20_000;
        timeline.after(thereMs + lateMs, async () => {
          const answer = await isolates.serve(inbound);
          if (strikes.isDeaf) return;
          timeline.after(backMs, () => {
            cancel();
            resolve(answer);
          });
        });
        if (strikes.twice !== null) {
          timeline.after(thereMs + strikes.twice * 30_000, () => void isolates.serve(inbound));
        }
      }),
  };
}
