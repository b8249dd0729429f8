/**
 * What wants somebody's attention, worst first, each with the way to it.
 *
 * @module
 */
import type { Child } from "hono/jsx";
import type { JSX } from "hono/jsx/jsx-runtime";
import { formatMoney } from "../../../core/money.ts";
import { Badge, type Tone } from "../badge.tsx";
import { Panel } from "../components.tsx";
import { formatAge, formatCount } from "../format.ts";
import { dayHref } from "../reconciliation/day_panel.tsx";
import { nameOf } from "../reconciliation/run_form.tsx";
import { MoneyText } from "../values.tsx";
import { stateOf } from "./carriers.tsx";
import type { Overview, WalletOf } from "./read_overview.ts";

interface Need {
  tone: Tone;
  word: string;
  text: Child;
  href: string;
  label: string;
}

/** Accounts named one by one for one reason; the others are counted. */
const NAMED_MAX = 5;

/** The list, or the sentence that there is nothing on it. */
export function AttentionPanel({ overview }: { overview: Overview }): JSX.Element {
  const needs = [
    ...brokenBooks(overview),
    ...unreadCarriers(overview),
    ...failedJobs(overview),
    ...failingEndpoints(overview),
    ...openReconciliations(overview),
    ...waitingWallets(overview),
    ...unbilledCalls(overview),
    ...quietAccounts(overview),
  ];
  return (
    <Panel id="attention" title="Needs attention">
      {needs.length === 0
        ? (
          <p class="row">
            <Badge state="ok" label="all well" />
            Nothing needs attention.
          </p>
        )
        : (
          <ul class="rows">
            {needs.map((need) => <NeedLine key={need.href + need.word} need={need} />)}
          </ul>
        )}
    </Panel>
  );
}

function NeedLine({ need }: { need: Need }): JSX.Element {
  return (
    <li class="row">
      <Badge state={need.word} label={need.word} tone={need.tone} />
      <span>{need.text}</span>
      <a href={need.href}>{need.label}</a>
    </li>
  );
}

function brokenBooks({ verification }: Overview): Need[] {
  if (!verification || verification.differenceCount === 0) return [];
  return [{
    tone: "negative",
    word: "books differ",
    text: `${plural(verification.differenceCount, "wallet")} not what the entries say`,
    href: "#books",
    label: "See the differences",
  }];
}

function unreadCarriers({ cursors, nowMs }: Overview): Need[] {
  return cursors.flatMap((cursor): Need[] => {
    const state = stateOf(cursor, nowMs);
    if (state === "ok") return [];
    const way = { href: "#carriers", label: "See the carrier" };
    if (state === "failing") {
      const text = `${cursor.sourceId}: ${plural(cursor.failuresInARow, "failure")} in a row`;
      return [{ tone: "negative", word: "pull failing", text, ...way }];
    }
    const text = `${cursor.sourceId}: last read ${formatAge(nowMs - cursor.lastRunAtMs)} ago`;
    return [{ tone: "warning", word: "pull late", text, ...way }];
  });
}

function failedJobs({ failedJobs }: Overview): Need[] {
  if (failedJobs.length === 0) return [];
  return [{
    tone: "negative",
    word: "job failed",
    text: `${plural(failedJobs.length, "job")} given up on`,
    href: "/admin/jobs",
    label: "See the jobs",
  }];
}

function failingEndpoints({ failingEndpoints }: Overview): Need[] {
  return failingEndpoints.map(({ id, url }) => ({
    tone: "negative",
    word: "endpoint failing",
    text: `${new URL(url).host} was not reached by a notice`,
    href: `/admin/notices/endpoints/${id}`,
    label: "See the deliveries",
  }));
}

function openReconciliations({ reconciliations }: Overview): Need[] {
  return reconciliations.filter(({ state, openCount }) => state === "failed" || openCount > 0)
    .map((found): Need => {
      const name = `${nameOf(found.carrier)}, ${found.day}`;
      const way = { href: dayHref(found), label: "See the day" };
      if (found.state === "failed") {
        const text = `${name} could not be compared with the carrier's records`;
        return { tone: "warning", word: "not reconciled", text, ...way };
      }
      const text = `${name}: ${plural(found.openCount, "call")} not what the carrier says`;
      return { tone: "warning", word: "does not close", text, ...way };
    });
}

function waitingWallets({ waiting }: Overview): Need[] {
  const named = waiting.slice(0, NAMED_MAX).map(({ account, wallet }): Need => ({
    tone: "warning",
    word: "waiting for funds",
    text: (
      <>
        {account.name}: {plural(wallet.waitingCount, "call")} for{" "}
        <MoneyText money={formatMoney(wallet.waitingMicros, wallet.currency)} />
      </>
    ),
    href: accountHref({ account, wallet }),
    label: "Top up",
  }));
  const others = waiting.length - named.length;
  if (others === 0) return named;
  return [...named, {
    tone: "warning",
    word: "waiting for funds",
    text: `${plural(others, "more wallet")}`,
    href: "/admin/accounts?money=waiting",
    label: "See them all",
  }];
}

function unbilledCalls({ unsettled, parked }: Overview): Need[] {
  const { count, isMore } = unsettled.unassigned;
  const needs: Need[] = [];
  if (count > 0) {
    needs.push({
      tone: "warning",
      word: "unassigned",
      text: `${isMore ? "more than " : ""}${plural(count, "call")} on numbers nobody holds`,
      href: "/admin/calls?billing=unassigned",
      label: "Assign the numbers",
    });
  }
  if (parked > 0) {
    needs.push({
      tone: "negative",
      word: "parked",
      text: `${plural(parked, "call")} cannot be priced as things are`,
      href: "/admin/calls?billing=parked",
      label: "See why",
    });
  }
  return needs;
}

function quietAccounts({ low, suspended }: Overview): Need[] {
  const needs: Need[] = [];
  if (low.length > 0) {
    needs.push({
      tone: "warning",
      word: "low balance",
      text: namesOf(low.map(({ account }) => account.name), "below a threshold"),
      href: "/admin/accounts?money=low",
      label: "See the accounts",
    });
  }
  if (suspended.length > 0) {
    needs.push({
      tone: "neutral",
      word: "suspended",
      text: namesOf(suspended.map(({ name }) => name), "suspended"),
      href: "/admin/accounts?status=suspended",
      label: "See the accounts",
    });
  }
  return needs;
}

function namesOf(names: readonly string[], what: string): string {
  if (names.length > NAMED_MAX) return `${plural(names.length, "account")} ${what}`;
  return `${names.join(", ")} ${names.length === 1 ? "is" : "are"} ${what}`;
}

const accountHref = ({ account }: WalletOf): string => `/admin/accounts/${account.id}`;

/** `1 call`, `2 calls`. */
function plural(count: number, noun: string): string {
  return `${formatCount(count)} ${noun}${count === 1 ? "" : "s"}`;
}
