/**
 * Bugs in the way rows are committed: beneath gates, in wallets, in what is read back.
 *
 * @module
 */
import type { Mutant } from "./mutant.ts";

/** Bugs of the database's kernel and of the ledger. */
export const KERNEL_MUTANTS: readonly Mutant[] = [
  {
    name: "blind-retry",
    breaks: "A commit that did not answer ok is taken as not done and written again, unchecked",
    guards: "A3, A4",
    edits: [{
      file: "core/kv/gates.ts",
      find: `      ? await deps.store.commit(batch.toWrite())`,
      replace: `      ? await deps.store.commit(batch.toWrite()).then((first) =>
        first.status === "ok" ? first : deps.store.commit({ ...batch.toWrite(), checks: [] })
      )`,
    }],
  },
  {
    name: "sum",
    breaks: "The wallet is written without a check of what it was, as an unchecked sum would be",
    guards: "A5, A16, P3",
    edits: [{
      file: "core/kv/store.ts",
      find: `  const atomic = kv.atomic().check(...checks);`,
      replace:
        `  const atomic = kv.atomic().check(...checks.filter(({ key }) => key[0] !== "wallet"));`,
    }],
  },
  {
    name: "ungated-group",
    breaks: "A group commits without holding on to its gate",
    guards: "A7, A16, A27",
    edits: [{
      file: "core/kv/gates.ts",
      find: `    const row = await batch.getChecked<object>(gate);`,
      replace: `    const row = await batch.get<object>(gate);`,
    }],
  },
  {
    name: "skew-pool",
    breaks: "Billing checks the row of its own call only, not the wallet with its free minutes",
    guards: "A16, R4",
    edits: [{
      file: "core/wallet/change_wallet.ts",
      find: `    gate: walletKey(accountId),`,
      replace: `    gate: reads.find(([table]) => table === "charge") ?? walletKey(accountId),`,
    }],
  },
  {
    name: "unknown-as-done",
    breaks: "A commit of which nothing is known is taken as done",
    guards: "A2, A11, P2",
    edits: [{
      file: "core/kv/gates.ts",
      find: `    if (answer.status === "ok") {`,
      replace: `    if (answer.status !== null) {`,
    }],
  },
  {
    name: "torn-commit",
    breaks: "The rows of a commit are written in two halves",
    guards: "A6, A9, P3",
    edits: [{
      file: "core/kv/store.ts",
      find: `      const answer = await timed("commit", toAtomic(kv, write).commit());`,
      replace: `      const half = Math.ceil(write.puts.length / 2);
      const [head, tail] = [write.puts.slice(0, half), write.puts.slice(half)];
      const first = toAtomic(kv, { ...write, puts: head, deletes: [] });
      const second = toAtomic(kv, { ...write, checks: [], puts: tail });
      const begun = await timed("commit", first.commit());
      const answer = begun.ok ? await timed("commit", second.commit()) : begun;`,
    }],
  },
  {
    name: "hash-chain",
    breaks: "Entries are not sealed over the one before",
    guards: "A23, P3",
    edits: [{
      file: "core/wallet/post_entry.ts",
      find: `    prevHash: wallet.lastHash,`,
      replace: `    prevHash: "0".repeat(64),`,
    }],
  },
  {
    name: "time-goes-back",
    breaks: "An entry carries the clock of its isolate, be it behind the entry before",
    guards: "B7, P3",
    edits: [{
      file: "core/wallet/post_entry.ts",
      find: `    atMs: Math.max(posting.atMs, wallet.lastEntryAtMs),`,
      replace: `    atMs: posting.atMs,`,
    }],
  },
  {
    name: "policy-ignored",
    breaks: "A wallet whose policy is to wait is overdrawn all the same",
    guards: "R9, P1",
    edits: [{
      file: "core/wallet/wallet.ts",
      find: `wallet.policy === "overdraw" ||`,
      replace: `wallet.policy !== null ||`,
    }],
  },
  {
    name: "day-total-lost",
    breaks: "Entries of adjustments are left out of the totals of their day",
    guards: "P9",
    edits: [{
      file: "core/wallet/post_entry.ts",
      find: `  await recordDayChange(batch, {`,
      replace: `  if (kind !== "adjustment") await recordDayChange(batch, {`,
    }],
  },
  {
    name: "report-drift",
    breaks: "What is given back for a call is not taken out of the report by service",
    guards: "P9",
    edits: [{
      file: "core/wallet/day_total.ts",
      find: `    [service]: (total.chargedMicros[service] ?? 0n) - amountMicros,`,
      replace:
        `    [service]: (total.chargedMicros[service] ?? 0n) - (amountMicros < 0n ? amountMicros : 0n),`,
    }],
  },
  {
    name: "fold-early",
    breaks: "The totals of a day are folded while it still goes on",
    guards: "A15, P9",
    edits: [{
      file: "core/wallet/system_totals.ts",
      find: `  const newestMs = nowMs - SETTLED_AFTER_MS - DAY_MS;`,
      replace: `  const newestMs = nowMs + 0 * SETTLED_AFTER_MS;`,
    }],
  },
  {
    name: "page-gap",
    breaks: "A row is lost between two pages of a list",
    guards: "A15, P9",
    edits: [{
      file: "core/kv/page.ts",
      find: `    nextCursor: more ? formatCursor(last.key.slice(range.prefix.length)) : null,`,
      replace:
        `    nextCursor: more ? formatCursor(rows.at(-1)!.key.slice(range.prefix.length)) : null,`,
    }],
  },
  {
    name: "gate-without-tries",
    breaks: "A stage that lost its gate is told done with what it staged before",
    guards: "A7, A8",
    edits: [{
      file: "core/kv/gates.ts",
      find: `    failure = answer.reason;`,
      replace: `    failure = answer.reason;
    if (failure === "a row has changed") {
      queue.splice(0, staged.length);
      for (const { member, result } of staged) member.resolve(result);
      return 0;
    }`,
    }],
  },
];
