/**
 * SMS billing through the app, asked at any address as programs and people ask it; every good answer is
 * held against its description.
 *
 * Goes to: `tests/support/app.ts`, `tests/routes/api/served_api.ts`.
 *
 * @module
 */
import assert from "node:assert/strict";
import { makeApiKey } from "../../../core/accounts/api_keys.ts";
import { listDocs } from "../../../routes/openapi.ts";
import { type AppWorld, openApp, SECRETS } from "../../support/app.ts";
import { STRANGER } from "../../support/world.ts";
import {
  type Answer,
  expectJson,
  expectProblem,
  type Parsed,
  type Question,
} from "./served_api.ts";

/** The app and what tests ask of it. */
export interface SmsApi {
  world: AppWorld;
  /** `"POST /api/v1/sms/usage"`; the admin's key unless `as` says otherwise, nobody's when null. */
  ask(line: string, question?: Question): Promise<Answer>;
  /** The token of a fresh key of an account. */
  keyOf(accountId: string): Promise<string>;
  [Symbol.dispose](): void;
}

/** Opens the app over the named world. */
export async function openSmsApi(): Promise<SmsApi> {
  const world = await openApp();
  return {
    world,
    ask: (line, question = {}) => ask(world, { line, ...question }),
    keyOf: async (accountId) => {
      const made = await makeApiKey(world.deps, { accountId, name: "a test", actor: "test" });
      assert(made.status === "api_key_made");
      return made.key;
    },
    [Symbol.dispose]: () => world.close(),
  };
}

/** A message as the reseller's code reports it: one segment of `acme` for 0.50. */
export function message(messageId: string, told: Record<string, unknown> = {}): Parsed {
  return { messageId, accountId: "acme", to: STRANGER, segments: 1, cost: "0.50", ...told };
}

/** Reports messages, and expects that all were counted. */
export async function reportAll(api: SmsApi, ...messages: Parsed[]): Promise<Parsed> {
  return expectJson(await api.ask("POST /api/v1/sms/usage", { body: { messages } }), 201);
}

/** Sets the terms of an account, or of the installation, as they are to be. */
export async function putTerms(
  api: SmsApi,
  terms: Record<string, unknown>,
  account?: string,
): Promise<Parsed> {
  const path = `/api/admin/sms/billing-settings${account ? `?account=${account}` : ""}`;
  const { headers } = await api.ask(`GET ${path}`);
  const put = await api.ask(`PUT ${path}`, {
    body: terms,
    headers: { "if-match": headers.get("etag")! },
  });
  return expectJson(put, 200);
}

/** Moves to after the next daily boundary and closes what is due; answers the tally. */
export async function closeDay(api: SmsApi): Promise<Parsed> {
  api.world.clock.advance(24 * 3_600_000);
  return expectJson(await api.ask("POST /api/cron/process-sms-billing?type=daily"), 200);
}

/** The bills of an account, newest first. */
export async function billsOf(api: SmsApi, account = "acme"): Promise<Parsed[]> {
  const answer = await api.ask(`GET /api/admin/sms/billing?account=${account}`);
  return expectJson(answer, 200).bills;
}

/** A question, and the problem that comes back. */
export interface SmsRefusal extends Question {
  line: string;
  status: number;
  code: string;
  pointer?: string;
}

/** Asks each, and expects its problem and that no bill, message or setting was written. */
export async function expectSmsRefusals(api: SmsApi, refusals: SmsRefusal[]): Promise<void> {
  const rows = async () => {
    const all = await Array.fromAsync(api.world.kv.list({ prefix: [] }));
    return all.map(({ key, versionstamp }) => `${key.join("/")} ${versionstamp}`);
  };
  const before = await rows();
  for (const { line, status, code, pointer, ...question } of refusals) {
    expectProblem(await api.ask(line, question), { status, code, pointer });
    assert.deepEqual(await rows(), before, `${line} ${JSON.stringify(question.body)}`);
  }
}

async function ask(
  { app }: AppWorld,
  { line, body, headers = {}, as = SECRETS.ADMIN_API_KEY }: Question & { line: string },
): Promise<Answer> {
  const [method, path] = line.split(" ");
  const answer = await app.request(path!, {
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
  const { status } = answer;
  if (answer.ok) assertDescribed(app, { line: `${method} ${path}`, status, body: parsed });
  return {
    status,
    type: answer.headers.get("content-type"),
    body: parsed,
    headers: answer.headers,
  };
}

function assertDescribed(
  app: AppWorld["app"],
  { line, status, body }: { line: string; status: number; body: Parsed },
): void {
  const route = listDocs(app).find(({ method, path }) =>
    `${method} ${path}` === line.replace(/\?.*/, "")
  );
  const schema = route?.words.responses[status]?.schema;
  assert(schema, `${line} does not say that it answers ${status}`);
  assert.deepEqual(schema.parse(body), body);
}
