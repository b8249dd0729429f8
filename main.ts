/**
 * The front door: reads the environment, opens the database, wires the parts, registers the crons, serves.
 *
 * Goes to: `routes/app.ts`, `cron/mod.ts`, `core/sandbox/sandbox.ts`.
 *
 * @module
 */
import { ensureFirstAdmin } from "./core/accounts/people.ts";
import type { BillingDeps } from "./core/billing/bill_due.ts";
import { verifyAllWallets } from "./core/billing/verify_ledger.ts";
import { type Clock, DAY_MS, systemClock, type TestClock, testClock } from "./core/clock.ts";
import { carrierOrigins, type Config, hasCarrier, readConfig } from "./core/config.ts";
import { createEgress, type Egress } from "./core/egress.ts";
import { createIds, type Ids } from "./core/ids.ts";
import { runJob } from "./core/jobs/run_jobs.ts";
import { createGates } from "./core/kv/gates.ts";
import { proveStore } from "./core/kv/prove_store.ts";
import { createStore } from "./core/kv/store.ts";
import { complain, createLog, type Log, say } from "./core/log.ts";
import { ensureShippedPlans } from "./core/rating/plans.ts";
import { createDemo, HISTORY_DAYS } from "./core/sandbox/demo.ts";
import {
  type CarrierPost,
  createCarriers,
  SANDBOX_ENV,
  serveCarriers,
  startDemoTraffic,
} from "./core/sandbox/sandbox.ts";
import { startMinutes } from "./core/sandbox/heartbeat.ts";
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
  /** The clock's hand when this is a sandbox. */
  sandbox: { advance(ms: number): void } | null;
}

/** The program: an app to serve, a minute to call, and what else may be set in motion. */
export interface Program {
  app: ReturnType<typeof createApp>;
  deps: BillingDeps;
  minute: () => Promise<void>;
  sync: (input: { accountId?: string; actor: string }) => ReturnType<typeof syncCalls>;
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
  const { eventRetentionDays } = config;
  const minute = () => runMinute({ ...deps, kinds, eventRetentionDays });
  return { app, deps, minute, sync, idle: background.idle, stop: background.stop };
}

if (import.meta.main) await main();

async function main(): Promise<void> {
  if (typeof Temporal === "undefined") {
    refuse("Cannot start: this runtime has no Temporal; use Deno 2.9 or later");
  }
  if (Deno.args.includes("--verify-ledger")) await verifyLedger();
  else if (Deno.args.includes("--sandbox")) await startSandbox();
  else await startLive();
}

async function startLive(): Promise<void> {
  const env = Deno.env.toObject();
  const isDeploy = Boolean(env.DENO_DEPLOYMENT_ID ?? env.DENO_DEPLOY);
  const mayWork = !isDeploy || env.DENO_TIMELINE === "production";
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
  program = wire({ kv, clock, ids, log, egress, config, files: await readFiles(), sandbox: null });
  const proof = await proveStore(program.deps);
  if (proof.status !== "kept") {
    refuse(`Cannot start: the database does not keep what it is given (${proof.reason})`);
  }
  await ensureBasics(program, config);
  log("info", `Tollkeeper ${VERSION} serves`, { deno: Deno.version.deno, port: config.port });
  serve({ program, kv, egress, port: config.port, hostname: "0.0.0.0" });
}

async function startSandbox(): Promise<void> {
  const env: Record<string, string> = { ...SANDBOX_ENV, ...Deno.env.toObject() };
  const nowMs = systemClock().now();
  const clock = testClock(-HISTORY_DAYS * DAY_MS);
  const ids = createIds(clock);
  const simulated = serveSimulated({ clock, ids, env });
  const { config, carriers } = simulated;
  const path = config.kvPath ?? SANDBOX_ENV.KV_PATH;
  await Promise.all(["", "-wal", "-shm"].map((end) => Deno.remove(path + end).catch(() => {})));
  const level = { now: "error" as Config["logLevel"] };
  const log: Log = (...line) =>
    createLog({ level: level.now, format: config.logFormat, clock })(...line);
  const kv = await openKv(path);
  const egress = createEgress({ allowedOrigins: carrierOrigins(config), clock });
  const files = await readFiles();
  const program = wire({ kv, clock, ids, log, egress, config, files, sandbox: clock });
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
  await simulated.server.shutdown();
}

/** Serves the simulated carriers, and configures the program to use them. */
function serveSimulated(
  { clock, ids, env }: { clock: TestClock; ids: Ids; env: Record<string, string> },
) {
  const publicUrl = env.PUBLIC_URL || `http://127.0.0.1:${env.PORT || 8000}`;
  let post: (callback: CarrierPost) => Promise<number> = () => Promise.reject(new Error("not yet"));
  const carriers = createCarriers({ clock, ids, publicUrl, post: (callback) => post(callback) });
  const server = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen: () => {} },
    serveCarriers(carriers),
  );
  const url = `http://127.0.0.1:${server.addr.port}`;
  const config = configOrRefuse({
    ...env,
    PUBLIC_URL: publicUrl,
    BLAND_BASE_URL: url,
    TWILIO_BASE_URL: url,
    TELNYX_BASE_URL: `${url}/v2`,
    TELNYX_PUBLIC_KEY: carriers.telnyx.publicKey,
  });
  /** From now on, callbacks arrive; the answer ends that. */
  function connect(ourUrl: string): () => void {
    const egress = createEgress({ allowedOrigins: [ourUrl], clock });
    post = async ({ path, body, headers }) => {
      const answer = await egress({ url: ourUrl + path, body, headers });
      if (answer.status === "unreachable") throw new Error(answer.reason);
      return answer.httpStatus;
    };
    return () => egress.close();
  }
  const addresses = { Bland: url, Telnyx: `${url}/v2`, Twilio: url };
  return { carriers, config, connect, addresses, server };
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
async function ensureBasics({ deps }: Program, { firstAdmin }: Config): Promise<void> {
  await ensureShippedPlans(deps);
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
