/**
 * The API as its own description tells it: good and bad requests for every operation, from somebody
 * who may and somebody who may not. Nothing breaks, every answer is one that was announced, and the
 * books hold together afterwards.
 *
 * @module
 */
import assert from "node:assert/strict";
import fc from "fast-check";
import { listDocs, type RouteDoc } from "../../routes/openapi.ts";
import { PROBLEMS, problemShape } from "../../routes/problem.ts";
import { bill, serveApi, type ServedApi } from "../routes/api/served_api.ts";
import { ADMIN, bearer, keyOf, SECRETS } from "../support/app.ts";
import { reportOf } from "../support/call_report.ts";
import { checkBooks } from "../support/ledger.ts";
import {
  bent,
  conforming,
  HINTS,
  hostileValue,
  type JsonSchema,
} from "../support/schema_values.ts";
import { serveApp } from "../support/serve_app.ts";

interface Parameter {
  name: string;
  in: "path" | "query" | "header";
  required?: boolean;
  schema: JsonSchema;
}
interface Operation {
  method: string;
  path: string;
  words: RouteDoc;
  parameters: Parameter[];
  body: JsonSchema | null;
  who: string[];
}
interface Sent {
  operation: Operation;
  url: string;
  init: RequestInit;
  isAllowed: boolean;
}

async function readOperations({ world }: ServedApi): Promise<[Operation[], unknown]> {
  const document = await (await world.app.request("/openapi.json")).json();
  const operations = listDocs(world.app).map(({ method, path: pattern, words }) => {
    const path = pattern.replace(/:(\w+)(\{[^}]*\})?/g, "{$1}");
    const described = document.paths[path][method.toLowerCase()];
    return {
      method,
      path,
      words,
      parameters: described.parameters ?? [],
      body: described.requestBody?.content["application/json"].schema ?? null,
      who: (described.security ?? []).flatMap(Object.keys),
    };
  });
  return [operations, document];
}

/** What `{id}` may be depends on whose it is. */
function hintsOf(path: string): Record<string, readonly unknown[]> {
  const ids: Record<string, string[]> = {
    accounts: ["acme", "kiwi", "acme"],
    calls: ["bland:one", "bland:none"],
    "rate-plans": ["bland_voice", "gold"],
  };
  const thing = /^\/api\/v1\/([\w-]+)/.exec(path)?.[1] ?? "";
  return { ...HINTS, id: ids[thing] ?? ["nothing"] };
}

/** A whole request, good or bad, and who sends it. */
function requestsOf(
  operation: Operation,
  { root, keys }: { root: unknown; keys: Record<string, Record<string, string>> },
): fc.Arbitrary<Sent> {
  const world = { root, hints: hintsOf(operation.path) };
  const value = ({ name, schema, required }: Parameter) => {
    const good = conforming(world, schema, name);
    const some = fc.oneof({ weight: 5, arbitrary: good }, { weight: 1, arbitrary: hostileValue });
    return required ? some : fc.option(some, { nil: undefined, freq: 2 });
  };
  const body = operation.body === null ? fc.constant(undefined) : fc.oneof(
    { weight: 4, arbitrary: conforming(world, operation.body).map((one) => JSON.stringify(one)) },
    { weight: 3, arbitrary: bent(world, operation.body).map((one) => JSON.stringify(one)) },
    { weight: 1, arbitrary: fc.constantFrom("", "{", "\u0000", "[]", "null", '"a"', "{}{}", "1") },
  );
  return fc.record({
    values: fc.tuple(...operation.parameters.map(value)),
    body,
    version: fc.option(fc.constantFrom("*", '"1"', "W/x"), { nil: undefined }),
    who: fc.constantFrom("adminKey", "adminKey", "adminKey", "accountKey", "cronSecret", "nobody"),
  }).map(({ values, body, version, who }) => {
    let path = operation.path;
    const query = new URLSearchParams();
    const headers: Record<string, string> = { ...keys[who] };
    operation.parameters.forEach(({ name, in: place }, i) => {
      if (values[i] === undefined) return;
      const text = wireText(values[i]);
      if (place === "path") path = path.replace(`{${name}}`, encodeURIComponent(text) || "none");
      else if (place === "query") query.append(name, text);
      else headers[name] = text.replace(/[^\x21-\x7e]/g, "");
    });
    if (version !== undefined) headers["if-match"] = version;
    if (body !== undefined) headers["content-type"] = "application/json";
    const init: RequestInit = { method: operation.method, headers };
    if (body !== undefined) init.body = body;
    const isAllowed = operation.who.includes(who) || operation.who.length === 0;
    return { operation, url: query.size > 0 ? `${path}?${query}` : path, init, isAllowed };
  });
}

function wireText(value: unknown): string {
  const text = typeof value === "string" ? value : JSON.stringify(value);
  // A dot alone never leaves a client: it is a step in the path.
  return text.toWellFormed().replace(/^\.{1,2}$/, "x").slice(0, 3_000);
}

async function checkAnswer(sent: Sent, answer: Response): Promise<void> {
  const { operation: { method, words }, url, init, isAllowed } = sent;
  const text = await answer.text();
  const told = `${method} ${url} ${String(init.body).slice(0, 300)}: ${answer.status} ${text}`;
  const described = words.responses[answer.status];
  if (answer.ok) {
    assert(isAllowed, told);
    assert(described, `not announced: ${told}`);
    if (!described.schema) return;
    const body = JSON.parse(text);
    assert.deepEqual(described.schema.parse(body), body, told);
    return;
  }
  if (described?.schema) return void described.schema.parse(JSON.parse(text));
  assert.equal(answer.headers.get("content-type"), "application/problem+json", told);
  const problem = problemShape.parse(JSON.parse(text));
  assert.deepEqual(problem, JSON.parse(text), told);
  assert.equal(problem.status, answer.status, told);
  assert(problem.code in PROBLEMS, told);
  assert.equal(problem.request_id, answer.headers.get("request-id"), told);
  if (answer.status >= 500) {
    assert(["not_configured", "carrier_unavailable"].includes(problem.code), told);
  }
}

async function openBusyApi(): Promise<ServedApi> {
  const api = await serveApi();
  await bill(api, reportOf("one"), reportOf("two", { from: "+16505550123", to: "+16505550124" }));
  return api;
}

async function fuzz(
  api: ServedApi,
  { count, send }: { count: number; send: (sent: Sent) => Promise<Response> },
): Promise<Map<number, number>> {
  const [operations, root] = await readOperations(api);
  const keys = {
    adminKey: ADMIN,
    accountKey: await keyOf(api.world, "acme"),
    cronSecret: bearer(SECRETS.CRON_SECRET),
  };
  const statuses = new Map<number, number>();
  for (const [i, operation] of operations.entries()) {
    const arbitrary = requestsOf(operation, { root, keys });
    for (const sent of fc.sample(arbitrary, { numRuns: count, seed: 20_260_131 + i })) {
      const answer = await send(sent);
      await checkAnswer(sent, answer);
      statuses.set(answer.status, (statuses.get(answer.status) ?? 0) + 1);
      api.world.clock.advance(250);
    }
  }
  await checkBooks(api.deps.store);
  return statuses;
}

Deno.test("whatever is asked of the API, it answers as it says, and the books hold together", async () => {
  using api = await openBusyApi();
  const send = async ({ url, init }: Sent) => await api.world.app.request(url, init);
  const statuses = await fuzz(api, { count: 200, send });
  const seen = [200, 201, 400, 401, 403, 404, 409, 412, 422, 428, 503];
  for (const status of seen) assert(statuses.has(status), `${status} was never answered`);
  const total = [...statuses.values()].reduce((sum, n) => sum + n, 0);
  assert(total > 7_000, `${total} requests`);
  const errors = api.world.logged.filter(({ level }) => level === "error");
  assert.deepEqual(errors, []);
});

Deno.test("over real HTTP the same holds", async () => {
  using api = await openBusyApi();
  await using served = serveApp(api.world);
  await fuzz(api, { count: 20, send: ({ url, init }) => fetch(served.origin + url, init) });
});
