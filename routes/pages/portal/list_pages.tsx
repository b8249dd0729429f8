/**
 * A customer's calls, messages and bills, all of them, page by page.
 *
 * @module
 */
import type { Context } from "hono";
import type { Child } from "hono/jsx";
import { type Account, getAccount } from "../../../core/accounts/account.ts";
import { listCalls } from "../../../core/billing/list_calls.ts";
import { listMessages } from "../../../core/billing/list_messages.ts";
import { listBills } from "../../../core/sms_billing/list_bills.ts";
import type { AppEnv } from "../../caller.ts";
import type { AppDeps } from "../../deps.ts";
import { EmptyState, PageHead, Pager } from "../components.tsx";
import { showPage } from "../frame.tsx";
import { linkWith, type Place } from "../links.ts";
import { ownAccount, showGone } from "./own_account.ts";
import { PORTAL_PATH } from "./portal_words.tsx";
import { BillRows } from "./sms_widget.tsx";
import { CallRows, MessageRows } from "./usage_lists.tsx";

const PAGE_ROWS = 50;

/** What is listed. */
export type Listed = "calls" | "messages" | "bills";

interface List {
  title: string;
  lead: string;
  /** What stands where the list would be, before there is anything. */
  nothing: string;
  /** Null when the cursor is not one of ours. */
  read: (
    deps: AppDeps,
    asked: { account: Account; cursor: string | undefined },
  ) => Promise<{ rows: Child; isEmpty: boolean; nextCursor: string | null } | null>;
}

const LISTS: Readonly<Record<Listed, List>> = {
  calls: {
    title: "Calls",
    lead: "The time of a call leads to why it costs what it does.",
    nothing: "Your first call appears here as soon as the carrier reports it.",
    read: async ({ store }, { account, cursor }) => {
      const page = await listCalls(store, { accountId: account.id, cursor, limit: PAGE_ROWS });
      return page && {
        rows: <CallRows calls={page.calls} account={account} caption="Calls, newest first" />,
        isEmpty: page.calls.length === 0,
        nextCursor: page.nextCursor,
      };
    },
  },
  messages: {
    title: "Messages",
    lead: "No message is charged by itself: the bill of its period takes its price.",
    nothing: "Your first message appears here as soon as it is reported.",
    read: async ({ store }, { account, cursor }) => {
      const page = await listMessages(store, { accountId: account.id, cursor, limit: PAGE_ROWS });
      return page && {
        rows: (
          <MessageRows
            messages={page.messages}
            account={account}
            caption="Messages, newest first"
          />
        ),
        isEmpty: page.messages.length === 0,
        nextCursor: page.nextCursor,
      };
    },
  },
  bills: {
    title: "SMS bills",
    lead: "Each takes the messages of one period.",
    nothing: "The first period that ends makes the first bill.",
    read: async ({ store }, { account, cursor }) => {
      const page = await listBills(store, { accountId: account.id, cursor, limit: PAGE_ROWS });
      const bills = page?.bills.map(({ bill }) => bill) ?? [];
      return page && {
        rows: <BillRows bills={bills} account={account} caption="Bills, newest first" />,
        isEmpty: bills.length === 0,
        nextCursor: page.nextCursor,
      };
    },
  },
};

/** Shows a list of whoever is signed in. */
export async function showList(
  c: Context<AppEnv>,
  { deps, listed }: { deps: AppDeps; listed: Listed },
): Promise<Response> {
  const account = await getAccount(deps.store, ownAccount(c));
  if (!account) return showGone(c, deps);
  const { title, lead, nothing, read } = LISTS[listed];
  const place: Place = {
    path: `${PORTAL_PATH}/${listed}`,
    query: new URL(c.req.url).searchParams,
  };
  const page = await read(deps, { account, cursor: place.query.get("cursor") ?? undefined });
  const body = (
    <>
      <PageHead title={title} lead={lead} />
      {!page
        ? (
          <EmptyState
            kind="could_not_load"
            text="The address names a place in the list that does not exist."
            action={{ href: linkWith(place), label: "First page" }}
          />
        )
        : page.isEmpty && page.nextCursor === null
        ? (
          <EmptyState
            kind="nothing_yet"
            text={nothing}
            action={{ href: PORTAL_PATH, label: "To the first page" }}
          />
        )
        : (
          <>
            {page.rows}
            <Pager place={place} nextCursor={page.nextCursor} />
          </>
        )}
    </>
  );
  return showPage(c, { deps, title, body, status: page ? 200 : 400 });
}
