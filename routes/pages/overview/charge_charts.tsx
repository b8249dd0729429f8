/**
 * Charges per day by service, a chart for each currency.
 *
 * @module
 */
import type { JSX } from "hono/jsx/jsx-runtime";
import { formatMicros } from "../../../core/money.ts";
import type { DayTotal } from "../../../core/wallet/day_total.ts";
import { EmptyState, Panel } from "../components.tsx";
import { DailyBars } from "../daily_bars.tsx";
import { serviceName } from "../plan_words.ts";

/** What {@link ChargeCharts} shows. */
export interface ChargeChartsProps {
  /** Oldest first, without gaps; each has a total by currency. */
  days: readonly { day: string; totals: readonly DayTotal[] }[];
}

/** Bars for every currency in which something was charged on these days. */
export function ChargeCharts({ days }: ChargeChartsProps): JSX.Element {
  const all = days.flatMap(({ totals }) => totals);
  const charged = all.filter(({ chargedMicros }) => Object.keys(chargedMicros).length > 0);
  const currencies = [...new Set(charged.map(({ currency }) => currency))].sort();
  if (currencies.length === 0) {
    return (
      <Panel id="charges" title="Charges per day">
        <EmptyState
          kind="nothing_yet"
          title="Nothing was charged in these days"
          text="Calls are charged as soon as their carrier reports them."
          action={{ href: "/billing", label: "Sync and bill calls" }}
        />
      </Panel>
    );
  }
  return (
    <>
      {currencies.map((currency) => (
        <DailyBars
          key={currency}
          id={`charges-${currency}`}
          title={`Charges per day, ${currency}`}
          description={`What wallets in ${currency} were charged on each UTC day, by service.`}
          currency={currency}
          series={servicesOf(charged, currency)}
          days={days.map(({ day, totals }) => ({
            day,
            amounts: amountsOf(totals.find((total) => total.currency === currency)),
          }))}
        />
      ))}
    </>
  );
}

function servicesOf(
  totals: readonly DayTotal[],
  currency: string,
): { key: string; label: string }[] {
  const services = new Set(
    totals.filter((total) => total.currency === currency)
      .flatMap(({ chargedMicros }) => Object.keys(chargedMicros)),
  );
  return [...services].sort().map((key) => ({ key, label: serviceName(key) }));
}

function amountsOf(total: DayTotal | undefined): Record<string, string> {
  const entries = Object.entries(total?.chargedMicros ?? {});
  return Object.fromEntries(entries.map(([service, micros]) => [service, formatMicros(micros)]));
}
