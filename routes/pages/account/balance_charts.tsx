/**
 * An account's month: the balance as a line of steps, and what was charged on each day.
 *
 * @module
 */
import type { JSX } from "hono/jsx/jsx-runtime";
import { DAY_MS } from "../../../core/clock.ts";
import { formatMicros } from "../../../core/money.ts";
import { ChargeCharts } from "../overview/charge_charts.tsx";
import { StepLine, type StepPoint } from "../step_line.tsx";
import { dayStartMs } from "../zone_times.ts";
import type { AccountView } from "./read_account.ts";

/** Both charts. */
export function AccountCharts({ view }: { view: AccountView }): JSX.Element {
  const { account, nowMs, days } = view;
  const { wallet } = view.walletView;
  const threshold = wallet.lowBalanceThresholdsMicros.reduce<bigint | null>(
    (highest, micros) => highest === null || micros > highest ? micros : highest,
    null,
  );
  return (
    <>
      <StepLine
        id="balance"
        title={`Balance, ${days.length} days`}
        description="The balance at each midnight UTC, and now."
        label="Balance"
        currency={account.currency}
        timeZone={account.timezone}
        points={balancePoints(view)}
        untilMs={nowMs}
        threshold={threshold === null
          ? undefined
          : { label: "notice below", amount: formatMicros(threshold) }}
      />
      <ChargeCharts days={days.map(({ day, total }) => ({ day, totals: total ? [total] : [] }))} />
    </>
  );
}

/**
 * The balance at each midnight, reckoned back from the present one by what each day's entries moved:
 * the days are kept totals, so no ledger is read however long it is.
 */
export function balancePoints(
  { account, days, walletView, nowMs }: Pick<
    AccountView,
    "account" | "days" | "walletView" | "nowMs"
  >,
): StepPoint[] {
  let balanceMicros = walletView.wallet.balanceMicros;
  const points: StepPoint[] = [{ atMs: nowMs, amount: formatMicros(balanceMicros) }];
  for (const { day, total } of days.toReversed()) {
    const moved = Object.values(total?.byKindMicros ?? {}).reduce((sum, one) => sum + one, 0n);
    balanceMicros -= moved;
    points.push({
      atMs: dayStartMs(day, { timeZone: "UTC" })!,
      amount: formatMicros(balanceMicros),
    });
  }
  // The midnight before it was opened shows the rise from nothing; earlier ones show nothing.
  return points.filter(({ atMs }) => atMs > account.createdAtMs - DAY_MS).reverse();
}
