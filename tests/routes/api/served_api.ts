/**
 * The API over the named world, asked through the app as a program would ask it.
 *
 * Goes to: `tests/support/app.ts`.
 *
 * @module
 */
import assert from "node:assert/strict";
import {
  billDue,
  type BillingDeps,
  RELEASE_JOB,
  releaseWaiting,
} from "../../../core/billing/bill_due.ts";
import { CLAIM_JOB, claimCalls } from "../../../core/billing/claim_calls.ts";
import { recordCalls } from "../../../core/billing/record_calls.ts";
import { VERIFICATION_JOB, verifyLedgerJob } from "../../../core/billing/verify_ledger.ts";
import { type JobKinds, runJob } from "../../../core/jobs/run_jobs.ts";
import type { CallReport } from "../../../core/usage/call_usage.ts";
import type { AppDeps } from "../../../routes/deps.ts";
import { listDocs } from "../../../routes/openapi.ts";
import { type AppWorld, openApp, SECRETS } from "../../support/app.ts";

/** Parsed JSON: tests look into answers of every shape. */
export type Parsed = ReturnType<typeof JSON.parse>;

/** What came back. `body` is the parsed JSON, null when there is none. */
export interface Answer {
  status: number;
  type: string | null;
  body: Parsed;
  headers: Headers;
}

/** What to ask. `as` is a bearer token: the admin's unless given, nobody's when null. */
export interface Question {
  body?: unknown;
  headers?: Record<string, string>;
  as?: string | null;
}

/** The app and the world behind it. */
export interface ServedApi {
  deps: AppDeps;
  world: AppWorld;
  /** How often the routes asked for the background work to wake. */
  nudges(): number;
  ask(line: string, question?: Question): Promise<Answer>;
  /** Every row with its stamp: equal before and after exactly when nothing was written. */
  rows(): Promise<string[]>;
  [Symbol.dispose](): void;
}

/** Opens the app over a world in which jobs really run; the database may be wrapped. */
export async function serveApi(wrap?: (kv: Deno.Kv) => Deno.Kv): Promise<ServedApi> {
  const world = await openApp({
    ...(wrap ? { wrap } : {}),
    change: (deps) => ({
      actions: {
        ...deps.actions,
        runJob: (jobId) => runJob({ ...deps, kinds: jobKinds(deps) }, jobId),
      },
    }),
  });
  return {
    deps: world.appDeps,
    world,
    nudges: () => world.done.filter((one) => one === "nudge").length,
    ask: (line, question) => ask(world, { line, ...question }),
    rows: () => listRows(world.kv),
    [Symbol.dispose]: () => world.close(),
  };
}

function jobKinds(deps: BillingDeps): JobKinds {
  const done = { status: "done", result: {} } as const;
  return {
    [CLAIM_JOB]: {
      retryAfterMs: [1_000],
      run: async ({ unique }) => {
        await claimCalls(deps, { claim: unique, actor: "job" });
        return done;
      },
    },
    [RELEASE_JOB]: {
      retryAfterMs: [1_000],
      run: async ({ unique }) => {
        await releaseWaiting(deps, { accountId: unique, actor: "job" });
        return done;
      },
    },
    [VERIFICATION_JOB]: verifyLedgerJob(deps),
  };
}

async function ask(
  { app }: AppWorld,
  { line, body, headers = {}, as = SECRETS.ADMIN_API_KEY }: Question & { line: string },
): Promise<Answer> {
  const [method, path] = line.split(" ");
  const answer = await app.request(`/api/v1${path}`, {
    method: method!,
    headers: {
      ...(as === null ? {} : { authorization: `Bearer ${as}` }),
      ...(body === undefined ? {} : { "content-type": "application/json" }),
      ...headers,
    },
    ...(body === undefined ? {} : { body: typeof body === "string" ? body : JSON.stringify(body) }),
  });
  const text = await answer.text();
  const parsed: Parsed = text === "" ? null : JSON.parse(text);
  const { status, headers: answered } = answer;
  if (answer.ok) assertDocumented(app, { method: method!, path: path!, status, body: parsed });
  return { status, type: answered.get("content-type"), body: parsed, headers: answered };
}

/** Asserts that an answer is what the description of its route says, with no member besides. */
function assertDocumented(
  app: AppWorld["app"],
  { method, path, status, body }: { method: string; path: string; status: number; body: unknown },
): void {
  const parts = (text: string) => text.replace(/\?.*/, "").split("/");
  const asked = parts(`/api/v1${path}`);
  const route = listDocs(app).find((one) => {
    const place = parts(one.path);
    return one.method === method && place.length === asked.length &&
      place.every((part, i) => part.startsWith(":") || part === asked[i]);
  });
  const described = route?.words.responses[status];
  assert(described, `${method} ${path} does not say that it answers ${status}`);
  if (!described.schema) return assert.equal(body, null);
  assert.deepEqual(described.schema.parse(body), body);
}

async function listRows(kv: Deno.Kv): Promise<string[]> {
  const rows = await Array.fromAsync(kv.list({ prefix: [] }));
  return rows.map(({ key, versionstamp }) => `${key.join("/")} ${versionstamp}`);
}

/** Takes reports in and bills them, as a sync does. */
export async function bill({ deps }: ServedApi, ...reports: CallReport[]): Promise<void> {
  const intake = { sourceId: "bland:main", keyAccountId: null, atMs: deps.clock.now() };
  for (const carrier of new Set(reports.map((report) => report.carrier))) {
    const part = reports.filter((report) => report.carrier === carrier);
    await recordCalls(deps, { ...intake, carrier, reports: part });
  }
  await billDue(deps, { actor: "test" });
}

/** Asserts status, then content type, then hands out the body. */
export function expectJson(answer: Answer, status: number): Parsed {
  assert.equal(answer.status, status, JSON.stringify(answer.body));
  assert.equal(answer.type, "application/json");
  return answer.body;
}

/** Asserts a problem: status, then content type, then code, and where it points. */
export function expectProblem(
  answer: Answer,
  { status, code, pointer }: { status: number; code: string; pointer?: string | undefined },
): void {
  assert.equal(answer.status, status, JSON.stringify(answer.body));
  assert.equal(answer.type, "application/problem+json");
  assert.equal(answer.body.code, code);
  if (pointer === undefined) return;
  const errors: { pointer: string }[] = answer.body.errors;
  assert(
    errors.some((one) => one.pointer === pointer),
    JSON.stringify(answer.body),
  );
}

/** A refusal to expect: what is asked, and the problem that comes back. */
export interface Refused extends Question {
  line: string;
  status: number;
  code: string;
  pointer?: string;
}

/** Asks each, expects its problem, and that not one row was written. */
export async function expectRefusals(api: ServedApi, refusals: Refused[]): Promise<void> {
  const before = await api.rows();
  for (const { line, status, code, pointer, ...question } of refusals) {
    expectProblem(await api.ask(line, question), { status, code, pointer });
    assert.deepEqual(await api.rows(), before, `${line} ${JSON.stringify(question.body)}`);
  }
}
