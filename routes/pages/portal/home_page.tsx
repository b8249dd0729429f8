/**
 * `/portal`: a customer's first page.
 *
 * Goes to: `routes/pages/portal/read_portal.ts`.
 *
 * @module
 */
import type { Context } from "hono";
import type { JSX } from "hono/jsx/jsx-runtime";
import { z } from "zod";
import { formatMicros } from "../../../core/money.ts";
import type { AppEnv } from "../../caller.ts";
import type { AppDeps } from "../../deps.ts";
import { Columns, EmptyState, LinkButton, PageHead, Panel } from "../components.tsx";
import { DailyBars } from "../daily_bars.tsx";
import { showPage } from "../frame.tsx";
import { isOver } from "../job_stream.ts";
import { serviceName } from "../plan_words.ts";
import { AsOf } from "../values.tsx";
import { BalanceCards, FreeMinutesPanel, TopUpPanel } from "./balance_cards.tsx";
import { ownAccount, showGone } from "./own_account.ts";
import { type PortalView, readPortal } from "./read_portal.ts";
import { SmsWidget } from "./sms_widget.tsx";
import { PortalSyncButton, PortalSyncPanel } from "./sync_panel.tsx";
import { CallRows, MessageRows } from "./usage_lists.tsx";

/** Loads the page again while a sync runs, where JavaScript is off. */
const REFRESH_SECONDS = 3;

/** Shows the page of whoever is signed in. */
export async function showHome(c: Context<AppEnv>, deps: AppDeps): Promise<Response> {
  const asked = c.req.query("job");
  const jobId = z.uuid().safeParse(asked).success ? asked! : null;
  const view = await readPortal(deps, { accountId: ownAccount(c), jobId });
  if (!view) return showGone(c, deps);
  const isRunning = view.job !== null && !isOver(view.job);
  return showPage(c, {
    deps,
    title: view.account.name,
    body: <HomeBody view={view} formId={deps.ids.id()} />,
    refreshSeconds: isRunning ? REFRESH_SECONDS : undefined,
  });
}

function HomeBody({ view, formId }: { view: PortalView; formId: string }): JSX.Element {
  const { account, nowMs, completeToMs, job } = view;
  const timeZone = account.timezone;
  return (
    <>
      <PageHead
        title={account.name}
        lead={<AsOf {...{ nowMs, completeToMs, timeZone }} />}
        actions={<PortalSyncButton formId={formId} />}
      />
      {job && <PortalSyncPanel job={job} timeZone={timeZone} />}
      <BalanceCards view={view} />
      <SmsWidget view={view} />
      <UsageChart view={view} />
      <Columns>
        <FreeMinutesPanel view={view} />
        <TopUpPanel view={view} />
        <DownloadPanel />
      </Columns>
      <Latest view={view} />
    </>
  );
}

function DownloadPanel(): JSX.Element {
  return (
    <Panel id="downloads" title="Statements">
      <p>What came in and what went out, month by month, to read, print or download.</p>
      <p>
        <LinkButton href="/portal/statements">Open the statements</LinkButton>
      </p>
    </Panel>
  );
}

function UsageChart({ view }: { view: PortalView }): JSX.Element | null {
  const { days, account } = view;
  const charged = days.flatMap(({ total }) => Object.keys(total?.chargedMicros ?? {}));
  const services = [...new Set(charged)].sort();
  if (services.length === 0) return null;
  return (
    <DailyBars
      id="usage"
      title={`Charges per day, ${days.length} days`}
      description="What was charged on each UTC day, by kind of usage. Messages are charged by bills."
      currency={account.currency}
      series={services.map((key) => ({ key, label: serviceName(key) }))}
      days={days.map(({ day, total }) => ({
        day,
        amounts: Object.fromEntries(
          Object.entries(total?.chargedMicros ?? {}).map(([service, micros]) => [
            service,
            formatMicros(micros),
          ]),
        ),
      }))}
    />
  );
}

function Latest({ view }: { view: PortalView }): JSX.Element {
  const { calls, messages, account } = view;
  if (calls.length === 0 && messages.length === 0) {
    return (
      <EmptyState
        kind="nothing_yet"
        title="No calls and no messages yet"
        text="They appear here as soon as the carrier reports them."
        action={{ href: "#top-up", label: "How to top up" }}
      />
    );
  }
  return (
    <>
      {calls.length > 0 && (
        <Panel
          id="calls"
          title="Latest calls"
          actions={<a href="/portal/calls">All calls</a>}
        >
          <CallRows
            calls={calls}
            account={account}
            caption="Newest first; the time leads to why it costs what it does"
          />
        </Panel>
      )}
      {messages.length > 0 && (
        <Panel
          id="messages"
          title="Latest messages"
          actions={<a href="/portal/messages">All messages</a>}
        >
          <MessageRows messages={messages} account={account} caption="Newest first" />
        </Panel>
      )}
    </>
  );
}
