/**
 * The lock on every door: finds the row of the route that would answer, and lets in who is in it.
 *
 * It looks at the routes that really matched, not at the path once more, so the lock and the door
 * cannot differ about an odd spelling. A route without a row answers nobody.
 *
 * Goes to: `routes/access.ts`, `routes/identify.ts`, `routes/rate_limits.ts`.
 *
 * @module
 */
import type { Context, MiddlewareHandler } from "hono";
import { matchedRoutes } from "hono/route";
import { type AccessRow, type CallerKind, findAccess, kindOf } from "./access.ts";
import { type AppEnv, type Caller, ownAccountId } from "./caller.ts";
import type { AppDeps } from "./deps.ts";
import { answerError, wantsPage } from "./error_page.tsx";
import { identify, type Identity } from "./identify.ts";
import { problem } from "./problem.ts";
import { createRateLimits, type RateVerdict } from "./rate_limits.ts";

/** Callers the middleware does not ask: the route itself does, or nobody. */
const UNASKED: readonly CallerKind[] = ["anyone", "carrier", "monitor"];

/** No part of a path is longer: carriers' ids have 200 letters at most. */
const PATH_PART_CHARS_MAX = 300;

/** Decides who may go on; afterwards `c.var.caller` says who it is. */
export function authorize(deps: AppDeps): MiddlewareHandler<AppEnv> {
  const limits = createRateLimits(deps.clock);
  return async (c, next) => {
    const row = rowOf(c);
    if (!row || !mayNameThings(c.req.path)) return await c.notFound();
    if (row.callers.some((kind) => UNASKED.includes(kind))) return await next();
    const identity = await identify(deps, c);
    if (identity.status !== "known") return refuseStranger(c, { deps, row, identity });
    const refusal = refuseKnown(c, { deps, row, identity });
    if (refusal) return refusal;
    const rate = limits.count(identity.caller);
    if (rate?.isWithin === false) return refuseTooMany(c, rate);
    c.set("caller", identity.caller);
    await next();
    // Set before there is an answer, they would make it be built in a slower way.
    for (const name in rate?.headers) c.res.headers.set(name, rate.headers[name]!);
  };
}

/**
 * The row of the route that will answer; null when there is none.
 *
 * Where two routes match, as `/new` and `/:id` do, the first answers or hands on to the next one: only
 * who is in both rows comes in.
 */
export function rowOf(c: Context<AppEnv>): AccessRow | null {
  // Middleware is registered for every method; what answers is registered for one.
  const routes = matchedRoutes(c).filter(({ method }) => method !== "ALL");
  const [row, ...others] = routes.map(findAccess);
  if (!row) return null;
  const callers = row.callers.filter((kind) =>
    others.every((other) => other?.callers.includes(kind))
  );
  return callers.length > 0 ? { ...row, callers } : null;
}

/** Whether every part of the path could be an id of ours, and so part of a key of the database. */
function mayNameThings(path: string): boolean {
  return !path.includes("\u0000") && !path.includes("%00") &&
    path.split("/").every((part) => part.length <= PATH_PART_CHARS_MAX);
}

function refuseStranger(
  c: Context<AppEnv>,
  { deps, row, identity }: { deps: AppDeps; row: AccessRow; identity: Identity },
): Response {
  if (row.isPage && c.req.method === "GET" && wantsPage(c)) {
    const isPortal = row.callers.includes("account_person");
    return c.redirect(isPortal ? "/portal/open" : "/login", 303);
  }
  const unset = unsetSecrets(deps, row);
  if (unset) return problem(c, { code: "not_configured", detail: `${unset} is not set` });
  const fault = identity.status === "wrong_token" ? ', error="invalid_token"' : "";
  return problem(c, {
    code: "unauthorized",
    headers: { "www-authenticate": `Bearer realm="tollkeeper"${fault}` },
  });
}

/**
 * The secrets that would open this door to a program, when not one of them is set: then no token can
 * be right, and the door is closed rather than guarded. Null when one is set, or people alone come in.
 */
function unsetSecrets({ config }: AppDeps, row: AccessRow): string | null {
  const secrets = [
    { kind: "scheduler", name: "CRON_SECRET", value: config.cronSecret },
    { kind: "admin_program", name: "ADMIN_API_KEY", value: config.adminApiKey },
  ].filter(({ kind }) => row.callers.some((caller) => caller === kind));
  if (secrets.length === 0 || secrets.some(({ value }) => value !== null)) return null;
  return secrets.map(({ name }) => name).join(" or ");
}

type Known = Extract<Identity, { status: "known" }>;

function refuseKnown(
  c: Context<AppEnv>,
  { deps, row, identity }: { deps: AppDeps; row: AccessRow; identity: Known },
): Response | null {
  const { caller, by } = identity;
  if (!row.callers.includes(kindOf(caller))) return answerError(deps, { c, code: "forbidden" });
  if (isForeign(c, { row, caller })) return problem(c, { code: "account_not_found" });
  // A form is what a page of ours sends; anything else with a cookie was sent by somebody's script.
  if (by === "cookie" && !isSafe(c.req.method) && !isForm(c)) {
    return problem(c, {
      code: "unsupported_media_type",
      detail: "A session changes by forms only.",
    });
  }
  return null;
}

/** Whether the path names an account that the caller is not. */
function isForeign(
  c: Context<AppEnv>,
  { row, caller }: { row: AccessRow; caller: Caller },
): boolean {
  const own = ownAccountId(caller);
  if (own === null || !row.path.includes("/accounts/:id")) return false;
  const place = row.path.split("/").indexOf(":id");
  return c.req.path.split("/")[place] !== own;
}

const isSafe = (method: string): boolean => method === "GET" || method === "HEAD";

function isForm(c: Context<AppEnv>): boolean {
  const type = c.req.header("content-type") ?? "";
  return /^(application\/x-www-form-urlencoded|multipart\/form-data)\s*(;|$)/i.test(type);
}

function refuseTooMany(c: Context<AppEnv>, rate: RateVerdict): Response {
  const headers = { ...rate.headers, "retry-after": String(rate.retryAfterSeconds) };
  return problem(c, { code: "rate_limited", headers });
}
