/**
 * The front door: reads the environment, opens the database, wires the parts, registers the crons, serves.
 *
 * Goes to: `routes/app.ts`, `cron/mod.ts`, `core/sandbox/sandbox.ts`.
 *
 * @module
 */
import { parseArgs } from "node:util";
import { ensureFirstAdmin } from "./core/accounts/people.ts";
import type { BillingDeps } from "./core/billing/bill_due.ts";
import { describeMigration, runMigration } from "./core/billing/migration/run_migration.ts";
import { verifyAllWallets } from "./core/billing/verify_ledger.ts";
import { type Clock, DAY_MS, SECOND_MS, systemClock, testClock } from "./core/clock.ts";
import {
  carrierOrigins,
  type Config,
  hasCarrier,
  mayReachLoopback,
  readConfig,
} from "./core/config.ts";
import { createEgress, type Egress } from "./core/egress.ts";
import { createEndpointEgress, type EndpointEgress } from "./core/endpoint_egress.ts";
import { createSippyClient } from "./core/carriers/sippy/client.ts";
import { createIds, type Ids } from "./core/ids.ts";
import { runJob } from "./core/jobs/run_jobs.ts";
import { createGates } from "./core/kv/gates.ts";
import { proveStore } from "./core/kv/prove_store.ts";
import { createStore } from "./core/kv/store.ts";
import { complain, createLog, type Log, say } from "./core/log.ts";
import { createMailer, type Mailer } from "./core/mailer.ts";
import { createProgressLine } from "./core/progress_line.ts";
import { ensureShippedPlans } from "./core/rating/plans.ts";
import { createDemo, HISTORY_DAYS } from "./core/sandbox/demo.ts";
import { SANDBOX_ENV, startDemoTraffic } from "./core/sandbox/sandbox.ts";
import { serveSimulated } from "./core/sandbox/serve_simulated.ts";
import { startMinutes } from "./core/sandbox/heartbeat.ts";
import { baseTerms } from "./core/sms_billing/settings.ts";
import { ensureSmsBase } from "./core/sms_billing/terms.ts";
import { renderWelcome } from "./core/sandbox/welcome.ts";
import { jobKinds, processCallCosts } from "./cron/jobs.ts";
import { createBackground } from "./cron/background.ts";
import { runMinute } from "./cron/mod.ts";
import { reconcileNow } from "./cron/reconcile_carriers.ts";
import { ASKED_RUN, syncCalls } from "./cron/sync_calls.ts";
import { createApp } from "./routes/app.ts";
import { loadStaticFiles, type StaticFiles } from "./routes/static_files.ts";

/** What the program is, for health and logs. */
export const VERSION = "0.1.0";

/** The doors to the world, and what was read before the start. */
export interface Doors {
  kv: Deno.Kv;
  clock: Clock;
  ids: Ids;
  log: Log;
  egress: Egress;
  config: Config;
  files: StaticFiles;
  /** To webhook endpoints of customers; without one they are off. */
  endpoints?: EndpointEgress;
  /** To the mail server; without one mail is off. */
  mailer?: Mailer | null;
  /** The clock's hand when this is a sandbox. */
  sandbox: { advance(ms: number): void } | null;
}

/** The program: an app to serve, a minute to call, and what else may be set in motion. */
export interface Program {
  app: ReturnType<typeof createApp>;
  deps: BillingDeps;
  minute: () => Promise<void>;
  sync: (input: { accountId?: string; actor: string }) => ReturnType<typeof syncCalls>;
  /** Has the inbox and the due jobs worked off, soon. */
  wake: () => void;
  /** Resolves when work that was woken in the background has ended. */
  idle: () => Promise<void>;
  /** Begins no background work any more. */
  stop: () => void;
}

/** Puts the parts together over the doors; starts nothing. */
export function wire(doors: Doors): Program {
  const { clock, ids, log, egress, config } = doors;
  const store = createStore({ kv: doors.kv, clock });
  const gates = createGates({ store, clock, ids, log });
  const deps = {
    store,
    gates,
    clock,
    ids,
    log,
    egress,
    bland: config.bland,
    twilio: config.twilio,
    telnyx: config.telnyx,
    sippy: config.sippy ? createSippyClient({ egress, clock, ids }, config.sippy) : null,
    settleMs: (config.sippy?.settleSeconds ?? SETTLE_SECONDS) * SECOND_MS,
    endpoints: doors.endpoints,
    mailer: doors.mailer ?? null,
    publicUrl: config.publicUrl ?? undefined,
  };
  const kinds = jobKinds(deps);
  const background = createBackground(deps, kinds);
  const sync: Program["sync"] = (input) => syncCalls(deps, { ...input, ...ASKED_RUN });
  const actions = {
    syncCalls: sync,
    runJob: (jobId: string) => runJob({ ...deps, kinds }, jobId),
    processCallCosts: () => processCallCosts(deps),
    reconcile: (input: Parameters<typeof reconcileNow>[1]) =>
      reconcileNow({ ...deps, kinds }, input),
    nudge: background.nudge,
  };
  const app = createApp({
    ...deps,
    config,
    actions,
    sandbox: doors.sandbox,
    files: doors.files,
    startedAtMs: clock.now(),
    version: VERSION,
  });
  const { eventRetentionDays, billRetentionMonths } = config;
  const minute = () => runMinute({ ...deps, kinds, eventRetentionDays, billRetentionMonths });
  const { nudge: wake, idle, stop } = background;
  return { app, deps, minute, sync, wake, idle, stop };
}

/** Where Sippy is off, bills that were sent to it before are still in doubt for so long. */
const SETTLE_SECONDS = 300;

if (import.meta.main) await main();

async function main(): Promise<void> {
  if (typeof Temporal === "undefined") {
    refuse("Cannot start: this runtime has no Temporal; use Deno 2.9 or later");
  }
  if (Deno.args.includes("--verify-ledger")) await verifyLedger();
  else if (Deno.args.includes("--migrate-sms-billing")) await migrateSmsBilling();
  else if (Deno.args.includes("--sandbox")) await startSandbox();
  else await startLive();
}

async function startLive(): Promise<void> {
  const env = Deno.env.toObject();
  const { DENO_TIMELINE: timeline } = env;
  const isDeploy = Boolean(env.DENO_DEPLOYMENT_ID || env.DENO_DEPLOY);
  const mayWork = timeline === "production" || (!isDeploy && !timeline);
  // Deploy finds crons by running this file, so they are registered before anything slow.
  let program: Program | null = null;
  Deno.cron("minute", "* * * * *", { backoffSchedule: [] }, async () => {
    if (mayWork) await program?.minute();
  });
  const config = configOrRefuse(env);
  if (!isDeploy && config.kvPath === null) {
    refuse(
      "Cannot start: KV_PATH is not set. It names the database file, e.g. KV_PATH=data/tollkeeper.kv",
    );
  }
  if (!mayWork && hasCarrier(config)) {
    refuse("Cannot start: carrier secrets are set on a timeline that is not production");
  }
  const clock = systemClock();
  const log = createLog({ level: config.logLevel, format: config.logFormat, clock });
  const kv = await openKv(config.kvPath);
  const ids = createIds(clock);
  const egress = createEgress({ allowedOrigins: carrierOrigins(config), clock });
  const files = await readFiles();
  const ways = openWays(config, clock);
  const wired = wire({ kv, clock, ids, log, egress, config, files, ...ways, sandbox: null });
  if (!mayWork) wired.stop();
  await proveOrRefuse(wired, config);
  await ensureBasics(wired, config);
  program = wired;
  const { addr } = serve({ program, kv, egress, port: config.port, hostname: "0.0.0.0" });
  log("info", `Tollkeeper ${VERSION} serves`, { deno: Deno.version.deno, port: addr.port });
  // What a process before this one had accepted and not worked off does not wait for the minute.
  program.wake();
}

/** Reads the proof over a connection of its own: what a database has in memory belongs to one alone. */
async function proveOrRefuse({ deps }: Program, { kvPath }: Config): Promise<void> {
  const kv = await openKv(kvPath);
  const proof = await proveStore({ ...deps, witness: createStore({ kv, clock: deps.clock }) });
  kv.close();
  if (proof.status === "kept") return;
  refuse(`Cannot start: the database does not keep what it is given (${proof.reason})`);
}

async function startSandbox(): Promise<void> {
  const env: Record<string, string> = { ...SANDBOX_ENV, ...Deno.env.toObject() };
  const nowMs = systemClock().now();
  const clock = testClock(-HISTORY_DAYS * DAY_MS);
  const ids = createIds(clock);
  const serveHere = (handler: Deno.ServeHandler) =>
    Deno.serve({ hostname: "127.0.0.1", port: 0, onListen: () => {} }, handler);
  const simulated = serveSimulated({
    clock,
    ids,
    env,
    serve: serveHere,
    readConfig: configOrRefuse,
  });
  const { config, carriers } = simulated;
  const path = config.kvPath ?? SANDBOX_ENV.KV_PATH;
  await Promise.all(["", "-wal", "-shm"].map((end) => Deno.remove(path + end).catch(() => {})));
  const level = { now: "error" as Config["logLevel"] };
  const log: Log = (...line) =>
    createLog({ level: level.now, format: config.logFormat, clock })(...line);
  const kv = await openKv(path);
  const egress = createEgress({ allowedOrigins: carrierOrigins(config), clock });
  const files = await readFiles();
  const ways = openWays(config, clock);
  const program = wire({ kv, clock, ids, log, egress, config, files, ...ways, sandbox: clock });
  await ensureBasics(program, config);
  const sync = () => program.sync({ actor: "sync" });
  await createDemo({ ...program.deps, clock, carriers, sync }, { nowMs });
  level.now = config.logLevel;
  const server = serve({ program, kv, egress, port: config.port, hostname: "127.0.0.1" });
  const url = `http://127.0.0.1:${server.addr.port}`;
  const disconnect = simulated.connect(url);
  const stopTraffic = startDemoTraffic(carriers);
  const stopMinutes = startMinutes(clock, program.minute);
  say(renderWelcome({ url, version: VERSION, config, carriers: simulated.addresses }));
  await server.finished;
  stopTraffic();
  stopMinutes();
  disconnect();
  await simulated.close();
}

/** The ways out of notices. */
function openWays(config: Config, clock: Clock): Pick<Doors, "endpoints" | "mailer"> {
  return {
    endpoints: createEndpointEgress({ clock, mayReachLoopback: mayReachLoopback(config) }),
    mailer: config.mail ? createMailer(config.mail) : null,
  };
}

/** Brings usage of another system into the database of KV_PATH, with no server running. */
async function migrateSmsBilling(): Promise<void> {
  const env = Deno.env.toObject();
  const config = configOrRefuse(env);
  const path = parseArgs({ strict: false, options: { file: { type: "string" } } }).values.file;
  if (config.kvPath === null) {
    refuse("Cannot migrate: KV_PATH is not set. It names the database file");
  }
  if (typeof path !== "string") refuse("Cannot migrate: --file names no CSV or JSON file");
  const text = await Deno.readTextFile(path).catch((error) =>
    refuse(`Cannot migrate: ${path} cannot be read (${error.name})`)
  );
  const clock = systemClock();
  const ids = createIds(clock);
  const log = createLog({ level: "error", format: config.logFormat, clock });
  const kv = await openKv(config.kvPath);
  const store = createStore({ kv, clock });
  const deps = { store, gates: createGates({ store, clock, ids, log }), clock, ids, log };
  await ensureShippedPlans(deps);
  const encoder = new TextEncoder();
  const progress = createProgressLine({
    clock,
    write: (line) => void Deno.stderr.writeSync(encoder.encode(line)),
    isTerminal: Deno.stderr.isTerminal(),
  });
  const base = baseTerms(config.smsBilling);
  const tally = await runMigration(deps, { file: { name: path, text }, base, progress });
  kv.close();
  say(describeMigration(tally));
}

/** Recomputes every wallet and says what it found; exit code 1 when something does not add up. */
async function verifyLedger(): Promise<void> {
  const config = configOrRefuse(Deno.env.toObject());
  if (config.kvPath === null) {
    refuse("Cannot verify: KV_PATH is not set. It names the database file");
  }
  const kv = await openKv(config.kvPath);
  const store = createStore({ kv, clock: systemClock() });
  const found = await verifyAllWallets({ store }, () => {});
  kv.close();
  for (const { accountId, seq, reason } of found.differences) {
    complain(`${accountId} entry ${seq}: ${reason}`);
  }
  say(
    `${found.wallets} wallets, ${found.entries} entries, ${found.differences.length} differences`,
  );
  if (found.differences.length > 0) Deno.exit(1);
}

function serve(
  { program, kv, egress, port, hostname }: {
    program: Program;
    kv: Deno.Kv;
    egress: { close(): void };
    port: number;
    hostname: string;
  },
): Deno.HttpServer<Deno.NetAddr> {
  const server = Deno.serve(
    { port, hostname, onListen: () => {} },
    (request, info) => program.app.fetch(request, { remoteAddress: info.remoteAddr.hostname }),
  );
  const stop = async () => {
    program.stop();
    await server.shutdown();
    await program.idle();
    egress.close();
    kv.close();
    Deno.exit(0);
  };
  Deno.addSignalListener("SIGINT", stop);
  Deno.addSignalListener("SIGTERM", stop);
  return server;
}

/** The shipped plans, and somebody who can sign in. */
async function ensureBasics({ deps }: Program, { firstAdmin, smsBilling }: Config): Promise<void> {
  await ensureShippedPlans(deps);
  await ensureSmsBase(deps, baseTerms(smsBilling));
  if (!firstAdmin) return;
  await ensureFirstAdmin(deps, { email: firstAdmin.email, password: firstAdmin.password.reveal() });
}

function configOrRefuse(env: Record<string, string>): Config {
  const outcome = readConfig(env);
  if (outcome.status === "invalid") refuse(outcome.message);
  return outcome.config;
}

async function openKv(path: string | null): Promise<Deno.Kv> {
  if (path === null) return await Deno.openKv();
  const folder = path.includes("/") && !path.startsWith("http")
    ? path.slice(0, path.lastIndexOf("/"))
    : "";
  if (folder !== "") await Deno.mkdir(folder, { recursive: true });
  return await Deno.openKv(path);
}

function readFiles(): Promise<StaticFiles> {
  return loadStaticFiles((name) => Deno.readFile(new URL(`./static/${name}`, import.meta.url)));
}

function refuse(message: string): never {
  complain(message);
  Deno.exit(1);
}
