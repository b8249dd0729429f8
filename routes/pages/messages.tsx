/**
 * `/admin/messages`: messages, newest first, with what their bill will take for each.
 *
 * Goes to: `core/billing/list_messages.ts`, `routes/pages/message/cells.tsx`,
 * `routes/pages/message/filter.tsx`.
 *
 * @module
 */
import { type Context, Hono } from "hono";
import type { JSX } from "hono/jsx/jsx-runtime";
import { type Account, getAccount } from "../../core/accounts/account.ts";
import {
  type ChargedMessage,
  listMessages,
  MESSAGES_LOOKED_AT_MAX,
} from "../../core/billing/list_messages.ts";
import type { AppEnv } from "../caller.ts";
import type { AppDeps } from "../deps.ts";
import { readOwners } from "./call/cells.tsx";
import { EmptyState, LinkButton, PageHead, Pager } from "./components.tsx";
import { formatCount } from "./format.ts";
import { ErrorSummary } from "./forms.tsx";
import { ADMIN_TIME_ZONE, showPage } from "./frame.tsx";
import { linkWith, type Place } from "./links.ts";
import { MESSAGE_COLUMNS, messageCells } from "./message/cells.tsx";
import {
  type MessageFilter,
  MessageFilterForm,
  MESSAGES_PATH,
  readMessageFilter,
} from "./message/filter.tsx";
import { Table } from "./table.tsx";

/** The list of messages. */
export function messagePages(deps: AppDeps): Hono<AppEnv> {
  return new Hono<AppEnv>().get(MESSAGES_PATH, (c) => showMessages(c, deps));
}

interface MessagesView {
  filter: MessageFilter;
  place: Place;
  nowMs: number;
  owners: ReadonlyMap<string, Account>;
  messages: readonly ChargedMessage[];
  nextCursor: string | null;
  /** Whether the cursor in the address is one of ours. */
  isCursorGood: boolean;
}

async function showMessages(c: Context<AppEnv>, deps: AppDeps): Promise<Response> {
  const view = await readMessages(deps, new URL(c.req.url).searchParams);
  const status = view.filter.errors.length > 0 ? 422 : view.isCursorGood ? 200 : 400;
  const body = (
    <>
      <PageHead
        title="Messages"
        lead="No message is charged by itself: the bill of its period takes what it is rated at."
      />
      <ErrorSummary errors={view.filter.errors} />
      <MessageFilterForm filter={view.filter} />
      <MessageList view={view} />
    </>
  );
  return showPage(c, { deps, title: "Messages", body, status });
}

/** Reads what an address asks for; of an account its days and times are its own zone's. */
async function readMessages(deps: AppDeps, params: URLSearchParams): Promise<MessagesView> {
  const { store } = deps;
  const asked = params.get("account")?.trim() ?? "";
  const account = /^[A-Za-z0-9_-]{1,64}$/.test(asked) ? await getAccount(store, asked) : null;
  const filter = readMessageFilter(params, account?.timezone ?? ADMIN_TIME_ZONE);
  const { accountId } = filter.query;
  if (accountId !== undefined && !account) {
    filter.errors.push({ name: "account", message: `There is no account ${accountId}.` });
  }
  const page = filter.errors.length === 0
    ? await listMessages(store, filter.query)
    : { messages: [], nextCursor: null };
  const messages = page?.messages ?? [];
  return {
    filter,
    place: { path: MESSAGES_PATH, query: params },
    nowMs: deps.clock.now(),
    owners: await readOwners(store, messages.map(({ message }) => message.accountId)),
    messages,
    nextCursor: page?.nextCursor ?? null,
    isCursorGood: page !== null,
  };
}

function MessageList({ view }: { view: MessagesView }): JSX.Element {
  const { messages, place, nextCursor, filter, owners, nowMs } = view;
  if (!view.isCursorGood) {
    return (
      <EmptyState
        kind="could_not_load"
        text="The address names a place in the list that does not exist."
        action={{ href: linkWith(place), label: "First page" }}
      />
    );
  }
  if (messages.length === 0) return <NoMessages view={view} />;
  // Under one account's messages its name on every line says nothing.
  const columns = MESSAGE_COLUMNS.filter(({ key }) =>
    key !== "account" || filter.query.accountId === undefined
  );
  return (
    <>
      <Table
        caption="Messages, newest first"
        columns={columns}
        rows={messages.map((one) =>
          messageCells(one, { owners, timeZone: filter.timeZone, nowMs })
        )}
      />
      <Pager place={place} nextCursor={nextCursor} />
    </>
  );
}

/** Nothing yet, nothing for this filter, or nothing so far: a filter looks through part of a long list. */
function NoMessages({ view: { filter, place, nextCursor } }: { view: MessagesView }): JSX.Element {
  if (nextCursor !== null) {
    return (
      <div class="empty nothing_found">
        <h2>Nothing so far</h2>
        <p>
          None of the {formatCount(MESSAGES_LOOKED_AT_MAX)}{" "}
          messages looked at matches. There are older ones.
        </p>
        <LinkButton href={linkWith(place, { cursor: nextCursor })}>Look further back</LinkButton>
      </div>
    );
  }
  if (filter.isFiltered || place.query.has("cursor")) {
    const action = { href: MESSAGES_PATH, label: "Clear the filter" };
    return <EmptyState kind="nothing_found" action={action} />;
  }
  return (
    <EmptyState
      kind="nothing_yet"
      text="Messages appear as soon as a carrier reports one."
      action={{ href: "/billing", label: "Sync calls" }}
    />
  );
}
