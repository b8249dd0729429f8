/**
 * `/admin/accounts/:id`: everything about one account, and the way to what may be changed.
 *
 * Goes to: `routes/pages/account/read_account.ts`.
 *
 * @module
 */
import { type Context, Hono } from "hono";
import type { JSX } from "hono/jsx/jsx-runtime";
import type { AppEnv } from "../caller.ts";
import type { AppDeps } from "../deps.ts";
import { AccountCharts } from "./account/balance_charts.tsx";
import { ChangesPanel } from "./account/changes_panel.tsx";
import { detailsPages } from "./account/details_pages.tsx";
import { EntriesPanel } from "./account/entries_panel.tsx";
import { keyPages } from "./account/key_pages.tsx";
import { KeysPanel } from "./account/keys_panel.tsx";
import { MoneyCards, SettingsPanel } from "./account/money_panel.tsx";
import { numberPages } from "./account/number_pages.tsx";
import { NumbersPanel } from "./account/numbers_panel.tsx";
import { PortalPanel } from "./account/portal_panel.tsx";
import { portalLinkPages } from "./account/portal_link_pages.tsx";
import { PlansPanel } from "./account/plans_panel.tsx";
import { type AccountView, readAccount } from "./account/read_account.ts";
import { settingsPages } from "./account/settings_pages.tsx";
import { SmsPanel } from "./account/sms_panel.tsx";
import { showMissingAccount } from "./account/show_missing_account.ts";
import { statusPages, stepsFrom } from "./account/status_pages.tsx";
import { Badge } from "./badge.tsx";
import { Columns, DefinitionList, LinkButton, PageHead, Panel } from "./components.tsx";
import { mayChange, showPage } from "./frame.tsx";
import type { Place } from "./links.ts";
import { TimeText } from "./values.tsx";

/** The page of an account and the forms that belong to it. */
export function accountPages(deps: AppDeps): Hono<AppEnv> {
  return new Hono<AppEnv>()
    .get("/admin/accounts/:id", (c) => showAccount(c, { deps, accountId: c.req.param("id") }))
    .route("/", settingsPages(deps))
    .route("/", statusPages(deps))
    .route("/", detailsPages(deps))
    .route("/", numberPages(deps))
    .route("/", keyPages(deps))
    .route("/", portalLinkPages(deps));
}

async function showAccount(
  c: Context<AppEnv>,
  { deps, accountId }: { deps: AppDeps; accountId: string },
): Promise<Response> {
  const params = new URL(c.req.url).searchParams;
  const view = await readAccount(deps, { accountId, params });
  if (!view) return showMissingAccount(c, deps);
  const place: Place = { path: `/admin/accounts/${accountId}`, query: params };
  const body = <AccountBody view={view} place={place} mayChange={mayChange(c)} />;
  const status = view.entries ? 200 : 400;
  return showPage(c, { deps, title: view.account.name, body, status });
}

interface AccountBodyProps {
  view: AccountView;
  place: Place;
  mayChange: boolean;
}

function AccountBody({ view, place, mayChange }: AccountBodyProps): JSX.Element {
  return (
    <>
      <Head view={view} mayChange={mayChange} />
      <MoneyCards view={view} />
      <AccountCharts view={view} />
      <EntriesPanel view={view} place={place} />
      <Columns>
        <SettingsPanel view={view} mayChange={mayChange} />
        <DetailsPanel view={view} mayChange={mayChange} />
      </Columns>
      <SmsPanel view={view} mayChange={mayChange} />
      <NumbersPanel view={view} mayChange={mayChange} />
      <PlansPanel view={view} />
      <KeysPanel view={view} mayChange={mayChange} />
      <PortalPanel view={view} mayChange={mayChange} />
      <ChangesPanel view={view} />
    </>
  );
}

function Head({ view, mayChange }: { view: AccountView; mayChange: boolean }): JSX.Element {
  const { account } = view;
  const path = `/admin/accounts/${account.id}`;
  return (
    <PageHead
      title={account.name}
      above={{ href: "/admin/accounts", label: "Accounts" }}
      lead={
        <p class="row">
          <code>{account.id}</code>
          <Badge state={account.status} />
          <a href={`/admin/calls?account=${account.id}`}>Calls</a>
        </p>
      }
      actions={mayChange && (
        <>
          <LinkButton href={`${path}/top-up`} tone="primary">Top up</LinkButton>
          <LinkButton href={`${path}/adjustment`}>Adjust</LinkButton>
          <LinkButton href={`${path}/refund`}>Refund</LinkButton>
        </>
      )}
    />
  );
}

function DetailsPanel({ view, mayChange }: { view: AccountView; mayChange: boolean }): JSX.Element {
  const { account } = view;
  const path = `/admin/accounts/${account.id}`;
  return (
    <Panel
      id="details"
      title="Details"
      actions={mayChange && (
        <>
          <LinkButton href={`${path}/details`}>Change</LinkButton>
          {stepsFrom(account.status).map(({ to, verb }) => (
            <LinkButton key={to} href={`${path}/status?to=${to}`}>{verb}</LinkButton>
          ))}
        </>
      )}
    >
      <DefinitionList
        items={[
          { term: "E-mail", value: account.email ?? "none" },
          { term: "Currency", value: account.currency },
          { term: "Time zone", value: account.timezone },
          {
            term: "Opened",
            value: (
              <TimeText
                atMs={account.createdAtMs}
                timeZone={account.timezone}
                precision="minute"
              />
            ),
          },
          { term: "Own Bland key", value: account.hasBlandKey ? "set, never shown" : "none" },
          { term: "Sippy account", value: account.sippyAccountId ?? "none" },
        ]}
      />
    </Panel>
  );
}
