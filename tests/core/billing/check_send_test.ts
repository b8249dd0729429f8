import assert from "node:assert/strict";
import type { AccountStatus } from "../../../core/accounts/account.ts";
import { decideSend, type Send } from "../../../core/billing/check_send.ts";
import type { Sender } from "../../../core/billing/read_sender.ts";
import { SHIPPED_PLANS } from "../../../core/rating/rate_plan.ts";
import { EMPTY_SMS_ACCOUNT, type SmsBill } from "../../../core/sms_billing/bill.ts";
import { SMS_BASE } from "../../../core/sms_billing/settings.ts";
import { emptyWallet } from "../../../core/wallet/wallet.ts";
import { START_MS, STRANGER } from "../../support/world.ts";

const SEND: Send = { to: STRANGER, segments: 1, messageCount: 1, priceMicros: null };

function sender(told: {
  status?: AccountStatus;
  awaitingCount?: number;
  balanceMicros?: bigint;
  policy?: "wait" | "overdraw";
  payment?: "wallet" | "sippy";
  unpaidMicros?: bigint;
  openMicros?: bigint;
  isThreshold?: boolean;
}): Sender {
  const { status = "active", balanceMicros = 1_000_000n, policy = "wait" } = told;
  const open = {
    status: "open",
    periodEndMs: null,
    totalMicros: told.openMicros ?? 0n,
    messageCount: 5,
    segments: 5,
  } as SmsBill;
  return {
    account: {
      id: "acme",
      name: "acme",
      email: null,
      status,
      currency: "USD",
      timezone: "UTC",
      sippyAccountId: null,
      hasBlandKey: false,
      ratePlans: {},
      createdAtMs: 0,
    },
    wallet: { ...emptyWallet({ accountId: "acme", currency: "USD" }), balanceMicros, policy },
    plan: SHIPPED_PLANS.find(({ id }) => id === "sms")!,
    smsAccount: {
      ...EMPTY_SMS_ACCOUNT,
      awaitingCount: told.awaitingCount ?? 0,
      unpaidMicros: told.unpaidMicros ?? 0n,
    },
    openBills: [open],
    terms: {
      ...SMS_BASE,
      payment: told.payment ?? "wallet",
      frequency: told.isThreshold ? "threshold" : "daily",
      thresholdMessages: 7,
      thresholdMicros: 900_000n,
    },
  };
}

Deno.test("decideSend() names the first reason that holds", () => {
  const all = { awaitingCount: 1, balanceMicros: -1n };
  const rows: [Parameters<typeof sender>[0], Partial<Send>, string | null][] = [
    [{ ...all, status: "closed" }, {}, "account_closed"],
    [{ ...all, status: "suspended" }, {}, "account_suspended"],
    [all, {}, "bills_awaiting_approval"],
    [{ balanceMicros: -1n }, {}, "insufficient_funds"],
    [{ balanceMicros: -1n, policy: "overdraw" }, {}, null],
    [{ balanceMicros: -1n, payment: "sippy" }, {}, null],
    [{ balanceMicros: 10_000n }, {}, null],
    [{ balanceMicros: 9_999n }, {}, "insufficient_funds"],
    [{ balanceMicros: 9_999n }, { priceMicros: 9_999n }, null],
    [{ balanceMicros: 29_999n }, { segments: 3 }, "insufficient_funds"],
    [{ balanceMicros: 30_000n }, { segments: 3 }, null],
    [{ balanceMicros: 59_999n }, { segments: 3, messageCount: 2 }, "insufficient_funds"],
    [{ unpaidMicros: 600_000n, openMicros: 390_000n }, {}, null],
    [{ unpaidMicros: 600_000n, openMicros: 390_001n }, {}, "insufficient_funds"],
    // Where nobody knows the price, what is owed already must be covered.
    [{ balanceMicros: 0n }, { to: null }, null],
    [{ balanceMicros: 0n }, { to: "anonymous" }, null],
  ];
  for (const [i, [told, send, reason]] of rows.entries()) {
    const verdict = decideSend(sender(told), { send: { ...SEND, ...send }, atMs: START_MS });
    assert.equal(verdict.reason, reason, `row ${i}`);
  }
});

Deno.test("decideSend() says when a send reaches a threshold, by number or by amount", () => {
  const rows: [boolean, Partial<Send>, boolean][] = [
    [true, { messageCount: 1 }, false],
    [true, { messageCount: 2 }, true],
    [false, { messageCount: 2 }, false],
    [true, { priceMicros: 899_999n }, false],
    [true, { priceMicros: 900_000n }, true],
  ];
  for (const [i, [isThreshold, send, shouldBill]] of rows.entries()) {
    const verdict = decideSend(sender({ isThreshold }), {
      send: { ...SEND, ...send },
      atMs: START_MS,
    });
    assert.equal(verdict.shouldBill, shouldBill, `row ${i}`);
  }
});
