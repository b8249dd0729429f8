/**
 * A customer's money: what may be spent, what is set aside, and whether calls are on.
 *
 * @module
 */
import type { JSX } from "hono/jsx/jsx-runtime";
import type { Account } from "../../../core/accounts/account.ts";
import { formatMoney } from "../../../core/money.ts";
import { availableMicros, type Wallet } from "../../../core/wallet/wallet.ts";
import { Card, CardRow, Formula } from "../cards.tsx";
import { Panel } from "../components.tsx";
import { formatCount, formatMonth } from "../format.ts";
import { serviceName } from "../plan_words.ts";
import { ProgressBar } from "../progress.tsx";
import { MoneyText, TimeText } from "../values.tsx";
import type { PortalView } from "./read_portal.ts";

/** The figures, and a sentence on the state. */
export function BalanceCards({ view }: { view: PortalView }): JSX.Element {
  const { account, lastTopUp } = view;
  const { wallet } = view.walletView;
  const money = (micros: bigint) => formatMoney(micros, wallet.currency);
  const state = describeState({ account, wallet });
  return (
    <>
      <CardRow>
        <Card
          label="Available"
          figure={<MoneyText money={money(availableMicros(wallet))} />}
          subline={state.sentence}
          tone={{ kind: state.tone, word: state.word }}
        />
        <Card
          label="Balance"
          figure={<MoneyText money={money(wallet.balanceMicros)} />}
          subline={<a href="/portal/statements">statement</a>}
        />
        <Card
          label="Held"
          figure={<MoneyText money={money(wallet.heldMicros)} />}
          subline="set aside for what is under way"
        />
        <Card
          label="Last top-up"
          figure={lastTopUp ? <MoneyText money={money(lastTopUp.amountMicros)} /> : "none yet"}
          subline={lastTopUp && (
            <TimeText atMs={lastTopUp.atMs} timeZone={account.timezone} precision="minute" />
          )}
        />
      </CardRow>
      <Formula
        available={money(availableMicros(wallet))}
        balance={money(wallet.balanceMicros)}
        held={money(wallet.heldMicros)}
        creditLimit={money(wallet.creditLimitMicros)}
      />
    </>
  );
}

/** Whether a customer's calls go on, in a word and a sentence. */
export function describeState(
  { account, wallet }: { account: Pick<Account, "status">; wallet: Wallet },
): { tone: "positive" | "warning" | "negative"; word: string; sentence: string } {
  if (account.status !== "active") {
    const sentence = `The account is ${account.status}. Please ask your provider.`;
    return { tone: "negative", word: "calls are off", sentence };
  }
  if (availableMicros(wallet) <= 0n && wallet.policy === "wait") {
    const sentence = "There is no money left. What is used now is charged after a top-up.";
    return { tone: "negative", word: "top up needed", sentence };
  }
  if (wallet.waitingCount > 0) {
    const what = wallet.waitingCount === 1 ? "call waits" : "calls wait";
    const sentence = `${formatCount(wallet.waitingCount)} ${what} for more money.`;
    return { tone: "warning", word: "top up soon", sentence };
  }
  if (availableMicros(wallet) < 0n) {
    const sentence = "Calls are on, and are charged all the same.";
    return { tone: "warning", word: "below zero", sentence };
  }
  return { tone: "positive", word: "in funds", sentence: "Calls are on." };
}

/** How money comes in; the reseller books it, so the page can only say whom to ask. */
export function TopUpPanel({ view }: { view: PortalView }): JSX.Element {
  return (
    <Panel id="top-up" title="How to top up">
      <p>
        Pay your provider as you have agreed and name the account{" "}
        <code>{view.account.id}</code>. As soon as they book it, the money is here, and whatever
        waited for it is charged at once, the oldest first.
      </p>
    </Panel>
  );
}

/** Free minutes of the month, used and left; nothing when no plan has any. */
export function FreeMinutesPanel({ view }: { view: PortalView }): JSX.Element | null {
  const pools = view.walletView.freeMinutes;
  if (pools.length === 0) return null;
  return (
    <Panel id="free-minutes" title="Free minutes">
      {pools.map(({ service, month, used, total }) => (
        <ProgressBar
          key={service}
          label={`${serviceName(service)}, ${formatMonth(month)}`}
          text={`${formatCount(used)} used, ${formatCount(Math.max(0, total - used))} left`}
          used={String(used)}
          limit={String(total)}
        />
      ))}
    </Panel>
  );
}
