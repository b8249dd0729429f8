import assert from "node:assert/strict";
import { getAccount } from "../../../core/accounts/account.ts";
import { walletKey } from "../../../core/kv/keys.ts";
import type { Wallet } from "../../../core/wallet/wallet.ts";
import { describeState } from "../../../routes/pages/portal/balance_cards.tsx";
import { openWorld } from "../../support/world.ts";

type Change = { status?: "active" | "suspended" | "closed" } & Partial<Wallet>;

const ROWS: [string, Change, string, string][] = [
  ["in funds", {}, "positive", "Calls are on."],
  ["suspended", { status: "suspended" }, "negative", "The account is suspended."],
  ["closed", { status: "closed" }, "negative", "The account is closed."],
  ["exactly empty", { balanceMicros: 0n }, "negative", "There is no money left."],
  ["one micro left", { balanceMicros: 1n }, "positive", "Calls are on."],
  ["all of it held", { heldMicros: 50_000_000n }, "negative", "There is no money left."],
  ["something waits", { waitingCount: 1 }, "warning", "1 call waits for more money."],
  ["below zero", { balanceMicros: -1n, policy: "overdraw" }, "warning", "Calls are on, and"],
  ["empty, may go below", { balanceMicros: 0n, policy: "overdraw" }, "positive", "Calls are on."],
];

for (const [name, { status, ...change }, tone, sentence] of ROWS) {
  Deno.test(`a customer whose wallet is ${name} reads: ${sentence}`, async () => {
    using world = await openWorld();
    const { store } = world.deps;
    const account = (await getAccount(store, "acme"))!;
    const wallet = (await store.get<Wallet>(walletKey("acme")))!.value;
    const said = describeState({
      account: { status: status ?? account.status },
      wallet: { ...wallet, ...change },
    });
    assert.equal(said.tone, tone);
    assert(said.sentence.startsWith(sentence), said.sentence);
  });
}
