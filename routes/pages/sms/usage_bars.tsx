/**
 * Usage of a running period against the limits that have an effect on it, as bars with words.
 *
 * Shown to admins on an account's page and to the customer in the portal.
 *
 * @module
 */
import type { JSX } from "hono/jsx/jsx-runtime";
import { formatMicros, formatMoney } from "../../../core/money.ts";
import type { SmsUsageView } from "../../../core/sms_billing/billing_summary.ts";
import { formatCount, formatMoneyText } from "../format.ts";
import { ProgressBar, type ProgressBarProps, type UsageTone } from "../progress.tsx";
import { MoneyText } from "../values.tsx";
import { messagesWords } from "./bill_words.tsx";

/** What {@link UsageBars} shows. */
export interface UsageBarsProps {
  /** The running period. */
  usage: SmsUsageView;
  /** ISO 4217. */
  currency: string;
  /** From this share of a limit on a bar warns. */
  warnAtPercent: number;
}

/** A bar for each limit; without any, the figures alone. */
export function UsageBars(props: UsageBarsProps): JSX.Element {
  const { messageCount, amountMicros } = props.usage;
  const bars = barsOf(props);
  return (
    <>
      <p>
        {messagesWords(messageCount)} for{" "}
        <MoneyText money={formatMoney(amountMicros, props.currency)} />{" "}
        in this period{bars.length === 0 && ", which has no limit"}.
      </p>
      {bars.map((bar) => <ProgressBar key={bar.label} {...bar} />)}
    </>
  );
}

function barsOf({ usage, currency, warnAtPercent }: UsageBarsProps): ProgressBarProps[] {
  const { messageCount, amountMicros, limits } = usage;
  const money = (micros: bigint) => formatMoneyText(formatMoney(micros, currency));
  const ofMoney = (label: string, limit: bigint | null): ProgressBarProps[] =>
    limit === null ? [] : [{
      label,
      text: `${money(amountMicros)} of ${money(limit)}`,
      used: formatMicros(amountMicros),
      limit: formatMicros(limit),
      tone: toneOf({ used: amountMicros, limit, warnAtPercent }),
    }];
  const { thresholdMessages } = limits;
  const messages: ProgressBarProps[] = thresholdMessages === null ? [] : [{
    label: "Messages, until a bill is made",
    text: `${formatCount(messageCount)} of ${formatCount(thresholdMessages)}`,
    used: String(messageCount),
    limit: String(thresholdMessages),
    tone: toneOf({
      used: BigInt(messageCount),
      limit: BigInt(thresholdMessages),
      warnAtPercent,
    }),
  }];
  return [
    ...messages,
    ...ofMoney("Amount, until a bill is made", limits.thresholdMicros),
    ...ofMoney("Amount, until a bill needs approval", limits.maxMicros),
  ];
}

function toneOf(
  { used, limit, warnAtPercent }: { used: bigint; limit: bigint; warnAtPercent: number },
): UsageTone {
  if (used >= limit) return "full";
  return used * 100n >= limit * BigInt(warnAtPercent) ? "warn" : "ok";
}
