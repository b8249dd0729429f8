/**
 * The list of accounts with its filter, and the form that opens one.
 *
 * Goes to: `routes/pages/account/find_accounts.ts`, `routes/pages/account/open_account.tsx`.
 *
 * @module
 */
import { type Context, Hono } from "hono";
import type { JSX } from "hono/jsx/jsx-runtime";
import { ACCOUNT_STATUSES } from "../../core/accounts/account.ts";
import { formatMoney } from "../../core/money.ts";
import { availableMicros } from "../../core/wallet/wallet.ts";
import type { AppEnv } from "../caller.ts";
import type { AppDeps } from "../deps.ts";
import {
  type AccountFilter,
  type AccountPage,
  type AccountRow,
  findAccounts,
  MONEY_STATES,
} from "./account/find_accounts.ts";
import { openAccountPages } from "./account/open_account.tsx";
import { Badge } from "./badge.tsx";
import { EmptyState, LinkButton, PageHead, Pager } from "./components.tsx";
import { Field, SelectField } from "./fields.tsx";
import { FilterForm } from "./forms.tsx";
import { mayChange, showPage } from "./frame.tsx";
import { isLow } from "./overview/read_overview.ts";
import type { Place } from "./links.ts";
import { stateWord } from "./strings.ts";
import { Table } from "./table.tsx";
import { MoneyText } from "./values.tsx";

const PATH = "/admin/accounts";
const PAGE_ROWS = 50;

/** `GET /admin/accounts` and the form for a new one. */
export function accountsPages(deps: AppDeps): Hono<AppEnv> {
  return new Hono<AppEnv>()
    .get(PATH, (c) => showAccounts(c, deps))
    .route("/", openAccountPages(deps));
}

async function showAccounts(c: Context<AppEnv>, deps: AppDeps): Promise<Response> {
  const place: Place = { path: PATH, query: new URL(c.req.url).searchParams };
  const filter = readFilter(place.query);
  const cursor = place.query.get("cursor") ?? undefined;
  const page = await findAccounts(deps, { filter, cursor, limit: PAGE_ROWS });
  const actions = mayChange(c) && (
    <LinkButton href="/admin/new-account" tone="primary">New account</LinkButton>
  );
  const body = (
    <>
      <PageHead title="Accounts" actions={actions} />
      <AccountFilterForm filter={filter} />
      {page ? <AccountList page={page} place={place} mayChange={mayChange(c)} /> : (
        <EmptyState
          kind="could_not_load"
          text="The address names a page of the list that does not exist."
          action={{ href: PATH, label: "All accounts" }}
        />
      )}
    </>
  );
  return showPage(c, { deps, title: "Accounts", body, status: page ? 200 : 400 });
}

/** What an address asks for; words that mean nothing here count as not said. */
function readFilter(query: URLSearchParams): AccountFilter {
  const status = query.get("status") ?? "";
  const money = query.get("money") ?? "";
  return {
    search: (query.get("search") ?? "").replaceAll("\u0000", "").toWellFormed().trim()
      .slice(0, 200),
    status: ACCOUNT_STATUSES.find((one) => one === status) ?? "",
    money: MONEY_STATES.find((one) => one === money) ?? "",
  };
}

const MONEY_WORDS: Record<AccountFilter["money"], string> = {
  "": "Any",
  low: "Below a threshold",
  waiting: "Calls wait for funds",
  negative: "Below zero",
};

function AccountFilterForm({ filter }: { filter: AccountFilter }): JSX.Element {
  const isFiltered = filter.search !== "" || filter.status !== "" || filter.money !== "";
  return (
    <FilterForm action={PATH} clearHref={isFiltered ? PATH : undefined}>
      <Field
        name="search"
        type="search"
        label="Name, id, e-mail or number"
        value={filter.search}
        maxlength={200}
      />
      <SelectField
        name="status"
        label="Status"
        value={filter.status}
        options={[
          { value: "", label: "Any" },
          ...ACCOUNT_STATUSES.map((value) => ({ value, label: stateWord(value) })),
        ]}
      />
      <SelectField
        name="money"
        label="Money"
        value={filter.money}
        options={Object.entries(MONEY_WORDS).map(([value, label]) => ({ value, label }))}
      />
    </FilterForm>
  );
}

interface AccountListProps {
  page: AccountPage;
  place: Place;
  mayChange: boolean;
}

function AccountList({ page, place, mayChange }: AccountListProps): JSX.Element {
  const isFiltered = ["search", "status", "money", "cursor"].some((name) => place.query.get(name));
  if (page.rows.length === 0 && page.nextCursor === null) {
    return isFiltered
      ? <EmptyState kind="nothing_found" action={{ href: PATH, label: "All accounts" }} />
      : (
        <EmptyState
          kind="nothing_yet"
          title="There are no accounts yet"
          text="An account is one of your customers, with a wallet and telephone numbers."
          action={mayChange
            ? { href: "/admin/new-account", label: "Open the first account" }
            : { href: "/admin", label: "Overview" }}
        />
      );
  }
  return (
    <>
      <AccountTable rows={page.rows} />
      <Pager place={place} nextCursor={page.nextCursor} />
    </>
  );
}

function AccountTable({ rows }: { rows: readonly AccountRow[] }): JSX.Element {
  return (
    <Table
      caption="Accounts"
      isCaptionUnseen
      columns={[
        { key: "name", label: "Name" },
        { key: "id", label: "Id" },
        { key: "available", label: "Available", kind: "number" },
        { key: "held", label: "Held", kind: "number" },
        { key: "currency", label: "Currency" },
        { key: "status", label: "Status" },
        { key: "policy", label: "Without funds" },
      ]}
      rows={rows.map(({ account, wallet }) => ({
        name: <a href={`${PATH}/${account.id}`}>{account.name}</a>,
        id: <code>{account.id}</code>,
        available: <MoneyText money={formatMoney(availableMicros(wallet), wallet.currency)} />,
        held: <MoneyText money={formatMoney(wallet.heldMicros, wallet.currency)} />,
        currency: wallet.currency,
        status: (
          <>
            <Badge state={account.status} /> {wallet.waitingCount > 0
              ? <Badge state="waiting_funds" />
              : isLow(wallet) && <Badge state="low" label="low balance" tone="warning" />}
          </>
        ),
        policy: POLICY_WORDS[wallet.policy],
      }))}
    />
  );
}

const POLICY_WORDS = { wait: "calls wait", overdraw: "may go below zero" } as const;
