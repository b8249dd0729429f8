/**
 * One wallet that everybody posts to at once: our queue with shared commits, beside writers that read,
 * check and set until it works.
 *
 * Goes to: `tests/bench/bench_world.ts`.
 *
 * @module
 */
import { encodeRow } from "../../core/kv/codec.ts";
import type { Wallet } from "../../core/wallet/wallet.ts";
import { accountOf, FIRST_MICROS, readRows } from "../support/sync_load.ts";
import { topUp } from "../support/world.ts";
import { openBenchWorld } from "./bench_world.ts";

/** How many at once, and how often each. */
export interface HotWalletOptions {
  writers: number;
  postsEach: number;
  folder: string;
  round: number;
}

/** One round: ours, then the naive writers. */
export interface HotWalletRound {
  oursPerSecond: number;
  naivePerSecond: number;
  /** Ours as a multiple of theirs. */
  ratio: number;
  failures: number;
  /** Commits of ours that carried all the posts. */
  commits: number;
  /** Tries a naive writer needed for one post, on average. */
  naiveTries: number;
  wrong: string[];
}

const POST_MICROS = 1_000n;

/** Posts to one wallet of ours, then to a row that naive writers share. */
export async function postAtOnce(options: HotWalletOptions): Promise<HotWalletRound> {
  const ours = await postOurs(options);
  const naive = await postNaively(options);
  const posts = options.writers * options.postsEach;
  return {
    oursPerSecond: posts / ours.ms * 1_000,
    naivePerSecond: posts / naive.ms * 1_000,
    ratio: naive.ms / ours.ms,
    failures: ours.failures,
    commits: ours.commits,
    naiveTries: naive.tries / posts,
    wrong: [...ours.wrong, ...naive.wrong],
  };
}

async function postOurs({ writers, postsEach, folder, round }: HotWalletOptions) {
  const accountId = accountOf(0);
  const path = `${folder}/hot-${round}-ours.kv`;
  const { kv, deps, writes } = await openBenchWorld({ path, accounts: 1 });
  let failures = 0;
  const startedMs = performance.now();
  await Promise.all(Array.from({ length: writers }, async (_, writer) => {
    for (let i = 0; i < postsEach; i++) {
      try {
        const posted = await topUp(deps, { accountId, micros: POST_MICROS, key: `${writer}-${i}` });
        if (posted.status !== "posted") failures++;
      } catch {
        failures++;
      }
    }
  }));
  const ms = performance.now() - startedMs;
  const wallet = (await readRows<Wallet>(kv, "wallet")).get(accountId);
  kv.close();
  const expected = FIRST_MICROS + POST_MICROS * BigInt(writers * postsEach);
  const wrong = wallet?.balanceMicros === expected
    ? []
    : [`our wallet has ${wallet?.balanceMicros}, must have ${expected}`];
  return { ms, failures, commits: writes.length, wrong };
}

async function postNaively({ writers, postsEach, folder, round }: HotWalletOptions) {
  const kv = await Deno.openKv(`${folder}/hot-${round}-naive.kv`);
  const key = ["wallet", "hot"];
  await kv.set(key, encodeRow(key, { balanceMicros: 0n, entryCount: 0 }));
  let tries = 0;
  const startedMs = performance.now();
  await Promise.all(Array.from({ length: writers }, async (_, writer) => {
    for (let i = 0; i < postsEach; i++) {
      const needed = await postUntilOk(kv, `${writer}-${i}`);
      tries += needed;
    }
  }));
  const ms = performance.now() - startedMs;
  const row = (await readRows<{ balanceMicros: bigint }>(kv, "wallet")).get("hot");
  kv.close();
  const expected = POST_MICROS * BigInt(writers * postsEach);
  const wrong = row?.balanceMicros === expected
    ? []
    : [`the naive wallet has ${row?.balanceMicros}, must have ${expected}`];
  return { ms, tries, wrong };
}

/** Read, check, set: again and at once until it works. Answers how many tries it took. */
async function postUntilOk(kv: Deno.Kv, id: string): Promise<number> {
  const key = ["wallet", "hot"];
  for (let tries = 1;; tries++) {
    const row = await kv.get<Uint8Array>(key);
    const wallet = JSON.parse(new TextDecoder().decode(row.value!));
    const balanceMicros = BigInt(wallet.balanceMicros) + POST_MICROS;
    const entryCount = wallet.entryCount + 1;
    const entryKey = ["entry", "hot", String(entryCount).padStart(12, "0")];
    const guardKey = ["money_request", "bench", id];
    const answer = await kv.atomic().check(row)
      .set(key, encodeRow(key, { balanceMicros, entryCount }))
      .set(entryKey, encodeRow(entryKey, { id, balanceMicros, amountMicros: POST_MICROS }))
      .set(guardKey, encodeRow(guardKey, { entryCount }))
      .commit();
    if (answer.ok) return tries;
  }
}
