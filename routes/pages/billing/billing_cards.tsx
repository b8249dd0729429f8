/**
 * The four cards of the billing page.
 *
 * @module
 */
import type { JSX } from "hono/jsx/jsx-runtime";
import { formatMoney } from "../../../core/money.ts";
import type { DayTotal } from "../../../core/wallet/day_total.ts";
import { CALLS_PATH } from "../call/filter.tsx";
import { Card, CardRow } from "../cards.tsx";
import { formatCount, formatDuration } from "../format.ts";
import { Amounts, type UnassignedUsage } from "../unassigned.tsx";
import type { BillingView, WaitingMoney } from "./read_billing.ts";
import { TelnyxCard } from "./telnyx_card.tsx";

/** Charged today, waiting for funds, unassigned usage, and what is left with Telnyx. */
export function BillingCards({ view }: { view: BillingView }): JSX.Element {
  return (
    <CardRow>
      <ChargedCard today={view.today} />
      <WaitingCard waiting={view.waiting} />
      <UnassignedCard usage={view.unassigned} />
      <TelnyxCard shown={view.balance} nowMs={view.nowMs} />
    </CardRow>
  );
}

const sum = (amounts: Record<string, bigint>): bigint =>
  Object.values(amounts).reduce((total, micros) => total + micros, 0n);

function ChargedCard({ today }: { today: readonly DayTotal[] }): JSX.Element {
  // A currency in which money only came in was charged nothing.
  const amounts = (of: (day: DayTotal) => Record<string, bigint>) =>
    today.filter((day) => sum(of(day)) !== 0n)
      .map((day) => formatMoney(sum(of(day)), day.currency));
  const charged = amounts((day) => day.chargedMicros);
  return (
    <Card
      label="Charged today (UTC)"
      figure={charged.length > 0 ? <Amounts amounts={charged} /> : "Nothing yet"}
      subline={
        <>
          carrier cost <Amounts amounts={amounts((day) => day.costMicros)} />
        </>
      }
    />
  );
}

function WaitingCard({ waiting }: { waiting: WaitingMoney }): JSX.Element {
  const { calls, wallets, amounts } = waiting;
  if (calls === 0) return <Card label="Waiting for funds" figure="Nothing" tone={ALL_PAID} />;
  return (
    <Card
      label="Waiting for funds"
      figure={<Amounts amounts={amounts} />}
      tone={{ kind: "warning", word: "unsettled" }}
      subline={
        <a href={`${CALLS_PATH}?billing=waiting_funds`}>
          {counted(calls, "call")} in {counted(wallets, "wallet")}
        </a>
      }
    />
  );
}

const ALL_PAID = { kind: "positive", word: "all settled" } as const;

const counted = (count: number, word: string): string =>
  `${formatCount(count)} ${word}${count === 1 ? "" : "s"}`;

function UnassignedCard({ usage }: { usage: UnassignedUsage }): JSX.Element {
  if (usage.callCount === 0) {
    return <Card label="Unassigned usage" figure="Nothing" tone={ALL_PAID} />;
  }
  return (
    <Card
      label="Unassigned usage"
      figure={
        <a href={`${CALLS_PATH}?billing=unassigned`}>
          {usage.isWhole ? "" : "over "}
          {counted(usage.callCount, "call")}
        </a>
      }
      tone={{ kind: "warning", word: "unsettled" }}
      subline={
        <>
          {formatDuration(usage.talkSeconds)} of talk, carrier cost{" "}
          <Amounts amounts={usage.costs} />
        </>
      }
    />
  );
}
