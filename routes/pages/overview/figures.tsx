/**
 * The cards of the overview: one figure each, a line per currency, never added up across them.
 *
 * @module
 */
import type { Child } from "hono/jsx";
import type { JSX } from "hono/jsx/jsx-runtime";
import { formatMoney } from "../../../core/money.ts";
import type { DayTotal } from "../../../core/wallet/day_total.ts";
import { Card, CardRow } from "../cards.tsx";
import { formatCount } from "../format.ts";
import { MoneyText } from "../values.tsx";
import type { Overview } from "./read_overview.ts";

/** Money in wallets, charged, cost, margin, unsettled. */
export function FigureCards({ overview }: { overview: Overview }): JSX.Element {
  const { sums, days, unsettled } = overview;
  const today = days.at(-1)!;
  const month = days.filter(({ day }) => day.startsWith(today.day.slice(0, 7)));
  const currencies = currenciesOf(overview);
  const both = (micros: (total: DayTotal) => bigint) => ({
    figure: <Amounts sums={sumBy([today], { currencies, micros })} />,
    subline: (
      <>
        this month <Amounts sums={sumBy(month, { currencies, micros })} />
      </>
    ),
  });
  const unsettledCount = unsettled.unassigned.count + unsettled.waiting.count +
    unsettled.due.count;
  const walletCount = sums.reduce((sum, { wallets }) => sum + wallets, 0);
  return (
    <CardRow>
      <Card
        label="Money in wallets"
        figure={<Amounts sums={sums.map((one) => [one.currency, one.balanceMicros])} />}
        subline={
          <>
            in <a href="/admin/accounts">{formatCount(walletCount)} wallets</a>
          </>
        }
      />
      <Card label="Charged today" {...both(chargedMicros)} />
      <Card label="Carrier cost today" {...both(costMicros)} />
      <Card
        label="Margin today"
        {...both((total) => chargedMicros(total) - costMicros(total))}
      />
      <Card
        label="Not charged yet"
        figure={`${formatCount(unsettledCount)} ${unsettledCount === 1 ? "call" : "calls"}`}
        subline={<WaitingMoney overview={overview} />}
        tone={unsettledCount > 0 ? { kind: "warning", word: "open" } : undefined}
      />
    </CardRow>
  );
}

function WaitingMoney({ overview }: { overview: Overview }): JSX.Element {
  const waiting = overview.sums.filter(({ waitingMicros }) => waitingMicros > 0n);
  if (waiting.length === 0) return <a href="#unsettled">by age</a>;
  return (
    <>
      <Amounts sums={waiting.map((one) => [one.currency, one.waitingMicros])} />{" "}
      <a href="#unsettled">waiting for funds</a>
    </>
  );
}

type Sums = readonly (readonly [currency: string, micros: bigint])[];

/** One amount per currency. */
function Amounts({ sums }: { sums: Sums }): JSX.Element {
  const shown = sums.map(([currency, micros]) => (
    <MoneyText key={currency} money={formatMoney(micros, currency)} />
  ));
  return <>{join(shown)}</>;
}

function join(parts: readonly Child[]): Child[] {
  return parts.flatMap((part, at) => (at === 0 ? [part] : [" · ", part]));
}

/** What we took, all services together. */
export function chargedMicros({ chargedMicros }: DayTotal): bigint {
  return sumOf(chargedMicros);
}

/** What carriers took from us, all services together. */
export function costMicros({ costMicros }: DayTotal): bigint {
  return sumOf(costMicros);
}

const sumOf = (micros: Readonly<Record<string, bigint>>): bigint =>
  Object.values(micros).reduce((sum, one) => sum + one, 0n);

function sumBy(
  days: Overview["days"],
  { currencies, micros }: { currencies: readonly string[]; micros: (total: DayTotal) => bigint },
): Sums {
  return currencies.map((currency) => [
    currency,
    days.flatMap(({ totals }) => totals.filter((one) => one.currency === currency))
      .reduce((sum, total) => sum + micros(total), 0n),
  ]);
}

/** Those that moved in these days; when nothing moved, those of the wallets. */
function currenciesOf({ days, sums }: Overview): string[] {
  const moved = new Set(
    days.flatMap(({ totals }) =>
      totals.filter((total) => Object.keys(total.chargedMicros).length > 0)
        .map(({ currency }) => currency)
    ),
  );
  return moved.size > 0 ? [...moved].sort() : sums.map(({ currency }) => currency);
}
