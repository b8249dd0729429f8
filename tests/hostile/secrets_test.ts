/**
 * A mark in the place of every secret, then a tour of the whole program with everything going wrong:
 * no mark turns up in a log line, an answer, a page, or a row that is not meant to hold it.
 *
 * @module
 */
import assert from "node:assert/strict";
import { meaningOf, VARIABLES } from "../../core/config_variables.ts";
import { createEgress } from "../../core/egress.ts";
import { createIds } from "../../core/ids.ts";
import { createLog, LOG_FORMATS } from "../../core/log.ts";
import { ensureFirstAdmin } from "../../core/accounts/people.ts";
import { ensureShippedPlans } from "../../core/rating/plans.ts";
import { type Program, wire } from "../../main.ts";
import { loadStaticFiles } from "../../routes/static_files.ts";
import { bearer, form, json, PUBLIC_URL, testConfig } from "../support/app.ts";
import { everyRoute, fillPath } from "../support/every_route.ts";
import { fakeClock } from "../support/fake_clock.ts";
import { CARRIERS_ENV, WEBHOOK_DOORS } from "../support/signed_webhooks.ts";
import { populateAccount, START_MS } from "../support/world.ts";

/** Values for secrets that must have a shape. */
const SHAPED: Record<string, string> = {
  SMTP_URL: "smtps://mail:canary-SMTP-URL-0042@mail.example.com:465",
};
/** Every secret variable with its mark; a variable that is added tomorrow is marked, too. */
const MARKED = Object.keys(VARIABLES.shape).filter((name) => meaningOf(name).secret)
  .map((name) => ({ name, value: SHAPED[name] ?? `canary-${name.replaceAll("_", "-")}-0042` }));
const ACCOUNT_KEY = "canary-account-bland-key-0042";
const GUESS = "canary-guessed-password-0042";
const MARK = /canary-[\w-]+-0042/i;
const env = (name: string) => MARKED.find((one) => one.name === name)!.value;

interface Tour {
  program: Program;
  /** Every text that left the program, and where it was seen. */
  seen: { place: string; text: string }[];
  ask(
    path: string,
    init?: RequestInit,
  ): Promise<{ status: number; text: string; headers: Headers }>;
}

/** A carrier that repeats whatever it was told, the key with it, with every status in turn. */
function serveParrot(): Deno.HttpServer<Deno.NetAddr> {
  let turn = 0;
  const statuses = [401, 500, 200, 403, 429, 400, 404, 200];
  return Deno.serve({ hostname: "127.0.0.1", port: 0, onListen: () => {} }, async (request) => {
    const told = JSON.stringify({
      url: request.url,
      headers: Object.fromEntries(request.headers),
      body: await request.text(),
    });
    const status = statuses[turn++ % statuses.length]!;
    const body = JSON.stringify({
      message: told,
      errors: [{ code: "1", title: told, detail: told }],
    });
    return new Response(turn % 3 === 0 ? told.slice(0, -1) : body, {
      status,
      headers: { "content-type": "application/json" },
    });
  });
}

async function withTour(run: (tour: Tour, kv: Deno.Kv) => Promise<void>): Promise<void> {
  const parrot = serveParrot();
  const url = `http://127.0.0.1:${parrot.addr.port}`;
  using kv = await Deno.openKv(":memory:");
  const clock = fakeClock(START_MS);
  const config = testConfig({
    ...CARRIERS_ENV,
    ...Object.fromEntries(MARKED.map(({ name, value }) => [name, value])),
    ADMIN_EMAIL: "ada@example.com",
    MAIL_FROM: "billing@example.com",
    SIPPY_URL: `${url}/xmlapi/xmlapi`,
    SIPPY_USERNAME: "tollkeeper",
    BLAND_BASE_URL: url,
    TWILIO_BASE_URL: url,
    TELNYX_BASE_URL: `${url}/v2`,
  });
  const seen: Tour["seen"] = [];
  const write = (text: string) => void seen.push({ place: "the log", text });
  const logs = LOG_FORMATS.map((format) => createLog({ level: "debug", format, clock, write }));
  const egress = createEgress({ allowedOrigins: [url], clock });
  const program = wire({
    kv,
    clock,
    ids: createIds(clock),
    log: (...line) => logs.forEach((log) => log(...line)),
    egress,
    config,
    files: await loadStaticFiles((name) =>
      Deno.readFile(new URL(`../../static/${name}`, import.meta.url))
    ),
    sandbox: null,
  });
  const ask: Tour["ask"] = async (path, init = {}) => {
    const answer = await program.app.request(path, init, { remoteAddress: "192.0.2.1" });
    const text = await answer.text();
    const headers = [...answer.headers].join("\n");
    seen.push({ place: `${init.method ?? "GET"} ${path}`, text: `${headers}\n${text}` });
    return { status: answer.status, text, headers: answer.headers };
  };
  await ensureShippedPlans(program.deps);
  const { firstAdmin } = config;
  await ensureFirstAdmin(program.deps, {
    email: firstAdmin!.email,
    password: firstAdmin!.password.reveal(),
  });
  await populateAccount(program.deps, { id: "acme", number: "+12025550100", micros: 1_000_000n });
  try {
    await run({ program, seen, ask }, kv);
  } finally {
    program.stop();
    await program.idle();
    egress.close();
    await parrot.shutdown();
  }
}

/** Signs in, with wrong passwords first. */
async function signIn({ ask }: Tour): Promise<Record<string, string>> {
  const login = (password: string) => ask("/login", form({ email: "ada@example.com", password }));
  assert.equal((await login(GUESS)).status, 401);
  await ask("/login", form({ email: GUESS, password: "" }));
  await ask("/login", { ...form({}), body: `password=${GUESS}&password=${GUESS}&email=a@b.cd` });
  const { headers, status } = await login(env("ADMIN_PASSWORD"));
  assert.equal(status, 303);
  return { cookie: headers.get("set-cookie")!.split(";")[0]! };
}

async function visitEverything(tour: Tour, callers: Record<string, string>[]): Promise<void> {
  // Signing out would end the tour of whoever is signed in.
  const routes = everyRoute(tour.program).filter(({ path }) => path !== "/logout");
  for (const { method, path, row } of routes) {
    for (const headers of callers) {
      const url = fillPath(path, { id: "acme", number: "+12025550100" });
      if (method === "GET") await tour.ask(url, { headers });
      else if (row.isPage) await tour.ask(url, { ...form({ x: GUESS }, headers), method });
      else await tour.ask(url, json({ x: GUESS }, { method, headers }));
    }
  }
}

async function deliverForgeries({ ask }: Tour): Promise<void> {
  for (const { path, sample } of WEBHOOK_DOORS) {
    const headers = {
      "x-webhook-signature": GUESS,
      "telnyx-signature-ed25519": GUESS,
      "telnyx-timestamp": "1",
      "x-twilio-signature": GUESS,
    };
    await ask(path, { method: "POST", headers, body: sample(1) });
  }
}

Deno.test("no secret is seen on a tour of everything while everything goes wrong", async () => {
  await withTour(async (tour, kv) => {
    const { ask, program, seen } = tour;
    const admin = bearer(env("ADMIN_API_KEY"));
    const cookie = await signIn(tour);
    const change = json({ blandApiKey: ACCOUNT_KEY }, { method: "PATCH", headers: admin });
    assert.equal((await ask("/api/v1/accounts/acme", change)).status, 200);
    const made = await ask(
      "/api/v1/accounts/acme/api-keys",
      json({ name: "x" }, { headers: admin }),
    );
    assert.equal(made.status, 201, made.text);
    const apiKey: string = JSON.parse(made.text).key;
    seen.pop(); // The one answer that shows it.
    const callers: Record<string, string>[] = [
      admin,
      bearer(env("CRON_SECRET")),
      bearer(env("METRICS_TOKEN")),
    ];
    callers.push(bearer(apiKey), cookie, bearer(GUESS), {});
    await visitEverything(tour, callers);
    await deliverForgeries(tour);
    for (let i = 0; i < 3; i++) {
      await program.minute();
      await program.sync({ actor: "test" });
      (program.deps.clock as ReturnType<typeof fakeClock>).advance(3_600_000);
    }
    await program.idle();
    const again = await signIn(tour);
    await visitEverything(tour, [admin, again]);
    assert(seen.length > 800, String(seen.length));
    assert(seen.some(({ place }) => place === "the log"), "nothing was logged");
    const marks = seen.filter(({ text }) => MARK.test(text) || text.includes(apiKey));
    const told = marks.map(({ place, text }) =>
      `${place}: ${MARK.exec(text)?.[0] ?? "the API key"}`
    );
    assert.deepEqual([...new Set(told)], []);
    await checkRows(kv, apiKey);
  });
});

/** Only the row that is meant to holds the account's Bland key; the others' places are the environment. */
async function checkRows(kv: Deno.Kv, apiKey: string): Promise<void> {
  const holders: string[] = [];
  for await (const { key, value } of kv.list({ prefix: [] })) {
    const text = value instanceof Uint8Array
      ? new TextDecoder().decode(value)
      : JSON.stringify(value);
    const whole = `${key.join("/")} ${text}`;
    const mark = MARK.exec(whole)?.[0] ?? (whole.includes(apiKey) ? "the API key" : null);
    if (mark !== null) holders.push(`${key.join("/")}: ${mark}`);
  }
  assert.deepEqual(holders, [`account_secret/acme: ${ACCOUNT_KEY}`]);
}

Deno.test("the configuration itself, printed by any means, shows none of its secrets", () => {
  assert(MARKED.length >= 10, String(MARKED.length));
  const config = testConfig({
    ...CARRIERS_ENV,
    ...Object.fromEntries(MARKED.map(({ name, value }) => [name, value])),
    ADMIN_EMAIL: "ada@example.com",
    MAIL_FROM: "billing@example.com",
    SIPPY_URL: "https://sippy.example.com/xmlapi/xmlapi",
    SIPPY_USERNAME: "tollkeeper",
    PUBLIC_URL,
  });
  const lines: string[] = [];
  const clock = { now: () => START_MS };
  createLog({ level: "debug", format: "json", clock, write: (line) => lines.push(line) })(
    "error",
    "all of it",
    { config, error: new Error("with a cause", { cause: config }) },
  );
  const shown = [
    JSON.stringify(config),
    Deno.inspect(config, { depth: 20 }),
    ...lines,
    String(config.adminApiKey),
  ];
  for (const text of shown) assert(!MARK.test(text), text);
});
