/**
 * Top-ups by API that are repeated until they are acknowledged, and what was acknowledged.
 *
 * @module
 */
import { accountOf } from "../support/sync_load.ts";
import { CRASH_SECRETS } from "./secrets.ts";

/** A top-up somebody wants, and what they were told. */
export interface TopUp {
  key: string;
  accountId: string;
  amountMicros: bigint;
  /** The entry they were told of first; null until then. */
  acknowledged: { seq: number; hash: string } | null;
  /** Times it was asked for. */
  asked: number;
}

/** Everybody who tops up, and whether one of them was told two different things. */
export interface TopUps {
  all: TopUp[];
  /** Keys whose repeats were answered with another entry than the first answer. */
  contradicted: string[];
}

/** Wishes for one more top-up, of 1 to 9 cents. */
export function wishTopUp(topUps: TopUps, { accounts, random }: {
  accounts: number;
  random: () => number;
}): void {
  topUps.all.push({
    key: `top-up-${topUps.all.length}`,
    accountId: accountOf(Math.floor(random() * accounts)),
    amountMicros: BigInt(1 + Math.floor(random() * 9)) * 10_000n,
    acknowledged: null,
    asked: 0,
  });
}

/** Asks once for every top-up that was not acknowledged yet, and again for some or all that were. */
export async function askTopUps(
  topUps: TopUps,
  { url, random, repeats = 4 }: { url: string; random: () => number; repeats?: number },
): Promise<void> {
  const share = repeats / topUps.all.length;
  const wanted = topUps.all.filter(({ acknowledged }) => !acknowledged || random() < share);
  await Promise.all(wanted.map((topUp) => askTopUp(topUps, { url, topUp })));
}

async function askTopUp(topUps: TopUps, { url, topUp }: { url: string; topUp: TopUp }) {
  topUp.asked++;
  try {
    const response = await fetch(`${url}/api/v1/accounts/${topUp.accountId}/top-ups`, {
      method: "POST",
      signal: AbortSignal.timeout(30_000),
      headers: {
        authorization: `Bearer ${CRASH_SECRETS.ADMIN_API_KEY}`,
        "content-type": "application/json",
        "idempotency-key": topUp.key,
      },
      body: JSON.stringify({ amount: amountOf(topUp.amountMicros), reference: topUp.key }),
    });
    const body = await response.json();
    if (response.status !== 201) return;
    const told = { seq: body.entry.seq as number, hash: body.entry.hash as string };
    if (topUp.acknowledged && topUp.acknowledged.hash !== told.hash) {
      topUps.contradicted.push(topUp.key);
    }
    topUp.acknowledged ??= told;
  } catch {
    // Killed under it: asked again after the restart, with the same key.
  }
}

/** An amount as the API takes it. */
export function amountOf(micros: bigint): string {
  return `${micros / 1_000_000n}.${String(micros % 1_000_000n).padStart(6, "0")}`;
}
