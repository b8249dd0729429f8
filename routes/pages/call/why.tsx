/**
 * Why a call came to its amount: the sentence a customer would be told, then every figure of it.
 *
 * @module
 */
import type { JSX } from "hono/jsx/jsx-runtime";
import type { Account } from "../../../core/accounts/account.ts";
import type { CallCharge } from "../../../core/billing/call_charge.ts";
import { formatMicros, formatMoney } from "../../../core/money.ts";
import type { CallTrace } from "../../../core/rating/rate_call.ts";
import type { CostPlusTrace } from "../../../core/rating/rate_cost_plus.ts";
import { amountOf, type Trace } from "../../../core/rating/trace.ts";
import type { Call } from "../../../core/usage/calls.ts";
import { incrementWords } from "./words.ts";
import { DefinitionList, Panel } from "../components.tsx";
import { formatCount, formatDuration, formatMoneyText, formatMonth } from "../format.ts";
import { MoneyText, TimeText } from "../values.tsx";

/** What {@link WhyPanel} explains. */
export interface WhyProps {
  /** The call. */
  call: Call;
  /** Null while nothing was decided about it. */
  charge: CallCharge | null;
  /** Null while nobody owns the call. */
  account: Account | null;
  /** IANA name of the zone times are shown in. */
  timeZone: string;
}

/** The explanation of a call's amount; before it is billed, of what is known so far. */
export function WhyPanel(props: WhyProps): JSX.Element {
  const { charge } = props;
  return (
    <Panel id="why" title="Why this amount?">
      <p>
        <CallSentence {...props} />{" "}
        {charge?.trace ? <PriceSentence trace={charge.trace} /> : NOT_PRICED}
      </p>
      {charge?.trace && <Figures trace={charge.trace} charge={charge} />}
    </Panel>
  );
}

const NOT_PRICED = "Nothing has been charged for it yet.";

/** Who called whom, when, and for how long. */
function CallSentence({ call, account, timeZone }: WhyProps): JSX.Element {
  const at = <TimeText atMs={call.startedAtMs} timeZone={timeZone} />;
  const used = call.durationSeconds === null
    ? "How long it took is not known yet."
    : `It took ${secondsWords(call.durationSeconds)}.`;
  return <>{partiesWords({ call, account })} on {at}. {used}</>;
}

function partiesWords({ call, account }: Pick<WhyProps, "call" | "account">): string {
  const [from, to] = [call.from || "An unknown number", call.to || "an unknown number"];
  if (!account) return `${from} called ${to}`;
  return call.direction === "inbound"
    ? `${account.name} was called at ${to} by ${from}`
    : `${account.name} called ${to} from ${from}`;
}

function secondsWords(seconds: number): string {
  const exact = `${formatCount(seconds)} ${seconds === 1 ? "second" : "seconds"}`;
  return seconds < 60 ? exact : `${exact} (${formatDuration(seconds)})`;
}

/** How the seconds became an amount. */
export function PriceSentence({ trace }: { trace: Trace }): JSX.Element {
  return trace.kind === "cost_plus"
    ? <CostSentence trace={trace} />
    : <MinuteSentence trace={trace} />;
}

/** How the carrier's cost, or the estimate that stands for it, became an amount. */
function CostSentence({ trace }: { trace: CostPlusTrace }): JSX.Element {
  const money = (amount: string) => formatMoneyText({ amount, currency: trace.currency });
  const result = <strong>{money(trace.result)}</strong>;
  if (trace.seconds === 0) return <>{FREE}</>;
  if (trace.cost === null) {
    return (
      <>
        The carrier has not told its cost yet: {formatCount(trace.billedSeconds / 60)}{" "}
        started minutes at {money(trace.rate)} make an estimate of {result}.
      </>
    );
  }
  return (
    <>
      The carrier takes {money(trace.cost)}; with {trace.markupPercent} % on top and a fee of{" "}
      {money(trace.fixedFee)} that makes {result}.
    </>
  );
}

function MinuteSentence({ trace }: { trace: CallTrace }): JSX.Element {
  const { billedSeconds, freeSecondsUsed, increment } = trace;
  const money = (amount: string) => formatMoneyText({ amount, currency: trace.currency });
  if (trace.seconds === 0) return <>{FREE}</>;
  const paid = billedSeconds - freeSecondsUsed;
  return (
    <>
      It is billed as {formatCount(billedSeconds)} s, because {incrementWords(increment)}.{" "}
      {freeSecondsUsed > 0 && (
        <>
          {freeWords(trace)}, so {formatCount(paid)} s are paid.{" "}
        </>
      )}
      {paid > 0 && (
        <>
          At {money(trace.rate)} a minute that makes <strong>{money(trace.result)}</strong>.
        </>
      )}
    </>
  );
}

const FREE = "A call of 0 seconds, or one that nobody answered, costs nothing.";

function freeWords({ freeMinutesUsed, freeSecondsUsed, freeMonth }: CallTrace): string {
  const isWhole = freeSecondsUsed % 60 === 0;
  const amount = isWhole
    ? `${freeMinutesUsed} free ${freeMinutesUsed === 1 ? "minute" : "minutes"}`
    : `${freeSecondsUsed} free seconds`;
  const verb = freeMinutesUsed === 1 && isWhole ? "was" : "were";
  return `${amount} of ${freeMonth ? formatMonth(freeMonth) : "the month"} ${verb} used first`;
}

/** The figures behind the sentence, which alone reproduce the amount. */
function Figures({ trace, charge }: { trace: Trace; charge: CallCharge }): JSX.Element {
  const { currency } = trace;
  const again = formatMoney(amountOf(trace), currency);
  const isSame = amountOf(trace) === charge.amountMicros;
  return (
    <DefinitionList
      items={[
        { term: "Used", value: `${formatCount(trace.seconds)} s` },
        { term: "Billed", value: `${formatCount(trace.billedSeconds)} s` },
        { term: "Free", value: `${formatCount(trace.freeSecondsUsed)} s` },
        { term: "Rate per minute", value: <MoneyText money={{ amount: trace.rate, currency }} /> },
        { term: "Rate plan", value: <PlanLink trace={trace} /> },
        { term: "Formula", value: <code>{trace.formula}</code> },
        {
          term: "Charged",
          value: <MoneyText money={formatMoney(charge.amountMicros, currency)} />,
        },
        {
          term: "Computed again from these figures",
          value: (
            <>
              <MoneyText money={again} />{" "}
              {isSame ? "(the same)" : `(differs from ${formatMicros(charge.amountMicros)})`}
            </>
          ),
        },
      ]}
    />
  );
}

function PlanLink({ trace: { plan, version } }: { trace: Trace }): JSX.Element {
  return (
    <a href={`/admin/rate-plans/${encodeURIComponent(plan)}#version-${version}`}>
      {plan}, version {version}
    </a>
  );
}
