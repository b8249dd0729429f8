/**
 * Notices: what people should hear of, newest first, and the endpoints they are posted to.
 *
 * Goes to: `core/notices/read_notices.ts`, `routes/pages/notices/endpoint_pages.tsx`.
 *
 * @module
 */
import { type Context, Hono } from "hono";
import type { Child } from "hono/jsx";
import type { JSX } from "hono/jsx/jsx-runtime";
import { listEndpoints } from "../../core/notices/endpoint.ts";
import { type Notice, NOTICE_KINDS } from "../../core/notices/notice.ts";
import {
  countUnread,
  listNotices,
  type NoticePage,
  type NoticeQuery,
  readEveryNotice,
  readNotice,
  UNREAD_MAX,
} from "../../core/notices/read_notices.ts";
import type { AppEnv } from "../caller.ts";
import type { AppDeps } from "../deps.ts";
import { Badge } from "./badge.tsx";
import { EmptyState, PageHead, Pager } from "./components.tsx";
import { SelectField } from "./fields.tsx";
import { formatCount } from "./format.ts";
import { FilterForm, PostButton } from "./forms.tsx";
import { ADMIN_TIME_ZONE, mayChange, redirectWith, showMissing, showPage } from "./frame.tsx";
import { linkWith, type Place, safeUrl } from "./links.ts";
import { endpointPages } from "./notices/endpoint_pages.tsx";
import { EndpointsPanel } from "./notices/endpoints_panel.tsx";
import { stateWord } from "./strings.ts";
import { Table } from "./table.tsx";
import { TimeText } from "./values.tsx";

const PATH = "/admin/notices";
const PAGE_ROWS = 50;
const ID_LENGTH_MAX = 200;
/** Pages looked through for one answer when a filter leaves little of each. */
const PAGES_LOOKED_AT_MAX = 20;

/** `/admin/notices`, its buttons, and the pages of endpoints. */
export function noticePages(deps: AppDeps): Hono<AppEnv> {
  return new Hono<AppEnv>()
    .get(PATH, (c) => showNotices(c, deps))
    .post(`${PATH}/reads`, (c) => postEveryRead(c, deps))
    .post(`${PATH}/:id/reads`, (c) => postRead(c, { deps, id: c.req.param("id") }))
    .route("/", endpointPages(deps));
}

async function showNotices(c: Context<AppEnv>, deps: AppDeps): Promise<Response> {
  const place: Place = { path: PATH, query: new URL(c.req.url).searchParams };
  const kind = NOTICE_KINDS.find((one) => one === place.query.get("kind"));
  const query: NoticeQuery = {
    kinds: kind && [kind],
    isUnread: place.query.get("unread") === "yes",
    cursor: place.query.get("cursor") ?? undefined,
    limit: PAGE_ROWS,
  };
  const [page, unreadCount, endpoints] = await Promise.all([
    findNotices(deps, query),
    countUnread(deps.store),
    listEndpoints(deps.store),
  ]);
  const isAdmin = mayChange(c);
  const body = (
    <>
      <PageHead
        title="Notices"
        lead={`${unreadWords(unreadCount)} ${mailWords(deps)} Times are UTC.`}
        actions={isAdmin && unreadCount > 0 &&
          <PostButton action={`${PATH}/reads`}>Mark all as read</PostButton>}
      />
      <NoticeFilter query={query} />
      <NoticeList page={page} place={place} mayChange={isAdmin} />
      <EndpointsPanel endpoints={endpoints} formId={isAdmin ? deps.ids.id() : null} />
    </>
  );
  return showPage(c, { deps, title: "Notices", body, status: page ? 200 : 400 });
}

function unreadWords(count: number): string {
  if (count === 0) return "All are read.";
  return count === UNREAD_MAX ? `${UNREAD_MAX} or more unread.` : `${formatCount(count)} unread.`;
}

const mailWords = ({ config }: AppDeps): string =>
  config.mail ? "They are mailed too." : "E-mail is off: SMTP_URL and MAIL_FROM turn it on.";

/** A page of notices; with a filter that leaves little, further pages until there is something. */
async function findNotices({ store }: AppDeps, query: NoticeQuery): Promise<NoticePage | null> {
  let page = await listNotices(store, query);
  for (let looked = 1; looked < PAGES_LOOKED_AT_MAX; looked++) {
    if (!page || page.notices.length > 0 || page.nextCursor === null) break;
    page = await listNotices(store, { ...query, cursor: page.nextCursor });
  }
  return page;
}

async function postRead(
  c: Context<AppEnv>,
  { deps, id }: { deps: AppDeps; id: string },
): Promise<Response> {
  const outcome = id.length > ID_LENGTH_MAX
    ? { status: "notice_not_found" as const }
    : await readNotice(deps, id);
  if (outcome.status === "notice_not_found") {
    const action = { href: PATH, label: "All notices" };
    return showMissing(c, {
      deps,
      title: "Notice",
      text: "There is no notice of this id.",
      action,
    });
  }
  const flash = { text: "Marked as read.", tone: "positive" as const };
  return redirectWith(c, { to: PATH, flash });
}

async function postEveryRead(c: Context<AppEnv>, deps: AppDeps): Promise<Response> {
  const count = await readEveryNotice(deps);
  const flash = { text: `${formatCount(count)} marked as read.`, tone: "positive" as const };
  return redirectWith(c, { to: PATH, flash });
}

function NoticeFilter({ query: { kinds, isUnread } }: { query: NoticeQuery }): JSX.Element {
  const options = [
    { value: "", label: "Any" },
    ...NOTICE_KINDS.map((value) => ({ value, label: stateWord(value) })),
  ];
  const readOptions = [{ value: "", label: "Read and unread" }, { value: "yes", label: "Unread" }];
  return (
    <FilterForm action={PATH} clearHref={kinds || isUnread ? PATH : undefined}>
      <SelectField name="kind" label="Kind" value={kinds?.[0]} options={options} />
      <SelectField
        name="unread"
        label="Read"
        value={isUnread ? "yes" : ""}
        options={readOptions}
      />
    </FilterForm>
  );
}

interface NoticeListProps {
  page: NoticePage | null;
  place: Place;
  mayChange: boolean;
}

function NoticeList({ page, place, mayChange }: NoticeListProps): JSX.Element {
  if (!page || page.notices.length === 0) return <NoNotices page={page} place={place} />;
  const hasAction = mayChange && page.notices.some(({ readAtMs }) => readAtMs === null);
  const action = hasAction ? [{ key: "action" as const, label: "Action" }] : [];
  return (
    <>
      <Table
        caption="Notices, newest first"
        columns={[
          { key: "at", label: "Time" },
          { key: "kind", label: "Kind" },
          { key: "what", label: "What happened", kind: "text" },
          { key: "state", label: "Read" },
          ...action,
        ]}
        rows={page.notices.map(noticeCells)}
      />
      <Pager place={place} nextCursor={page.nextCursor} />
    </>
  );
}

function noticeCells(notice: Notice): Record<"at" | "kind" | "what" | "state" | "action", Child> {
  const isUnread = notice.readAtMs === null;
  return {
    at: <TimeText atMs={notice.atMs} timeZone={ADMIN_TIME_ZONE} precision="minute" />,
    kind: stateWord(notice.kind),
    what: (
      <>
        <a href={safeUrl(notice.link)}>
          {isUnread ? <strong>{notice.title}</strong> : notice.title}
        </a>
        <br />
        {notice.detail}
      </>
    ),
    state: isUnread
      ? <Badge state="unread" tone="active" />
      : <TimeText atMs={notice.readAtMs} timeZone={ADMIN_TIME_ZONE} precision="minute" />,
    action: isUnread && (
      <PostButton action={`${PATH}/${encodeURIComponent(notice.id)}/reads`}>
        Mark as read <span class="unseen">{notice.title}</span>
      </PostButton>
    ),
  };
}

function NoNotices({ page, place }: Pick<NoticeListProps, "page" | "place">): JSX.Element {
  if (!page) {
    return (
      <EmptyState
        kind="could_not_load"
        text="The address names a place in the list that does not exist."
        action={{ href: linkWith(place), label: "First page" }}
      />
    );
  }
  if (page.nextCursor !== null) {
    const href = linkWith(place, { cursor: page.nextCursor });
    return (
      <EmptyState
        kind="nothing_found"
        title="Nothing so far"
        text="None of the notices looked at matches. There are older ones."
        action={{ href, label: "Look further back" }}
      />
    );
  }
  return place.query.size > 0
    ? <EmptyState kind="nothing_found" action={{ href: PATH, label: "Clear the filter" }} />
    : (
      <EmptyState
        kind="nothing_yet"
        text="A low balance, calls that wait for funds, a carrier that cannot be read: it is told here."
        action={{ href: "/admin", label: "Overview" }}
      />
    );
}
