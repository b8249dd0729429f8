/**
 * The card of our balance at Telnyx: green when positive, the available credit under it.
 *
 * @module
 */
import type { JSX } from "hono/jsx/jsx-runtime";
import { formatMoney } from "../../../core/money.ts";
import { Card } from "../cards.tsx";
import { formatAge } from "../format.ts";
import { MoneyText } from "../values.tsx";
import type { ShownBalance } from "./telnyx_balance.ts";

const LABEL = "Telnyx balance";

/** The card, also while Telnyx is off or does not answer. */
export function TelnyxCard({ shown, nowMs }: { shown: ShownBalance; nowMs: number }): JSX.Element {
  if (shown.status === "off") {
    return (
      <Card label={LABEL} figure="Telnyx is off" subline="Set TELNYX_API_KEY to turn it on." />
    );
  }
  if (shown.status === "unknown") {
    return (
      <Card
        label={LABEL}
        figure="Not known"
        tone={{ kind: "warning", word: "no answer" }}
        subline="Telnyx does not answer now, and never has."
      />
    );
  }
  const { balance, isLate } = shown;
  const isPositive = balance.balanceMicros > 0n;
  const tone = isLate
    ? { kind: "warning", word: `no answer, ${formatAge(nowMs - balance.atMs)} old` } as const
    : isPositive
    ? { kind: "positive", word: "positive" } as const
    : { kind: "negative", word: balance.balanceMicros < 0n ? "negative" : "empty" } as const;
  return (
    <Card
      label={LABEL}
      figure={<MoneyText money={formatMoney(balance.balanceMicros, balance.currency)} />}
      tone={tone}
      subline={
        <>
          available credit{" "}
          <MoneyText money={formatMoney(balance.availableMicros, balance.currency)} />
          {balance.pendingMicros !== 0n && (
            <>
              , pending <MoneyText money={formatMoney(balance.pendingMicros, balance.currency)} />
            </>
          )}
        </>
      }
    />
  );
}
