/**
 * The list of webhook deliveries: what a carrier sent us, what became of it, and processing it again.
 *
 * Goes to: `core/jobs/inbox.ts`.
 *
 * @module
 */
import { type Context, Hono } from "hono";
import type { Child } from "hono/jsx";
import type { JSX } from "hono/jsx/jsx-runtime";
import {
  type EventQuery,
  type InboxEvent,
  listEvents,
  replayEvent,
} from "../../core/jobs/inbox.ts";
import type { Page } from "../../core/kv/page.ts";
import type { Store } from "../../core/kv/store.ts";
import { CARRIERS } from "../api/shapes/call.ts";
import { EVENT_STATES } from "../api/shapes/work.ts";
import type { AppEnv } from "../caller.ts";
import type { AppDeps } from "../deps.ts";
import { Badge } from "./badge.tsx";
import { EmptyState, PageHead, Pager } from "./components.tsx";
import { SelectField } from "./fields.tsx";
import { formatCount } from "./format.ts";
import { FilterForm, PostButton } from "./forms.tsx";
import { ADMIN_TIME_ZONE, mayChange, redirectWith, showMissing, showPage } from "./frame.tsx";
import { linkWith, type Place } from "./links.ts";
import { stateWord } from "./strings.ts";
import { Table } from "./table.tsx";
import { TimeText } from "./values.tsx";

const PATH = "/admin/events";
const PAGE_ROWS = 50;
const ID_LENGTH_MAX = 200;
/** Pages looked through for one answer when a filter leaves little of each. */
const PAGES_LOOKED_AT_MAX = 40;

/** `/admin/events` and the button that processes one again. */
export function eventPages(deps: AppDeps): Hono<AppEnv> {
  return new Hono<AppEnv>()
    .get(PATH, (c) => showEvents(c, deps))
    .post(`${PATH}/:id/replays`, (c) => postReplay(c, { deps, eventId: c.req.param("id") }));
}

async function showEvents(c: Context<AppEnv>, deps: AppDeps): Promise<Response> {
  const place: Place = { path: PATH, query: new URL(c.req.url).searchParams };
  const query: EventQuery = {
    carrier: CARRIERS.find((one) => one === place.query.get("carrier")),
    state: EVENT_STATES.find((one) => one === place.query.get("state")),
    cursor: place.query.get("cursor") ?? undefined,
    limit: PAGE_ROWS,
  };
  const page = await findEvents(deps.store, query);
  const body = (
    <>
      <PageHead
        title="Events"
        lead="Webhook deliveries whose signature was right, each kept once. Times are UTC."
      />
      <EventFilter query={query} />
      <EventList page={page} place={place} mayChange={mayChange(c)} />
    </>
  );
  return showPage(c, { deps, title: "Events", body, status: page ? 200 : 400 });
}

/** A page of events; with a filter that leaves little, further pages until there is something. */
async function findEvents(store: Store, query: EventQuery): Promise<Page<InboxEvent> | null> {
  let page = await listEvents(store, query);
  for (let looked = 1; looked < PAGES_LOOKED_AT_MAX; looked++) {
    if (!page || page.rows.length > 0 || page.nextCursor === null) break;
    page = await listEvents(store, { ...query, cursor: page.nextCursor });
  }
  return page;
}

async function postReplay(
  c: Context<AppEnv>,
  { deps, eventId }: { deps: AppDeps; eventId: string },
): Promise<Response> {
  const outcome = eventId.length > ID_LENGTH_MAX
    ? { status: "event_not_found" as const }
    : await replayEvent(deps, eventId);
  if (outcome.status === "event_not_found") {
    return showMissing(c, {
      deps,
      title: "Event",
      text: "There is no event of this id.",
      action: { href: PATH, label: "All events" },
    });
  }
  deps.actions.nudge();
  const text = `The event ${outcome.event.carrierEventId} is processed again now.`;
  return redirectWith(c, { to: PATH, flash: { text, tone: "positive" } });
}

function EventFilter({ query: { carrier, state } }: { query: EventQuery }): JSX.Element {
  const choices = (values: readonly string[]) => [
    { value: "", label: "Any" },
    ...values.map((value) => ({ value, label: stateWord(value) })),
  ];
  return (
    <FilterForm action={PATH} clearHref={carrier || state ? PATH : undefined}>
      <SelectField name="carrier" label="Carrier" value={carrier} options={choices(CARRIERS)} />
      <SelectField name="state" label="State" value={state} options={choices(EVENT_STATES)} />
    </FilterForm>
  );
}

interface EventListProps {
  page: Page<InboxEvent> | null;
  place: Place;
  mayChange: boolean;
}

function EventList({ page, place, mayChange }: EventListProps): JSX.Element {
  if (!page || page.rows.length === 0) return <NoEvents page={page} place={place} />;
  const action = mayChange ? [{ key: "action" as const, label: "Action" }] : [];
  return (
    <>
      <Table
        caption="Webhook deliveries, newest first"
        columns={[
          { key: "received", label: "Received" },
          { key: "delivery", label: "What, and the carrier's id" },
          { key: "state", label: "State" },
          ...action,
          { key: "reason", label: "Reason", kind: "text" },
          { key: "attempts", label: "Attempts", kind: "number" },
        ]}
        rows={page.rows.map(({ value: event }) => eventCells(event))}
      />
      <Pager place={place} nextCursor={page.nextCursor} />
    </>
  );
}

function eventCells(
  event: InboxEvent,
): Record<"received" | "delivery" | "state" | "attempts" | "reason" | "action", Child> {
  const replay = `${PATH}/${encodeURIComponent(event.id)}/replays`;
  return {
    received: <TimeText atMs={event.receivedAtMs} timeZone={ADMIN_TIME_ZONE} precision="minute" />,
    delivery: (
      <>
        {event.carrier} {event.kind}
        <br />
        <code>{event.carrierEventId}</code>
      </>
    ),
    state: <Badge state={event.state} />,
    attempts: formatCount(event.attempts),
    reason: event.reason ?? "",
    action: event.state === "received" ? null : <PostButton action={replay}>Replay</PostButton>,
  };
}

function NoEvents({ page, place }: Pick<EventListProps, "page" | "place">): JSX.Element {
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
        text="None of the deliveries looked at matches. There are older ones."
        action={{ href, label: "Look further back" }}
      />
    );
  }
  return place.query.size > 0
    ? <EmptyState kind="nothing_found" action={{ href: PATH, label: "Clear the filter" }} />
    : (
      <EmptyState
        kind="nothing_yet"
        text="Deliveries appear here once a carrier is given the address of its webhook."
        action={{ href: "/docs", label: "The addresses" }}
      />
    );
}
