/**
 * `/admin/reconciliation`: each carrier's days held against the carrier's own records, to the cent.
 *
 * Goes to: `core/billing/reconciliation.ts`, `core/billing/close_item.ts`, `routes/pages/reconciliation/day_panel.tsx`,
 * `routes/pages/reconciliation/run_form.tsx`.
 *
 * @module
 */
import { type Context, Hono } from "hono";
import type { JSX } from "hono/jsx/jsx-runtime";
import { z } from "zod";
import { closeItem } from "../../core/billing/close_item.ts";
import { listReconciliations, type Reconciliation } from "../../core/billing/reconciliation.ts";
import { DAY_MS, utcDay } from "../../core/clock.ts";
import type { AppEnv } from "../caller.ts";
import { listDebitComparisons } from "../../core/sms_billing/compare_debits.ts";
import type { AppDeps } from "../deps.ts";
import { EmptyState, PageHead, Pager } from "./components.tsx";
import { formatCount } from "./format.ts";
import { PostButton } from "./forms.tsx";
import { actorOf, mayChange, redirectWith, showPage } from "./frame.tsx";
import { linkWith, type Place } from "./links.ts";
import { type FormOutcome, readForm } from "./read_form.ts";
import { NOTE_CHARS_MAX } from "./reconciliation/items_panel.tsx";
import { Counts, dayHref, DayPanel, StateBadge } from "./reconciliation/day_panel.tsx";
import { DebitsPanel } from "./reconciliation/debits_panel.tsx";
import { CARRIERS, nameOf, PATH, RunForm } from "./reconciliation/run_form.tsx";
import { Table } from "./table.tsx";

const PAGE_ROWS = 30;
/** Days of debits at Sippy that are shown. */
const DEBIT_DAYS = 7;
/** Loads the page again while a day is read, where JavaScript is off. */
const REFRESH_SECONDS = 10;

/** `GET` and `POST /admin/reconciliation`. */
export function reconciliationPages(deps: AppDeps): Hono<AppEnv> {
  return new Hono<AppEnv>()
    .get(PATH, (c) => showReconciliations(c, deps))
    .post(PATH, (c) => postRun(c, deps));
}

const filterSchema = z.object({
  carrier: z.enum(CARRIERS).optional().catch(undefined),
  day: z.iso.date().optional().catch(undefined),
  cursor: z.string().optional(),
});

async function showReconciliations(c: Context<AppEnv>, deps: AppDeps): Promise<Response> {
  const place: Place = { path: PATH, query: new URL(c.req.url).searchParams };
  const query = filterSchema.parse(Object.fromEntries(place.query));
  const page = await listReconciliations(deps.store, { ...query, limit: PAGE_ROWS });
  const debits = (await listDebitComparisons(deps.store, { limit: DEBIT_DAYS }))?.rows ?? [];
  const one = query.carrier && query.day ? page?.rows[0] ?? null : null;
  const yesterday = utcDay(deps.clock.now() - DAY_MS);
  const on = CARRIERS.filter((carrier) => deps.config[carrier]);
  const canRun = mayChange(c) && on.length > 0;
  const body = (
    <>
      <PageHead
        title={one ? `${nameOf(one.carrier)}, ${one.day}` : "Reconciliation"}
        above={one ? { href: PATH, label: "Reconciliation" } : undefined}
        actions={canRun && one && (
          <PostButton action={PATH} hidden={{ carrier: one.carrier, day: one.day }}>
            Compare again
          </PostButton>
        )}
        lead="Our calls and messages held against the carrier's own records, day by day in UTC."
      />
      {one
        ? <DayPanel found={one} mayClose={mayChange(c)} />
        : <DayList page={page} place={place} hasCarrier={on.length > 0} />}
      {!one && <DebitsPanel days={debits} />}
      {canRun && !one && <RunForm carriers={on} chosen={query} day={yesterday} />}
    </>
  );
  const isPending = one?.state === "pending";
  return showPage(c, {
    deps,
    title: "Reconciliation",
    body,
    status: page ? 200 : 400,
    refreshSeconds: isPending ? REFRESH_SECONDS : undefined,
  });
}

const runForm = z.object({
  carrier: z.enum(CARRIERS),
  day: z.iso.date(),
  /** With a note: the item that is closed by it. */
  callId: z.string().max(256).optional(),
  note: z.string().max(NOTE_CHARS_MAX).optional(),
});

async function postRun(c: Context<AppEnv>, deps: AppDeps): Promise<Response> {
  const form = await readForm(c, runForm);
  if (form.typed.callId !== undefined) return await postClosing(c, { deps, form });
  const isPast = form.status === "read" && form.values.day <= utcDay(deps.clock.now());
  if (form.status === "invalid" || !isPast) {
    const text = "Choose a carrier and a day that has begun. Nothing was compared.";
    return redirectWith(c, { to: PATH, flash: { text, tone: "negative" } });
  }
  const found = await deps.actions.reconcile({ ...form.values, actor: actorOf(c) });
  if (!found) {
    const text = `${nameOf(form.values.carrier)} is off. Nothing was compared.`;
    return redirectWith(c, { to: PATH, flash: { text, tone: "negative" } });
  }
  if (found.state === "pending") deps.actions.nudge();
  return redirectWith(c, { to: dayHref(found), flash: outcomeOf(found) });
}

async function postClosing(
  c: Context<AppEnv>,
  { deps, form }: { deps: AppDeps; form: FormOutcome<z.output<typeof runForm>> },
): Promise<Response> {
  if (form.status === "invalid" || !form.values.note) {
    const text = `Say why, in at most ${NOTE_CHARS_MAX} characters. Nothing was closed.`;
    const to = form.status === "invalid" ? PATH : dayHref(form.values);
    return redirectWith(c, { to, flash: { text, tone: "negative" } });
  }
  const { carrier, day, callId = "", note } = form.values;
  const { status } = await closeItem(deps, { carrier, day, callId, note, actor: actorOf(c) });
  const flash = status === "item_closed"
    ? { text: `${callId} is closed with your note.`, tone: "positive" as const }
    : { text: `${callId} is not open any more. Nothing was closed.`, tone: "negative" as const };
  return redirectWith(c, { to: dayHref({ carrier, day }), flash });
}

function outcomeOf(found: Reconciliation): { text: string; tone: "positive" | "negative" } {
  const name = `${nameOf(found.carrier)}, ${found.day}`;
  if (found.state === "failed") {
    return { text: `${name} could not be read: ${found.failure}.`, tone: "negative" };
  }
  if (found.state === "pending") {
    return { text: `${name} is being read; the carrier asks for time.`, tone: "positive" };
  }
  return found.openCount === 0
    ? { text: `${name} closes: every cent is settled or explained.`, tone: "positive" }
    : { text: `${name}: ${formatCount(found.openCount)} to look at.`, tone: "negative" };
}

function DayList(
  { page, place, hasCarrier }: {
    page: { rows: Reconciliation[]; nextCursor: string | null } | null;
    place: Place;
    hasCarrier: boolean;
  },
): JSX.Element {
  if (!page) {
    return (
      <EmptyState
        kind="could_not_load"
        text="The address names a place in the list that does not exist."
        action={{ href: linkWith(place), label: "First page" }}
      />
    );
  }
  if (page.rows.length === 0) {
    const text = hasCarrier
      ? "Every morning, the day before is compared. A day can be compared at once, too."
      : "No carrier is on, so there is nothing to compare.";
    return (
      <EmptyState kind="nothing_yet" text={text} action={{ href: "/billing", label: "Billing" }} />
    );
  }
  return (
    <>
      <Table
        caption="Reconciled days, newest first"
        columns={[
          { key: "day", label: "Day (UTC)" },
          { key: "carrier", label: "Carrier" },
          { key: "state", label: "State" },
          { key: "matched", label: "Matched", kind: "number" },
          { key: "oursOnly", label: "Ours only", kind: "number" },
          { key: "theirsOnly", label: "Theirs only", kind: "number" },
          { key: "different", label: "Different", kind: "number" },
          { key: "difference", label: "Difference", kind: "number" },
        ]}
        rows={page.rows.map((found) => ({
          day: <a href={dayHref(found)}>{found.day}</a>,
          carrier: nameOf(found.carrier),
          state: <StateBadge found={found} />,
          ...Counts(found),
        }))}
      />
      <Pager place={place} nextCursor={page.nextCursor} />
    </>
  );
}
