/**
 * The simulated switch's one address: who may ask, what is counted, what goes wrong.
 *
 * @module
 */
import { Hono } from "hono";
import type { Clock } from "../../../clock.ts";
import { decodeCall } from "../xml_rpc/decode.ts";
import { encodeAnswer, encodeFault, type EncodeOutcome } from "../xml_rpc/encode.ts";
import { structOf, type XmlRpcValue } from "../xml_rpc/value.ts";
import type { Books } from "./books.ts";
import { type SippyFault, type SippyFaults, takeSippyFault } from "./faults.ts";
import type { Login } from "./login.ts";
import { movesMoney, runMethod } from "./methods.ts";

/** Requests so far, refused ones included. */
export interface SippyRequestCount {
  /** Without credentials. */
  unsigned: number;
  /** `accountDebit`, with credentials. */
  debit: number;
  /** Any other method, with credentials. */
  other: number;
}

/** What {@link createSippyApp} answers from. */
export interface SippyAppDeps {
  /** The present, and what slow answers wait on. */
  clock: Clock;
  /** A number in [0, 1), for faults. */
  random: () => number;
  /** The knobs. */
  faults: SippyFaults;
  /** The truth. */
  books: Books;
  /** Who may ask. */
  login: Login;
  /** Counted up. */
  requestCount: SippyRequestCount;
  /** Cancels executions that are still to come. */
  pending: Set<() => void>;
}

/** `POST /xmlapi/xmlapi`, and nothing else. */
export function createSippyApp(
  deps: SippyAppDeps,
): { fetch: (request: Request) => Response | Promise<Response> } {
  const app = new Hono();
  app.post("/xmlapi/xmlapi", async (c) => {
    const { pathname, search } = new URL(c.req.url);
    const authorization = c.req.header("authorization") ?? null;
    return await answer(deps, { body: await c.req.text(), authorization, uri: pathname + search });
  });
  app.notFound(() => html(404, "Not Found"));
  return app;
}

interface Asked {
  body: string;
  authorization: string | null;
  /** Path and query. */
  uri: string;
}

async function answer(deps: SippyAppDeps, asked: Asked): Promise<Response> {
  const { faults, login } = deps;
  const decoded = decodeCall(asked.body);
  const call = decoded.status === "call"
    ? { method: decoded.method, parameters: decoded.parameters[0] ?? structOf({}) }
    : null;
  count(deps, asked.authorization === null ? "unsigned" : call?.method);
  if (asked.authorization === null) {
    if (!faults.trustsCaller) return challenge(login, false);
    return call ? run(deps, call) : xml(encodeFault({ faultCode: 400, faultString: "no call" }));
  }
  const { authorization, uri } = asked;
  const standing = login.verify({ authorization, method: "POST", uri });
  if (standing !== "signed_in") return challenge(login, standing === "stale");
  if (!call) return xml(encodeFault({ faultCode: 400, faultString: "no call" }));
  const plan = movesMoney(call.method) ? faults.money : faults.lookups;
  const fault = takeSippyFault(plan, deps.random);
  return fault === null ? run(deps, call) : await fail(deps, { fault, call });
}

function count({ requestCount }: SippyAppDeps, what: string | undefined): void {
  if (what === "unsigned") requestCount.unsigned += 1;
  else if (what === "accountDebit") requestCount.debit += 1;
  else requestCount.other += 1;
}

type Call = { method: string; parameters: XmlRpcValue };

function run(deps: SippyAppDeps, call: Call): Response {
  const outcome = runMethod(deps, call);
  return xml(outcome.status === "done" ? encodeAnswer(outcome.value) : encodeFault(outcome));
}

async function fail(
  deps: SippyAppDeps,
  { fault, call }: { fault: SippyFault; call: Call },
): Promise<Response> {
  const { clock, faults, login, pending } = deps;
  switch (fault) {
    case "wrong_password":
      return challenge(login, false);
    case "stale_nonce":
      return challenge(login, true);
    case "fault":
      return xml(encodeFault({ faultCode: 500, faultString: "internal error" }));
    case "html_502":
      return html(502, "Bad Gateway");
    case "lost":
      return broken();
    case "late": {
      const cancel = clock.after(faults.lateMs, () => {
        pending.delete(cancel);
        run(deps, call);
      });
      pending.add(cancel);
      return broken();
    }
  }
  const response = run(deps, call);
  if (fault === "html_502_executed") return html(502, "Bad Gateway");
  if (fault === "dropped") return broken();
  if (fault === "slow") await clock.sleep(faults.slowMs);
  const text = await response.text();
  const length = { empty: 0, truncated: Math.floor(text.length / 2), slow: text.length }[fault];
  return new Response(text.slice(0, length), response);
}

function challenge(login: Login, isStale: boolean): Response {
  const headers = login.challenge(isStale);
  headers.set("content-type", "text/html");
  return new Response("<html><body>401 Unauthorized</body></html>", { status: 401, headers });
}

function xml(encoded: EncodeOutcome): Response {
  if (encoded.status === "not_encodable") return html(500, "Internal Server Error");
  return new Response(encoded.xml, { headers: { "content-type": "text/xml; charset=utf-8" } });
}

function html(status: number, title: string): Response {
  const headers = { "content-type": "text/html; charset=utf-8" };
  return new Response(`<html><head><title>${title}</title></head></html>`, { status, headers });
}

// Promises more than it holds: a server must cut the connection, and says nothing about it, while a
// body that fails is printed by the runtime. Who is handed the Response itself reads cut XML.
function broken(): Response {
  const body = new ReadableStream({
    pull: (controller) => {
      controller.enqueue(Uint8Array.of(60));
      controller.close();
    },
  });
  const headers = { "content-type": "text/xml; charset=utf-8", "content-length": "1024" };
  return new Response(body, { headers });
}
