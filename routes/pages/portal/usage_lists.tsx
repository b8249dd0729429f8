/**
 * A customer's calls and messages as tables: what was used, what it was charged, and why.
 *
 * @module
 */
import type { JSX } from "hono/jsx/jsx-runtime";
import type { Account } from "../../../core/accounts/account.ts";
import { billingOf, type ChargedCall } from "../../../core/billing/list_calls.ts";
import { type ChargedMessage, messageBillingOf } from "../../../core/billing/list_messages.ts";
import { formatMoney } from "../../../core/money.ts";
import { Badge } from "../badge.tsx";
import { Parties } from "../call/cells.tsx";
import { formatCount } from "../format.ts";
import { Table } from "../table.tsx";
import { MoneyText, TimeText, Unknown } from "../values.tsx";
import { CallCharged, MessageWhy, portalCallHref } from "./portal_words.tsx";

/** Calls, newest first; the time leads to why each costs what it does. */
export function CallRows(
  { calls, account, caption }: {
    calls: readonly ChargedCall[];
    account: Pick<Account, "timezone">;
    caption: string;
  },
): JSX.Element {
  const seconds = (count: number | null | undefined) =>
    count === null || count === undefined ? <Unknown /> : `${formatCount(count)} s`;
  return (
    <Table
      caption={caption}
      columns={[
        { key: "time", label: "Started" },
        { key: "parties", label: "From, to" },
        { key: "used", label: "Used", kind: "number" },
        { key: "billed", label: "Billed", kind: "number" },
        { key: "charge", label: "Charge", kind: "number" },
        { key: "state", label: "State" },
      ]}
      rows={calls.map((one) => ({
        time: (
          <a href={portalCallHref(one.call.id)}>
            <TimeText
              atMs={one.call.startedAtMs}
              timeZone={account.timezone}
              precision="minute"
            />
          </a>
        ),
        parties: <Parties usage={one.call} />,
        used: seconds(one.call.durationSeconds),
        billed: seconds(one.charge?.trace?.billedSeconds),
        charge: <CallCharged charge={one.charge} />,
        state: <Badge state={billingOf(one).state} />,
      }))}
    />
  );
}

/** Messages, newest first, each with why it costs what it does. */
export function MessageRows(
  { messages, account, caption }: {
    messages: readonly ChargedMessage[];
    account: Pick<Account, "timezone">;
    caption: string;
  },
): JSX.Element {
  return (
    <Table
      caption={caption}
      columns={[
        { key: "time", label: "Sent" },
        { key: "parties", label: "From, to" },
        { key: "segments", label: "Segments", kind: "number" },
        { key: "charge", label: "Price", kind: "number" },
        { key: "why", label: "Why", kind: "text" },
        { key: "state", label: "State" },
      ]}
      rows={messages.map((one) => ({
        time: (
          <TimeText
            atMs={one.message.sentAtMs}
            timeZone={account.timezone}
            precision="minute"
          />
        ),
        parties: <Parties usage={one.message} />,
        segments: one.message.segments === null ? <Unknown /> : formatCount(one.message.segments),
        charge: one.charge?.trace
          ? (
            <MoneyText
              money={formatMoney(one.charge.amountMicros, one.charge.trace.currency)}
            />
          )
          : <Unknown />,
        why: <MessageWhy one={one} />,
        state: <Badge state={messageBillingOf(one).state} />,
      }))}
    />
  );
}
