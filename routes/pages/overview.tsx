/**
 * `/admin`: the whole house at a glance, and what wants somebody's attention.
 *
 * Goes to: `routes/pages/overview/read_overview.ts`.
 *
 * @module
 */
import { type Context, Hono } from "hono";
import type { JSX } from "hono/jsx/jsx-runtime";
import { getVerification, startVerification } from "../../core/billing/verify_ledger.ts";
import { runSoon } from "../api/run_soon.ts";
import type { AppEnv } from "../caller.ts";
import type { AppDeps } from "../deps.ts";
import { Columns, PageHead } from "./components.tsx";
import { actorOf, ADMIN_TIME_ZONE, mayChange, redirectWith, showPage } from "./frame.tsx";
import { AttentionPanel } from "./overview/attention.tsx";
import { BooksPanel, describeVerification } from "./overview/books.tsx";
import { ChargeCharts } from "./overview/charge_charts.tsx";
import { FigureCards } from "./overview/figures.tsx";
import { FirstSteps } from "./overview/first_steps.tsx";
import { CarriersPanel, listCarriers } from "./overview/carriers.tsx";
import { type Overview, readOverview } from "./overview/read_overview.ts";
import { UnsettledPanel } from "./overview/unsettled.tsx";
import { AsOf } from "./values.tsx";

/** `GET /admin` and `POST /admin/verifications`. */
export function overviewPages(deps: AppDeps): Hono<AppEnv> {
  return new Hono<AppEnv>()
    .get("/admin", async (c) => {
      const overview = await readOverview(deps);
      const body = <OverviewBody deps={deps} overview={overview} mayChange={mayChange(c)} />;
      return showPage(c, { deps, title: "Overview", body });
    })
    .post("/admin/verifications", (c) => postVerification(c, deps));
}

async function postVerification(c: Context<AppEnv>, deps: AppDeps): Promise<Response> {
  const outcome = await startVerification(deps, { accountId: null, actor: actorOf(c) });
  if (outcome.status === "account_not_found") throw new Error("Cannot verify: no such account");
  await runSoon(deps, outcome.jobId);
  const found = await getVerification(deps.store, outcome.verification.id);
  const { text, tone } = describeVerification(found ?? outcome.verification);
  const flash = { text, tone: tone === "negative" ? "negative" : "positive" } as const;
  return redirectWith(c, { to: "/admin#books", flash });
}

interface OverviewProps {
  deps: AppDeps;
  overview: Overview;
  mayChange: boolean;
}

function OverviewBody({ deps, overview, mayChange }: OverviewProps): JSX.Element {
  const { nowMs } = overview;
  const carriers = listCarriers(deps.config, overview);
  const head = (
    <PageHead
      title="Overview"
      lead={<AsOf nowMs={nowMs} completeToMs={completeTo(overview)} timeZone={ADMIN_TIME_ZONE} />}
    />
  );
  if (overview.accounts === 0) {
    return (
      <>
        {head}
        <FirstSteps carriers={carriers} mayChange={mayChange} />
        <CarriersPanel carriers={carriers} nowMs={nowMs} />
      </>
    );
  }
  return (
    <>
      {head}
      <FigureCards overview={overview} />
      <AttentionPanel overview={overview} />
      <ChargeCharts days={overview.days} />
      <Columns>
        <CarriersPanel carriers={carriers} nowMs={nowMs} />
        <BooksPanel verification={overview.verification} nowMs={nowMs} mayChange={mayChange} />
      </Columns>
      <UnsettledPanel unsettled={overview.unsettled} />
    </>
  );
}

/** The carrier key that lags most: beyond it the numbers may be short of something. */
function completeTo({ cursors }: Overview): number | null {
  const known = cursors.map(({ completeToMs }) => completeToMs);
  return known.length === 0 || known.includes(null)
    ? null
    : Math.min(...known.filter((ms) => ms !== null));
}
