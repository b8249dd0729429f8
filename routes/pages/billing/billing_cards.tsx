/**
 * The four cards of the billing page.
 *
 * @module
 */
import type { Child } from "hono/jsx";
import type { JSX } from "hono/jsx/jsx-runtime";
import { formatMoney } from "../../../core/money.ts";
import type { DayTotal } from "../../../core/wallet/day_total.ts";
import { CARRIER_LAG_MAX_MS } from "../../health.ts";
import { CALLS_PATH } from "../call/filter.tsx";
import { Card, type CardProps, CardRow } from "../cards.tsx";
import { formatAge, formatCount, formatDuration } from "../format.ts";
import { Amounts, type UnassignedUsage } from "../unassigned.tsx";
import type { BillingView, WaitingMoney } from "./read_billing.ts";

/** Charged today, waiting for funds, unassigned usage, and how fresh the carriers are. */
export function BillingCards({ view }: { view: BillingView }): JSX.Element {
  return (
    <CardRow>
      <ChargedCard today={view.today} />
      <WaitingCard waiting={view.waiting} />
      <UnassignedCard usage={view.unassigned} />
      <CarrierCard view={view} />
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

/** How fresh the carriers are; the balance at Telnyx has its place here. */
function CarrierCard({ view }: { view: BillingView }): JSX.Element {
  const { carriers } = view;
  const telnyx = carriers.telnyx === null ? "Telnyx is off" : "Telnyx is on";
  if (carriers.bland === null) {
    return <Card label="Carriers" figure="Bland is off" subline={`Set BLAND_API_KEY. ${telnyx}`} />;
  }
  const { figure, tone, word } = blandFigure(view);
  return (
    <Card
      label="Bland is read up to"
      figure={figure}
      tone={{ kind: tone, word }}
      subline={telnyx}
    />
  );
}

interface BlandFigure {
  figure: Child;
  tone: NonNullable<CardProps["tone"]>["kind"];
  word: string;
}

function blandFigure({ freshness, nowMs }: BillingView): BlandFigure {
  const { completeToMs, lastError, failuresInARow } = freshness;
  const figure = completeToMs === null ? "Never yet" : `${formatAge(nowMs - completeToMs)} ago`;
  if (lastError !== null) {
    return { figure, tone: "negative", word: `${counted(failuresInARow, "failure")} in a row` };
  }
  const isLate = completeToMs === null || nowMs - completeToMs > CARRIER_LAG_MAX_MS;
  return { figure, tone: isLate ? "warning" : "positive", word: isLate ? "late" : "fresh" };
}
