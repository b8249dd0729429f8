/**
 * How SMS billing does: success, failures, averages, who sends much, how fast Sippy and the jobs are.
 *
 * Goes to: `core/sms_billing/statistics.ts`.
 *
 * @module
 */
import type { JSX } from "hono/jsx/jsx-runtime";
import { formatMoney } from "../../../core/money.ts";
import { CLOSED_STATUSES } from "../../../core/sms_billing/list_bills.ts";
import { SMS_FREQUENCIES } from "../../../core/sms_billing/settings.ts";
import {
  BILLS_COUNTED_MAX,
  HIGH_VOLUME_MESSAGES,
  type SmsStatistics,
  STATISTICS_DAYS,
} from "../../../core/sms_billing/statistics.ts";
import { accountHref } from "../call/cells.tsx";
import { Card, CardRow } from "../cards.tsx";
import { EmptyState, Panel } from "../components.tsx";
import { formatAge, formatCount } from "../format.ts";
import { ADMIN_TIME_ZONE } from "../frame.tsx";
import { stateWord } from "../strings.ts";
import { Table } from "../table.tsx";
import { MoneyText, TimeText, Unknown } from "../values.tsx";
import { BILLS_PATH, SMS_PATH } from "./bill_words.tsx";
import { CountBars } from "./count_bars.tsx";

/** The tab. */
export function StatsTab({ statistics }: { statistics: SmsStatistics }): JSX.Element {
  const { statusCounts, sinceMs, untilMs } = statistics;
  const billCount = Object.values(statusCounts).reduce((sum, count) => sum + count, 0);
  return (
    <>
      <p class="soft">
        Bills closed in the last {STATISTICS_DAYS} days, since{" "}
        <TimeText atMs={sinceMs} timeZone={ADMIN_TIME_ZONE} precision="minute" />; as of{" "}
        <TimeText atMs={untilMs} timeZone={ADMIN_TIME_ZONE} />. {!statistics.isComplete &&
          `There are more than ${formatCount(BILLS_COUNTED_MAX)}: only the newest are counted.`}
      </p>
      <Cards statistics={statistics} />
      {billCount === 0
        ? (
          <EmptyState
            kind="nothing_yet"
            title="No bills in these days"
            text="The figures fill as periods close."
            action={{ href: `${SMS_PATH}?tab=settings`, label: "When periods close" }}
          />
        )
        : <Charts statistics={statistics} />}
      <HighVolume statistics={statistics} />
      <JobTable statistics={statistics} />
    </>
  );
}

function Cards({ statistics }: { statistics: SmsStatistics }): JSX.Element {
  const { successPercent, failedCount, averages, sippy, statusCounts } = statistics;
  return (
    <CardRow>
      <Card
        label="Payments that succeeded"
        figure={successPercent === null ? <Unknown /> : `${successPercent} %`}
        subline={`${formatCount(statusCounts.paid)} bills paid`}
      />
      <Card
        label="Failed payments"
        figure={formatCount(failedCount)}
        subline={<a href={`${BILLS_PATH}&status=failed`}>the bills</a>}
        tone={failedCount > 0
          ? { kind: "warning", word: "to be looked at" }
          : { kind: "positive", word: "none" }}
      />
      <Card
        label="Average bill"
        figure={averages.length === 0
          ? <Unknown />
          : averages.map(({ currency, averageMicros }, at) => (
            <>
              {at > 0 && <br />}
              <MoneyText money={formatMoney(averageMicros, currency)} />
            </>
          ))}
        subline={averages.map(({ currency, count }) => `${formatCount(count)} in ${currency}`)
          .join(", ")}
      />
      <Card
        label="Sippy's answers"
        figure={sippy ? `${formatCount(sippy.averageMs)} ms` : <Unknown />}
        subline={sippy
          ? `on average over ${formatCount(sippy.count)}; slowest ${formatCount(sippy.maxMs)} ms`
          : "Sippy was not asked"}
      />
    </CardRow>
  );
}

function Charts({ statistics }: { statistics: SmsStatistics }): JSX.Element {
  return (
    <>
      <CountBars
        id="by-frequency"
        title="Bills by what closed them"
        description="How many bills each kind of period made."
        what="Period"
        bars={SMS_FREQUENCIES.map((label) => ({
          label,
          count: statistics.frequencyCounts[label],
        }))}
      />
      <CountBars
        id="by-status"
        title="Bills by where they stand"
        description="How many bills are pending, being paid, paid, failed, cancelled or need a decision."
        what="Status"
        bars={CLOSED_STATUSES.map((status) => ({
          label: stateWord(status),
          count: statistics.statusCounts[status],
        }))}
      />
    </>
  );
}

function HighVolume({ statistics: { highVolume } }: { statistics: SmsStatistics }): JSX.Element {
  const bound = formatCount(HIGH_VOLUME_MESSAGES);
  return (
    <Panel id="high-volume" title="High-volume accounts">
      {highVolume.length === 0 ? <p>No account was billed more than {bound} messages.</p> : (
        <Table
          caption={`Accounts billed more than ${bound} messages, the largest first`}
          columns={[
            { key: "account", label: "Account" },
            { key: "messages", label: "Messages", kind: "number" },
            { key: "amount", label: "Amount", kind: "number" },
          ]}
          rows={highVolume.map((one) => ({
            account: <a href={accountHref(one.accountId)}>{one.name}</a>,
            messages: formatCount(one.messageCount),
            amount: <MoneyText money={formatMoney(one.amountMicros, one.currency)} />,
          }))}
        />
      )}
    </Panel>
  );
}

function JobTable({ statistics: { jobs } }: { statistics: SmsStatistics }): JSX.Element {
  const took = (ms: number | null) => ms === null ? <Unknown /> : formatAge(ms);
  return (
    <Panel id="jobs" title="Job times">
      <Table
        caption="Jobs of SMS billing, from when they were asked for until their end"
        columns={[
          { key: "kind", label: "Job" },
          { key: "done", label: "Done", kind: "number" },
          { key: "failed", label: "Failed", kind: "number" },
          { key: "open", label: "Open", kind: "number" },
          { key: "average", label: "Average", kind: "number" },
          { key: "max", label: "Longest", kind: "number" },
        ]}
        rows={jobs.map((job) => ({
          kind: stateWord(job.kind),
          done: formatCount(job.doneCount),
          failed: formatCount(job.failedCount),
          open: formatCount(job.openCount),
          average: took(job.averageMs),
          max: took(job.maxMs),
        }))}
      />
    </Panel>
  );
}
