/**
 * R9 at every commit: money goes out as far as the wallet's policy allows, and no further.
 *
 * @module
 */
import { type Committed, type Fields, rowAt } from "../commits.ts";
import { require } from "../violation.ts";

/** Looks at every entry that takes money out. */
export function watchSpending({ changes, kv }: Committed): void {
  for (const { key, before, after: entry } of changes) {
    if (key[0] !== "entry" || before || !entry || BigInt(entry.amountMicros) > 0n) continue;
    const accountId = key[1]!;
    const change = changes.find((one) => one.key[0] === "wallet" && one.key[1] === accountId);
    // A wallet's terms may change in the very commit that charges it.
    const wallets = [change?.before, rowAt(kv, ["wallet", accountId])].filter((one) =>
      one !== null && one !== undefined
    );
    require(
      wallets.some((wallet) => maySpend(wallet, entry)),
      "R9",
      () =>
        `entry ${key.join("/")} leaves ${entry.balanceAfterMicros}, and may not: ` +
        JSON.stringify(wallets.at(-1)),
    );
  }
}

function maySpend(
  { policy, heldMicros, creditLimitMicros }: Fields,
  { balanceAfterMicros }: Fields,
): boolean {
  const left = BigInt(balanceAfterMicros) - BigInt(heldMicros) + BigInt(creditLimitMicros);
  return policy === "overdraw" || left >= 0n;
}
