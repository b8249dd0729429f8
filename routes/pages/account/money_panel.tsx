/**
 * An account's money: three figures with their formula, how long it lasts, free minutes.
 *
 * @module
 */
import type { JSX } from "hono/jsx/jsx-runtime";
import { DAY_MS, utcDay } from "../../../core/clock.ts";
import { divideRounded, formatMoney } from "../../../core/money.ts";
import { availableMicros, type Wallet } from "../../../core/wallet/wallet.ts";
import { Card, CardRow, Formula } from "../cards.tsx";
import { DefinitionList, LinkButton, Panel } from "../components.tsx";
import { formatCount, formatMonth } from "../format.ts";
import { ProgressBar } from "../progress.tsx";
import { serviceName } from "../plan_words.ts";
import { MoneyText, Unknown } from "../values.tsx";
import type { AccountView } from "./read_account.ts";

/** Full days whose charges make the pace. */
const PACE_DAYS = 7n;
/** A pace is an average: more digits would say more than it knows. */
const CENT_MICROS = 10_000n;

/** The figures. */
export function MoneyCards({ view }: { view: AccountView }): JSX.Element {
  const { wallet } = view.walletView;
  const money = (micros: bigint) => formatMoney(micros, wallet.currency);
  const available = availableMicros(wallet);
  const paceMicros = paceOf(view);
  return (
    <>
      <CardRow>
        <Card
          label="Available"
          figure={<MoneyText money={money(available)} />}
          subline={<DaysLeft available={available} paceMicros={paceMicros} />}
          tone={available < 0n
            ? { kind: "negative", word: "below zero" }
            : available > 0n
            ? { kind: "positive", word: "in funds" }
            : { kind: "warning", word: "empty" }}
        />
        <Card
          label="Balance"
          figure={<MoneyText money={money(wallet.balanceMicros)} />}
          subline={<a href="#entries">sum of {formatCount(wallet.entryCount)} entries</a>}
        />
        <Card label="Held" figure={<MoneyText money={money(wallet.heldMicros)} />} />
        <Card
          label="Waiting for funds"
          figure={<MoneyText money={money(wallet.waitingMicros)} />}
          subline={
            <a href={`/admin/calls?account=${wallet.accountId}&billing=waiting_funds`}>
              {formatCount(wallet.waitingCount)} {wallet.waitingCount === 1 ? "call" : "calls"}
            </a>
          }
          tone={wallet.waitingCount > 0 ? { kind: "warning", word: "not charged yet" } : undefined}
        />
      </CardRow>
      <Formula
        available={money(available)}
        balance={money(wallet.balanceMicros)}
        held={money(wallet.heldMicros)}
        creditLimit={money(wallet.creditLimitMicros)}
      />
    </>
  );
}

function DaysLeft(
  { available, paceMicros }: { available: bigint; paceMicros: bigint },
): JSX.Element | null {
  if (paceMicros <= 0n || available <= 0n) return null;
  const days = available / paceMicros;
  const text = days > 365n ? "over a year" : `${days} ${days === 1n ? "day" : "days"}`;
  return <>{text} at the present pace</>;
}

/** What a day cost on the average of the last full week, in micros, to a hundredth. */
function paceOf({ days, nowMs }: AccountView): bigint {
  const today = utcDay(nowMs);
  const firstDay = utcDay(nowMs - Number(PACE_DAYS) * DAY_MS);
  const charged = days.filter(({ day }) => day >= firstDay && day < today)
    .flatMap(({ total }) => Object.values(total?.chargedMicros ?? {}))
    .reduce((sum, micros) => sum + micros, 0n);
  return charged > 0n ? divideRounded(charged, PACE_DAYS * CENT_MICROS) * CENT_MICROS : 0n;
}

/** How far the wallet may be spent, and what is free. */
export function SettingsPanel(
  { view, mayChange }: { view: AccountView; mayChange: boolean },
): JSX.Element {
  const { wallet } = view.walletView;
  const path = `/admin/accounts/${wallet.accountId}/settings`;
  return (
    <Panel
      id="settings"
      title="Wallet settings"
      actions={mayChange && <LinkButton href={path}>Change</LinkButton>}
    >
      <DefinitionList
        items={[
          { term: "Without funds", value: POLICY_SENTENCES[wallet.policy] },
          {
            term: "Credit limit",
            value: <MoneyText money={formatMoney(wallet.creditLimitMicros, wallet.currency)} />,
          },
          { term: "Notice below", value: <Thresholds wallet={wallet} /> },
          { term: "Pace", value: <Pace view={view} /> },
        ]}
      />
      <FreeMinutes view={view} />
    </Panel>
  );
}

/** What a policy means, in a sentence. */
export const POLICY_SENTENCES = {
  wait: "calls wait until there is money",
  overdraw: "calls are charged, the balance may go below zero",
} as const;

function Thresholds({ wallet }: { wallet: Wallet }): JSX.Element {
  const thresholds = wallet.lowBalanceThresholdsMicros.toSorted((a, b) => (a < b ? 1 : -1));
  if (thresholds.length === 0) return <>no threshold is set</>;
  const nextMicros = thresholds.find((micros) => micros <= wallet.balanceMicros);
  return (
    <>
      {thresholds.map((micros, at) => (
        <>
          {at > 0 && ", "}
          <MoneyText money={formatMoney(micros, wallet.currency)} />
          {micros === nextMicros && " (next)"}
        </>
      ))}
    </>
  );
}

function Pace({ view }: { view: AccountView }): JSX.Element {
  const paceMicros = paceOf(view);
  if (paceMicros === 0n) return <Unknown />;
  return (
    <>
      <MoneyText money={formatMoney(paceMicros, view.account.currency)} />{" "}
      a day, over the last 7 full days
    </>
  );
}

function FreeMinutes({ view }: { view: AccountView }): JSX.Element {
  return (
    <>
      {view.walletView.freeMinutes.map(({ service, month, used, total }) => (
        <ProgressBar
          key={service}
          label={`Free minutes, ${serviceName(service)}, ${formatMonth(month)}`}
          text={`${formatCount(used)} of ${formatCount(total)} used`}
          used={String(used)}
          limit={String(total)}
        />
      ))}
    </>
  );
}
