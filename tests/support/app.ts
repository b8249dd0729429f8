/**
 * The app of the tests: the whole of it over the named world, with every secret set, and somebody of
 * every kind who calls.
 *
 * Goes to: `tests/support/world.ts`.
 *
 * @module
 */
import assert from "node:assert/strict";
import type { Hono } from "hono";
import { makeApiKey } from "../../core/accounts/api_keys.ts";
import { hashPassword } from "../../core/accounts/password.ts";
import { normalizeEmail, type Person, type Role } from "../../core/accounts/people.ts";
import { openSession, type SessionSubject } from "../../core/accounts/sessions.ts";
import { getReconciliation } from "../../core/billing/reconciliation.ts";
import { noCounts, type SyncOutcome } from "../../core/billing/sync_outcome.ts";
import { type Config, readConfig } from "../../core/config.ts";
import { personKey } from "../../core/kv/keys.ts";
import { createLog, type LogLevel } from "../../core/log.ts";
import { createApp } from "../../routes/app.ts";
import type { AppEnv } from "../../routes/caller.ts";
import type { AppDeps } from "../../routes/deps.ts";
import { sessionDeps } from "../../routes/identify.ts";
import { loadStaticFiles } from "../../routes/static_files.ts";
import { openWorld, type World } from "./world.ts";

/** The secrets of the tests. */
export const SECRETS = {
  ADMIN_API_KEY: "admin-key-of-the-tests",
  CRON_SECRET: "cron-secret-of-the-tests",
  SESSION_SECRET: "session-secret-of-the-tests",
  METRICS_TOKEN: "metrics-token-of-the-tests",
  BLAND_API_KEY: "sk-bland-of-the-tests",
  BLAND_WEBHOOK_SECRET: "bland-webhook-secret-of-the-tests",
} as const;

/** Where the app of the tests says it is. */
export const PUBLIC_URL = "https://billing.example.com";

/** The app over a world. */
export interface AppWorld extends World {
  app: Hono<AppEnv>;
  appDeps: AppDeps;
  /** What was set in motion, in order: `sync`, `job`, `nudge`, `advance`. */
  done: string[];
  /** What the next sync comes to. */
  sync: { outcome: SyncOutcome };
}

/** Which app. */
export interface AppOptions {
  /** Variables besides {@link SECRETS}; an empty one counts as unset. */
  env?: Record<string, string>;
  /** Whether it is the sandbox. */
  isSandbox?: boolean;
  /** Stands before the database, as in `openWorld`. */
  wrap?: (kv: Deno.Kv) => Deno.Kv;
  /** Replaces some of what is handed to the app. */
  change?: (deps: AppDeps) => Partial<AppDeps>;
}

const files = await loadStaticFiles((name) =>
  Deno.readFile(new URL(`../../static/${name}`, import.meta.url))
);

/** A world with the app on top of it. */
export async function openApp(options: AppOptions = {}): Promise<AppWorld> {
  const world = await openWorld(options.wrap ? { wrap: options.wrap } : {});
  const done: string[] = [];
  const sync = {
    outcome: { status: "synced", reason: null, counts: noCounts() } satisfies SyncOutcome,
  } as { outcome: SyncOutcome };
  const base: AppDeps = {
    ...world.deps,
    config: testConfig(options.env),
    egress: () => Promise.resolve({ status: "unreachable", reason: "tests stay at home" }),
    actions: {
      syncCalls: ({ accountId = "all", actor }) => {
        done.push(`sync ${accountId} ${actor}`);
        return Promise.resolve(sync.outcome);
      },
      runJob: (jobId) => Promise.resolve(done.push(`job ${jobId}`) > 0),
      processCallCosts: () => {
        done.push("costs");
        return Promise.resolve({ processed: 0, succeeded: 0, failed: 0, retried: 0 });
      },
      reconcile: ({ carrier, day, actor }) => {
        done.push(`reconcile ${carrier} ${day} ${actor}`);
        return getReconciliation(world.deps.store, { carrier, day });
      },
      nudge: () => void done.push("nudge"),
    },
    sandbox: options.isSandbox
      ? {
        advance: (ms) => {
          done.push(`advance ${ms}`);
          world.clock.advance(ms);
        },
      }
      : null,
    files,
    startedAtMs: world.clock.now(),
    version: "0.0.0-test",
  };
  const appDeps: AppDeps = { ...base, ...options.change?.(base) };
  const close = () => {
    world.close();
    refuseSecrets(world.logged);
  };
  const app = createApp(appDeps);
  return { ...world, app, appDeps, done, sync, close, [Symbol.dispose]: close };
}

/** Whatever a test was about: no line it caused shows a secret, written as the log writes it. */
function refuseSecrets(logged: World["logged"]): void {
  const lines: string[] = [];
  const write = (line: string) => void lines.push(line);
  const log = createLog({ level: "debug", format: "json", clock: { now: () => 0 }, write });
  for (const { level, message, facts } of logged) log(level as LogLevel, message, facts);
  const text = lines.join("\n");
  for (const [name, secret] of Object.entries(SECRETS)) {
    assert(!text.includes(secret), `${name} stands in the log`);
  }
}

/** A configuration with {@link SECRETS} and {@link PUBLIC_URL}, changed by further variables. */
export function testConfig(env: Record<string, string> = {}): Config {
  const read = readConfig({ ...SECRETS, PUBLIC_URL, ...env });
  assert(read.status === "ok", read.status === "invalid" ? read.message : "");
  return read.config;
}

/** The header of a bearer token. */
export const bearer = (token: string): { authorization: string } => ({
  authorization: `Bearer ${token}`,
});

/** The header of the admin's program. */
export const ADMIN: { authorization: string } = bearer(SECRETS.ADMIN_API_KEY);

/** The header of a fresh key of an account. */
export async function keyOf(
  { deps }: Pick<World, "deps">,
  accountId: string,
): Promise<{ authorization: string }> {
  const made = await makeApiKey(deps, { accountId, name: "a test", actor: "test" });
  assert(made.status === "api_key_made");
  return bearer(made.key);
}

/** A JSON request; the admin's unless other headers are given. */
export function json(
  body: unknown,
  { method = "POST", headers = ADMIN }: { method?: string; headers?: Record<string, string> } = {},
): RequestInit {
  return {
    method,
    headers: { "content-type": "application/json", ...headers },
    body: JSON.stringify(body),
  };
}

/** A form as a browser posts it from a page of ours. */
export function form(
  fields: Record<string, string>,
  headers: Record<string, string> = {},
): RequestInit {
  return {
    method: "POST",
    headers: {
      "content-type": "application/x-www-form-urlencoded",
      origin: PUBLIC_URL,
      ...headers,
    },
    body: new URLSearchParams(fields).toString(),
  };
}

/** Adds a person whose password costs little to check: the tests of passwords take the real cost. */
export async function addQuickPerson(
  { deps }: Pick<World, "deps">,
  { email, role, password = "not used" }: { email: string; role: Role; password?: string },
): Promise<Person> {
  const cost = { rounds: 2 ** 10, blockSize: 8, parallelism: 1 };
  const person: Person = {
    id: deps.ids.id(),
    email: normalizeEmail(email),
    role,
    passwordHash: await hashPassword(deps.ids, { password, cost }),
    epoch: 1,
    createdAtMs: deps.clock.now(),
  };
  const key = personKey(person.email);
  await deps.gates.change({
    gate: key,
    stage: (batch) => Promise.resolve(batch.set(key, person)),
  });
  return person;
}

/** The cookie of somebody who has just signed in. */
export async function cookieOf(
  { appDeps }: Pick<AppWorld, "appDeps">,
  subject: SessionSubject,
): Promise<{ cookie: string }> {
  const token = await openSession(sessionDeps(appDeps), subject);
  const name = appDeps.config.publicUrl.startsWith("https:") ? "__Host-tollkeeper" : "tollkeeper";
  return { cookie: `${name}=${token}` };
}

/** The cookie of a fresh person of a role. */
export async function signedIn(
  world: AppWorld,
  { email, role }: { email: string; role: Role },
): Promise<{ cookie: string }> {
  const person = await addQuickPerson(world, { email, role });
  return await cookieOf(world, { kind: "person", email: person.email, epoch: person.epoch });
}
