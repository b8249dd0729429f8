/**
 * `/admin/calls` and `/admin/calls/:id`.
 *
 * Goes to: `routes/pages/calls.tsx`, `routes/pages/call.tsx`, `routes/pages/frame.tsx`.
 *
 * @module
 */
import { type Context, Hono } from "hono";
import type { Child } from "hono/jsx";
import { formatInstant } from "../../core/clock.ts";
import { StoreUnavailable } from "../../core/kv/store.ts";
import type { AppEnv } from "../caller.ts";
import type { AppDeps } from "../deps.ts";
import { AccountChooser, listChoices } from "./unassigned_usage/account_chooser.tsx";
import { CALLS_PATH } from "./call/filter.tsx";
import { CallPage, type CallView, readCall } from "./call.tsx";
import { CallsAway, CallsPage, readCalls } from "./calls.tsx";
import { mayChange, showMissing, showPage } from "./frame.tsx";

/** No id of ours is longer, and a longer one fits no key of the database. */
const ID_LENGTH_MAX = 200;

/** The list of calls and the page of each. */
export function callPages(deps: AppDeps): Hono<AppEnv> {
  return new Hono<AppEnv>()
    .get(CALLS_PATH, (c) => showCalls(c, deps))
    .get(`${CALLS_PATH}/:id`, (c) => showCall(c, { deps, callId: c.req.param("id") }));
}

async function showCalls(c: Context<AppEnv>, deps: AppDeps): Promise<Response> {
  const params = new URL(c.req.url).searchParams;
  try {
    const view = await readCalls(deps, params);
    const isInvalid = view.filter.errors.length > 0;
    const status = isInvalid ? 422 : view.isCursorGood ? 200 : 400;
    return showPage(c, { deps, title: "Calls", body: <CallsPage view={view} />, status });
  } catch (error) {
    if (!(error instanceof StoreUnavailable)) throw error;
    deps.log("error", "The calls could not be read", { error });
    const body = <CallsAway place={{ path: CALLS_PATH, query: params }} />;
    return showPage(c, { deps, title: "Calls", body, status: 503 });
  }
}

async function showCall(
  c: Context<AppEnv>,
  { deps, callId }: { deps: AppDeps; callId: string },
): Promise<Response> {
  const view = callId.length > ID_LENGTH_MAX ? null : await readCall(deps, callId);
  if (!view) {
    return showMissing(c, {
      deps,
      title: "Call",
      text: "We never heard of a call of this id.",
      action: { href: CALLS_PATH, label: "All calls" },
    });
  }
  const may = mayChange(c);
  const form = may && view.numbers.length > 0 ? await assignForm(deps, view) : null;
  const body = <CallPage view={view} form={form} mayChange={may} />;
  return showPage(c, { deps, title: "Call", body });
}

async function assignForm(
  { store }: AppDeps,
  { one: { call } }: CallView,
): Promise<(number: { number: string }) => Child> {
  const choices = await listChoices(store);
  const from = formatInstant(call.startedAtMs);
  return ({ number }) => <AccountChooser {...{ number, from, choices }} />;
}
