/**
 * One message as cells of a table: where it went, what its bill takes for it, and what it costs us.
 *
 * Comes from: `routes/pages/messages.tsx`. Goes to: `core/billing/list_messages.ts`.
 *
 * @module
 */
import type { Child } from "hono/jsx";
import type { Account } from "../../../core/accounts/account.ts";
import { type ChargedMessage, messageBillingOf } from "../../../core/billing/list_messages.ts";
import { formatMoney } from "../../../core/money.ts";
import { showMessageCost } from "../../api/shapes/cost.ts";
import { Badge } from "../badge.tsx";
import { Owner, Parties } from "../call/cells.tsx";
import { formatCount } from "../format.ts";
import { stateWord } from "../strings.ts";
import type { Column } from "../table.tsx";
import { MoneyText, TimeText, Unknown } from "../values.tsx";

/** The columns a message has in a list. */
export type MessageColumn =
  | "time"
  | "parties"
  | "account"
  | "place"
  | "segments"
  | "charge"
  | "billing"
  | "cost"
  | "status";

/** All of {@link MessageColumn}, in order. */
export const MESSAGE_COLUMNS: readonly Column<MessageColumn>[] = [
  { key: "time", label: "Sent" },
  { key: "parties", label: "From, to" },
  { key: "account", label: "Account" },
  { key: "place", label: "Country" },
  { key: "segments", label: "Segments", kind: "number" },
  { key: "charge", label: "Rated at", kind: "number" },
  { key: "billing", label: "Billing" },
  { key: "cost", label: "Cost", kind: "number" },
  { key: "status", label: "Status" },
];

/** A message's cells. */
export function messageCells(
  one: ChargedMessage,
  { owners, timeZone, nowMs }: {
    owners: ReadonlyMap<string, Account>;
    timeZone: string;
    nowMs: number;
  },
): Record<MessageColumn, Child> {
  const { message, charge } = one;
  const { state, reason } = messageBillingOf(one);
  const cost = showMessageCost(message, nowMs);
  const rated = charge?.trace && formatMoney(charge.amountMicros, charge.trace.currency);
  return {
    time: <TimeText atMs={message.sentAtMs} timeZone={timeZone} precision="minute" />,
    parties: <Parties usage={message} />,
    account: <Owner accountId={message.accountId} owners={owners} />,
    place: message.country === null && message.prefix === null
      ? <Unknown />
      : `${message.country ?? ""} ${message.prefix ?? ""}`.trim(),
    segments: message.segments === null ? <Unknown /> : formatCount(message.segments),
    charge: <MoneyText money={rated ?? null} />,
    billing: (
      <>
        <Badge state={state} />
        {reason !== null && (
          <>
            <br />
            <small>{stateWord(reason)}</small>
          </>
        )}
      </>
    ),
    cost: (
      <>
        {cost.amount && (
          <>
            <MoneyText money={cost.amount} />
            <br />
          </>
        )}
        <small>{stateWord(cost.state)}</small>
      </>
    ),
    status: (
      <>
        {stateWord(message.status)}
        <br />
        <small>{message.carrier}, {message.direction}</small>
      </>
    ),
  };
}
