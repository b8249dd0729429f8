/**
 * The simulated Twilio's paths: who may ask, what is counted, what goes wrong.
 *
 * @module
 */
import { type Context, Hono, type Next } from "hono";
import type { Clock } from "../../../clock.ts";
import { renderCallRow, type SimulatedCall } from "./call.ts";
import { answerError, answerJson, takeFault, type TwilioFaults } from "./faults.ts";
import { renderMessageRow, type SimulatedMessage } from "./message.ts";
import { renderPage } from "./page.ts";
import type { ListedThing, RowList } from "./row_list.ts";

/** Requests so far, refused ones included. */
export interface TwilioRequestCount {
  /** A page of calls. */
  callList: number;
  /** One call. */
  call: number;
  /** A page of messages. */
  messageList: number;
  /** One message. */
  message: number;
}

/** What {@link createApp} answers from. */
export interface AppDeps {
  /** The present. */
  clock: Clock;
  /** Whose account this is. */
  account: { accountSid: string; authToken: string };
  /** The knobs. */
  faults: TwilioFaults;
  /** The truth. */
  calls: RowList<SimulatedCall>;
  /** See {@link AppDeps.calls}. */
  messages: RowList<SimulatedMessage>;
  /** Counted up. */
  requestCount: TwilioRequestCount;
}

/** `/2010-04-01/Accounts/…`: calls and messages, listed and one by one. */
export function createApp(
  deps: AppDeps,
): { fetch: (request: Request) => Response | Promise<Response> } {
  const { clock, calls, messages } = deps;
  const { accountSid } = deps.account;
  const app = new Hono().basePath("/2010-04-01/Accounts");
  app.use("/*", (c, next) => guard(deps, { c, next }));
  serveRows(app, {
    deps,
    folder: "Calls",
    list: calls,
    windowName: "StartTime>",
    render: (call) => renderCallRow({ call, accountSid, nowMs: clock.now() }),
  });
  serveRows(app, {
    deps,
    folder: "Messages",
    list: messages,
    windowName: "DateSent>",
    render: (message) => renderMessageRow({ message, accountSid, nowMs: clock.now() }),
  });
  app.notFound(() => answerError(404));
  return app;
}

async function guard(
  { clock, faults, requestCount, account }: AppDeps,
  { c, next }: { c: Context; next: Next },
): Promise<Response | void> {
  const kind = kindOf(c.req.path);
  if (kind) requestCount[kind] += 1;
  if (faults.slowMs > 0) await clock.sleep(faults.slowMs);
  const fault = takeFault(faults);
  if (fault) return fault;
  const { accountSid, authToken } = account;
  const told = c.req.header("authorization");
  if (told !== `Basic ${btoa(`${accountSid}:${authToken}`)}`) return answerError(401);
  if (!c.req.path.startsWith(`/2010-04-01/Accounts/${accountSid}/`)) return answerError(404);
  await next();
}

function kindOf(path: string): keyof TwilioRequestCount | null {
  const [, folder, rest] = /\/(Call|Message)s(\.json$|\/)/.exec(path) ?? [];
  if (folder === undefined) return null;
  const isList = rest === ".json";
  if (folder === "Call") return isList ? "callList" : "call";
  return isList ? "messageList" : "message";
}

interface Served<Thing extends ListedThing> {
  deps: AppDeps;
  folder: "Calls" | "Messages";
  list: RowList<Thing>;
  windowName: "StartTime>" | "DateSent>";
  render: (thing: Thing) => Record<string, unknown>;
}

/** `/:account/Calls.json` and `/:account/Calls/:sid.json`. */
function serveRows<Thing extends ListedThing>(
  app: Hono,
  { deps, folder, list, windowName, render }: Served<Thing>,
): void {
  const { clock, faults } = deps;
  const member = folder === "Calls" ? "calls" : "messages";
  app.get(`/:account/${folder}.json`, (c) => {
    const query = c.req.query();
    if (faults.failAtPage !== null && query.Page === String(faults.failAtPage)) {
      return answerError(500);
    }
    const nowMs = clock.now();
    const path = c.req.path;
    const page = renderPage({ list, faults, render }, { path, member, windowName, query, nowMs });
    return page ? answerJson(faults, page) : answerError(400);
  });
  app.get(`/:account/${folder}/:file`, (c) => {
    const thing = list.get(c.req.param("file")?.replace(/\.json$/, "") ?? "");
    const isThere = thing !== null && thing.visibleAtMs <= clock.now();
    return isThere ? answerJson(faults, render(thing)) : answerError(404);
  });
}
