/**
 * A customer's statements: a month with its opening, its entries and its closing, to read, print or download.
 *
 * Goes to: `core/wallet/statement.ts`.
 *
 * @module
 */
import type { Context } from "hono";
import type { JSX } from "hono/jsx/jsx-runtime";
import { type Account, getAccount } from "../../../core/accounts/account.ts";
import { formatInstant, monthIn } from "../../../core/clock.ts";
import { formatMoney } from "../../../core/money.ts";
import type { Entry } from "../../../core/wallet/entry.ts";
import {
  openStatement,
  readStatement,
  type Statement,
  type StatementTotals,
  sumStatement,
} from "../../../core/wallet/statement.ts";
import type { AppEnv } from "../../caller.ts";
import type { AppDeps } from "../../deps.ts";
import { ENTRY_WORDS } from "../account/entry_words.ts";
import { Card, CardRow } from "../cards.tsx";
import { EmptyState, LinkButton, PageHead } from "../components.tsx";
import { SelectField } from "../fields.tsx";
import { formatCount, formatMonth } from "../format.ts";
import { FilterForm } from "../forms.tsx";
import { showPage } from "../frame.tsx";
import { Table } from "../table.tsx";
import { MoneyText, TimeText } from "../values.tsx";
import { dayStartMs } from "../zone_times.ts";
import { ownAccount, showGone } from "./own_account.ts";
import { PORTAL_PATH } from "./portal_words.tsx";

const PATH = `${PORTAL_PATH}/statements`;
/** Entries on the page; a download has them all. */
const SHOWN_MAX = 100;
/** Months one may choose from. */
const MONTHS_MAX = 36;

/** Shows a month of whoever is signed in: the present one unless the address names another. */
export async function showStatement(c: Context<AppEnv>, deps: AppDeps): Promise<Response> {
  const account = await getAccount(deps.store, ownAccount(c));
  if (!account) return showGone(c, deps);
  const months = monthsOf(account, deps.clock.now());
  const month = months.find((one) => one === c.req.query("month")) ?? months[0]!;
  const period = periodOf(month, account.timezone);
  const statement = await openStatement(deps.store, { accountId: account.id, ...period });
  if (!statement) return showGone(c, deps);
  const totals = await sumStatement(deps.store, statement);
  const entries = await firstEntries(deps, statement);
  const title = `Statement, ${formatMonth(month)}`;
  const body = (
    <>
      <PageHead
        title={title}
        lead={
          <p>
            {account.name}, <code>{account.id}</code>. Days of {account.timezone}.
          </p>
        }
        actions={<Downloads account={account} period={period} />}
      />
      <FilterForm action={PATH}>
        <SelectField
          name="month"
          label="Month"
          value={month}
          options={months.map((value) => ({ value, label: formatMonth(value) }))}
        />
      </FilterForm>
      <Figures statement={statement} totals={totals} />
      <Entries statement={statement} entries={entries} account={account} />
    </>
  );
  return showPage(c, { deps, title, body });
}

/** From the present month of the account's zone back to the one it was opened in. */
function monthsOf({ timezone, createdAtMs }: Account, nowMs: number): string[] {
  const first = monthIn(createdAtMs, timezone);
  const months: string[] = [];
  let month = Temporal.PlainYearMonth.from(monthIn(nowMs, timezone));
  do {
    months.push(month.toString());
    month = month.subtract({ months: 1 });
  } while (month.toString() >= first && months.length < MONTHS_MAX);
  return months;
}

interface Period {
  fromMs: number;
  untilMs: number;
}

function periodOf(month: string, timeZone: string): Period {
  const next = Temporal.PlainYearMonth.from(month).add({ months: 1 }).toString();
  return {
    fromMs: dayStartMs(`${month}-01`, { timeZone })!,
    untilMs: dayStartMs(`${next}-01`, { timeZone })!,
  };
}

async function firstEntries({ store }: AppDeps, statement: Statement): Promise<Entry[]> {
  const lastSeq = Math.min(statement.lastSeq, statement.firstSeq + SHOWN_MAX - 1);
  return await Array.fromAsync(readStatement(store, { ...statement, lastSeq }));
}

function Downloads({ account, period }: { account: Account; period: Period }): JSX.Element {
  const query = new URLSearchParams({
    from: formatInstant(period.fromMs),
    to: formatInstant(period.untilMs),
  });
  const path = `/api/v1/accounts/${encodeURIComponent(account.id)}/statement`;
  return (
    <>
      <LinkButton href={`${path}?${query}&format=csv`} tone="primary">Download CSV</LinkButton>
      <LinkButton href={`${path}?${query}&format=json`}>Download JSON</LinkButton>
    </>
  );
}

function Figures(
  { statement, totals }: { statement: Statement; totals: StatementTotals },
): JSX.Element {
  const money = (micros: bigint, isSigned = false) => (
    <MoneyText money={formatMoney(micros, statement.currency)} isSigned={isSigned} />
  );
  const kinds = Object.entries(totals.byKindMicros) as [Entry["kind"], bigint][];
  return (
    <CardRow>
      <Card label="Opening balance" figure={money(statement.openingMicros)} />
      <Card label="In" figure={money(totals.inMicros, true)} />
      <Card
        label="Out"
        figure={money(totals.outMicros, true)}
        subline={kinds.map(([kind, micros], at) => (
          <>
            {at > 0 && ", "}
            {ENTRY_WORDS[kind]} {money(micros, true)}
          </>
        ))}
      />
      <Card label="Closing balance" figure={money(statement.closingMicros)} />
    </CardRow>
  );
}

function Entries(
  { statement, entries, account }: {
    statement: Statement;
    entries: readonly Entry[];
    account: Account;
  },
): JSX.Element {
  const { currency, firstSeq, lastSeq } = statement;
  const more = lastSeq - firstSeq + 1 - entries.length;
  if (entries.length === 0) {
    return (
      <EmptyState
        kind="nothing_found"
        title="Nothing moved in this month"
        text="The balance stayed what it was."
        action={{ href: PORTAL_PATH, label: "To the first page" }}
      />
    );
  }
  return (
    <>
      <Table
        caption="Entries, oldest first"
        columns={[
          { key: "seq", label: "No." },
          { key: "time", label: "Time" },
          { key: "kind", label: "Kind" },
          { key: "description", label: "Description", kind: "text" },
          { key: "amount", label: "Amount", kind: "number" },
          { key: "balance", label: "Balance", kind: "number" },
        ]}
        rows={entries.map((entry) => ({
          seq: formatCount(entry.seq),
          time: <TimeText atMs={entry.atMs} timeZone={account.timezone} precision="minute" />,
          kind: ENTRY_WORDS[entry.kind],
          description: entry.description,
          amount: <MoneyText money={formatMoney(entry.amountMicros, currency)} isSigned />,
          balance: <MoneyText money={formatMoney(entry.balanceAfterMicros, currency)} />,
        }))}
      />
      {more > 0 && <p>{formatCount(more)} more entries of this month are in the downloads.</p>}
    </>
  );
}
