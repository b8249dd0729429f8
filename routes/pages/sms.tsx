/**
 * `/admin/sms`: bills, terms and statistics of SMS billing, and what may be done with bills.
 *
 * Goes to: `routes/pages/sms/bills_tab.tsx`, `routes/pages/sms/settings_tab.tsx`,
 * `routes/pages/sms/stats_tab.tsx`.
 *
 * @module
 */
import { type Context, Hono } from "hono";
import type { Child } from "hono/jsx";
import { getSmsStatistics } from "../../core/sms_billing/statistics.ts";
import type { AppEnv } from "../caller.ts";
import type { AppDeps } from "../deps.ts";
import { mayChange, showPage } from "./frame.tsx";
import { billActionPages } from "./sms/bill_actions.tsx";
import { showBill } from "./sms/bill_page.tsx";
import { BillsTab, readBills } from "./sms/bills_tab.tsx";
import { SMS_PATH } from "./sms/bill_words.tsx";
import { smsJobPages } from "./sms/job_page.tsx";
import { readSettings } from "./sms/read_settings.ts";
import { selectionPages } from "./sms/selection_pages.tsx";
import { settingsPages } from "./sms/settings_pages.tsx";
import { SettingsTab } from "./sms/settings_tab.tsx";
import { SMS_TABS, SmsHead, type SmsTab } from "./sms/sms_head.tsx";
import { StatsTab } from "./sms/stats_tab.tsx";

/** The pages of SMS billing. */
export function smsPages(deps: AppDeps): Hono<AppEnv> {
  return new Hono<AppEnv>()
    .get(SMS_PATH, (c) => showSms(c, deps))
    .get(`${SMS_PATH}/bills/:id`, (c) => showBill(c, { deps, billId: c.req.param("id") }))
    .route("/", billActionPages(deps))
    .route("/", selectionPages(deps))
    .route("/", smsJobPages(deps))
    .route("/", settingsPages(deps));
}

async function showSms(c: Context<AppEnv>, deps: AppDeps): Promise<Response> {
  const params = new URL(c.req.url).searchParams;
  const tab = SMS_TABS.find((one) => one === params.get("tab")) ?? "billing";
  const { view, status } = await VIEWS[tab](c, { deps, params });
  const body = (
    <>
      <SmsHead tab={tab} />
      {view}
    </>
  );
  return showPage(c, { deps, title: "SMS billing", body, status });
}

interface Shown {
  view: Child;
  status: 200 | 400 | 404 | 422;
}
type Show = (
  c: Context<AppEnv>,
  asked: { deps: AppDeps; params: URLSearchParams },
) => Promise<Shown>;

const VIEWS: Readonly<Record<SmsTab, Show>> = {
  billing: async (c, { deps, params }) => {
    const view = await readBills(deps.store, params);
    const formId = mayChange(c) ? deps.ids.id() : null;
    const status = view.filter.errors.length > 0 ? 422 : view.page ? 200 : 400;
    return { view: <BillsTab view={view} formId={formId} />, status };
  },
  settings: async (c, { deps, params }) => {
    const asked = (params.get("account") ?? "").replaceAll("\u0000", "").toWellFormed().trim();
    const view = await readSettings(deps.store, asked);
    const status = view.missing === null ? 200 : 404;
    return { view: <SettingsTab view={view} mayChange={mayChange(c)} />, status };
  },
  stats: async (_c, { deps }) => {
    const statistics = await getSmsStatistics(deps.store, { atMs: deps.clock.now() });
    return { view: <StatsTab statistics={statistics} />, status: 200 };
  },
};
