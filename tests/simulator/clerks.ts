/**
 * Those who look after SMS billing: they change the terms, run cycles, and sit at the desk where bills are
 * decided.
 *
 * @module
 */
import { SIPPY_ACCOUNTS, type SippyWorld } from "./carriers/sippy_world.ts";
import { createDesk } from "./desk.ts";
import { guarded } from "./hooks.ts";
import type { Isolates } from "./isolates.ts";
import type { Ask } from "./people.ts";
import { require } from "./violation.ts";
import type { World } from "./world.ts";

/** Clerks. */
export interface Clerks {
  /** The terms every run begins with. */
  open(): Promise<void>;
  /** One of them does something. */
  act(): void;
  /** Everything that waits for a person is decided, agreed to, or tried again. */
  settleUp(): Promise<void>;
}

/** Who has messages billed. */
const BILLED = ["susi", "yoko", "euro", "acme", "kiwi", "york"] as const;

const OPENING: Readonly<Record<string, object>> = {
  susi: { frequency: "threshold", thresholdAmount: 0.4, thresholdMessages: 7, payment: "sippy" },
  yoko: { frequency: "threshold", thresholdAmount: 9, thresholdMessages: 8, payment: "sippy" },
  euro: { frequency: "daily", payment: "sippy" },
  acme: { frequency: "threshold", thresholdAmount: 0.5, thresholdMessages: 9 },
  kiwi: { frequency: "weekly" },
};

/** What every clerk works with. */
export interface ClerkDeps {
  world: World;
  ask: Ask;
  isolates: Isolates;
  sippy: SippyWorld;
}

/** Nobody has done anything yet. */
export function createClerks(deps: ClerkDeps): Clerks {
  const { world, ask } = deps;
  const draws = world.draws.stream("clerks");
  const bills = createDesk(deps, draws);
  async function setTerms(accountId: string | null, level: object): Promise<void> {
    const path = "/api/admin/sms/billing-settings" + (accountId ? `?account=${accountId}` : "");
    for (let tries = 0; tries < 5; tries++) {
      const etag = (await ask("GET", path)).headers.get("etag") ?? "";
      const answer = await ask("PUT", path, { body: level, headers: { "if-match": etag } });
      if (answer.httpStatus === 412) continue;
      return require(answer.httpStatus === 200, "I10", () => `${path}: ${answer.text}`);
    }
  }
  function drawLevel(accountId: string): object {
    const [often, kind, whole] = [draws.chance(0.6), draws.next(), draws.between(3, 12)];
    const [approves, isByHand, isSippy] = [
      draws.chance(0.15),
      draws.chance(0.15),
      draws.chance(0.8),
    ];
    const frequency = often
      ? "threshold"
      : kind < 0.6
      ? "daily"
      : kind < 0.8
      ? "weekly"
      : "monthly";
    const scale = accountId === "yoko" ? 1 : 0.05;
    return {
      frequency,
      ...(draws.chance(0.8) ? { thresholdAmount: Math.round(whole * scale * 100) / 100 } : {}),
      ...(draws.chance(0.8) ? { thresholdMessages: whole } : {}),
      ...(draws.chance(0.2) ? { maxAmount: Math.round(whole * scale * 100) / 100 } : {}),
      ...(approves ? { requireApproval: true } : {}),
      ...(isByHand ? { autoProcess: false } : {}),
      payment: isSippy && accountId in SIPPY_ACCOUNTS ? "sippy" : "wallet",
    };
  }
  async function cycle(): Promise<void> {
    const type = draws.pick(["daily", "weekly", "monthly", "threshold"]);
    const [method, count] = [draws.pick(["GET", "POST"]), draws.between(1, 3)];
    const path = `/api/cron/process-sms-billing?type=${type}`;
    // Several isolates at once.
    await Promise.all(
      Array.from({ length: count }, () => ask(method, path, { isCron: true })),
    );
  }
  async function act(): Promise<void> {
    const [deed, accountId] = [draws.next(), draws.pick(BILLED)];
    const level = drawLevel(accountId);
    if (deed < 0.2) return await setTerms(accountId, level);
    if (deed < 0.23) return await setTerms(null, { notifications: deed < 0.21 });
    if (deed < 0.4) return await cycle();
    if (deed < 0.75) return await bills.change();
    if (deed < 0.8) return bills.bookByHand();
    await bills.review();
  }
  return {
    open: async () => {
      for (const [accountId, level] of Object.entries(OPENING)) await setTerms(accountId, level);
    },
    act: () => void guarded(world, act()),
    settleUp: bills.settleUp,
  };
}
