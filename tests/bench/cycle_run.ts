/**
 * One daily cycle of SMS billing over many accounts: how much of the database it reads for each bill.
 *
 * Goes to: `tests/support/world.ts`, `tests/support/counting_kv.ts`, `tests/support/sms.ts`.
 *
 * @module
 */
import { recordUsage } from "../../core/billing/record_usage.ts";
import { DAY_MS } from "../../core/clock.ts";
import { closeDueBills, type CycleTally } from "../../core/sms_billing/close_due.ts";
import { countingKv, type KvCounts, noKvCounts } from "../support/counting_kv.ts";
import { usageItem } from "../support/sms.ts";
import { openDoors, openWorld, populateAccount, seeded } from "../support/world.ts";

/** What a cycle asked of the database, beside a second run of the same cycle. */
export interface CycleRun {
  tally: CycleTally;
  counts: KvCounts;
  /** Keys of messages or their charges that were read. */
  messageReads: number;
  /** What the run after it found. */
  again: { tally: CycleTally; counts: KvCounts };
  /** Sum of all wallets after the cycle, and as an independent computation has it. */
  balanceMicros: bigint;
  expectedMicros: bigint;
  cycleMs: number;
}

/** Money in each wallet before. */
const OPENING_MICROS = 1_000_000_000n;

/** Loads the usage, lets a day pass, closes the day. */
export async function runCycleOf(
  { kv: bare, accounts, messages, seed = 1, report = () => {} }: {
    kv: Deno.Kv;
    accounts: number;
    /** Of each account. */
    messages: number;
    seed?: number;
    report?: (loaded: number) => void;
  },
): Promise<CycleRun> {
  const world = await openWorld({ kv: bare });
  const { deps, clock } = world;
  const random = seeded(seed);
  let expectedMicros = 0n;
  for (let n = 0; n < accounts; n++) {
    const id = `load-${n}`;
    await populateAccount(deps, { id, micros: OPENING_MICROS });
    const items = Array.from(
      { length: messages },
      (_, i) =>
        usageItem(deps, `m${i}`, { priceMicros: BigInt(1 + Math.floor(random() * 20_000)) }),
    );
    expectedMicros += OPENING_MICROS - items.reduce((sum, item) => sum + item.priceMicros!, 0n);
    await recordUsage(deps, { accountId: id, items, actor: "load" });
    if (n % 100 === 99) report((n + 1) * messages);
  }
  clock.advance(DAY_MS);
  let messageReads = 0;
  const { kv, counts } = countingKv(watchReads(bare, (key) => {
    if (String(key[0]).startsWith("message")) messageReads++;
  }));
  const process = openDoors({ kv, clock, seed: 2 });
  const run = () =>
    closeDueBills(process, { frequency: "daily", actor: "cron", untilMs: Number.MAX_SAFE_INTEGER });
  const startedMs = performance.now();
  const tally = await run();
  const cycleMs = performance.now() - startedMs;
  const first = { ...counts };
  Object.assign(counts, noKvCounts());
  const again = { tally: await run(), counts: { ...counts } };
  const balanceMicros = await sumOfBalances(bare);
  return { tally, counts: first, messageReads, again, balanceMicros, expectedMicros, cycleMs };
}

function watchReads(kv: Deno.Kv, see: (key: Deno.KvKey) => void): Deno.Kv {
  return {
    get: (key: Deno.KvKey) => (see(key), kv.get(key)),
    getMany: (keys: Deno.KvKey[]) => (keys.forEach(see), kv.getMany(keys)),
    list: async function* (selector: Deno.KvListSelector, options?: Deno.KvListOptions) {
      for await (const entry of kv.list(selector, options)) {
        see(entry.key);
        yield entry;
      }
    },
    atomic: () => kv.atomic(),
    close: () => kv.close(),
  } as unknown as Deno.Kv;
}

async function sumOfBalances(kv: Deno.Kv): Promise<bigint> {
  let sum = 0n;
  for await (const { key, value } of kv.list<Uint8Array>({ prefix: ["wallet"] })) {
    if (!String(key[1]).startsWith("load-")) continue;
    sum += BigInt(JSON.parse(new TextDecoder().decode(value)).balanceMicros);
  }
  return sum;
}
