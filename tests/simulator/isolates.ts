/**
 * The processes of a run: the real program, wired anew for each life over the one database.
 *
 * Goes to: `main.ts`.
 *
 * @module
 */
import { createIds } from "../../core/ids.ts";
import { Unresolved } from "../../core/kv/gates.ts";
import { StoreUnavailable } from "../../core/kv/store.ts";
import { type Program, wire } from "../../main.ts";
import type { Peer } from "./carriers/carrier_world.ts";
import { siteConfig, siteFiles } from "./configuration.ts";
import type { Answer, Inbound } from "./gateway.ts";
import { PUBLIC_URL } from "./gateway.ts";
import { beginLife, type Life } from "./life.ts";
import { openEgressFor } from "./network.ts";
import { openKvFor } from "./simulated_kv.ts";
import { ViolationError } from "./violation.ts";
import type { World } from "./world.ts";

/** One process, dead or alive. */
export interface Isolate {
  name: string;
  life: Life | null;
  program: Program | null;
  starts: number;
}

/** All processes. */
export interface Isolates {
  all: readonly Isolate[];
  /** Those that live. */
  living(): Isolate[];
  /** Starts one that is dead. */
  start(isolate: Isolate): void;
  /** Has a random living one answer. */
  serve(inbound: Inbound): Promise<Answer>;
  /** Has a random living one do something that no address of it offers; null when it died over it. */
  have<T>(act: (program: Program) => Promise<T>): Promise<T | null>;
  /** Runs the minute of a random living one; it ends when it ends. */
  tick(): void;
}

/** Processes that have not been started. */
export function createIsolates(
  world: World,
  { peers, billing }: { peers: readonly Peer[]; billing: string },
): Isolates {
  const draws = world.draws.stream("isolates");
  const all: Isolate[] = Array.from({ length: world.profile.isolates }, (_, i) => ({
    name: "ABCDEF"[i]!,
    life: null,
    program: null,
    starts: 0,
  }));
  const living = () => all.filter((one) => one.life?.isAlive());
  return {
    all,
    living,
    start: (isolate) => start(world, { isolate, peers, billing, draws }),
    serve: (inbound) => {
      const up = living();
      const choice = draws.next();
      const isolate = up[Math.floor(choice * up.length)];
      return isolate ? serve(world, { isolate, inbound }) : Promise.resolve({ status: "broken" });
    },
    have: (act) => {
      const up = living();
      const isolate = up[Math.floor(draws.next() * up.length)];
      return isolate ? have(isolate, act) : Promise.resolve(null);
    },
    tick: () => {
      const up = living();
      const isolate = up[Math.floor(draws.next() * up.length)];
      if (!isolate) return;
      world.trace.note(`tick ${isolate.life!.name}`);
      isolate.life!.after(0, () => void isolate.program!.minute());
    },
  };
}

function start(
  world: World,
  { isolate, peers, billing, draws }: {
    isolate: Isolate;
    peers: readonly Peer[];
    billing: string;
    draws: World["draws"];
  },
): void {
  const { profile } = world;
  isolate.starts++;
  const [error, version] = [draws.between(-15_000, 15_000), draws.next()];
  const life = beginLife(world.timeline, {
    name: `${isolate.name}${isolate.starts}`,
    clockErrorMs: error,
    isNext: profile.hasNextVersion && version < 0.5,
  });
  life.onEnd(() => {
    world.figures.kills++;
    world.trace.note(`killed ${life.name}`);
  });
  const bytes = world.draws.stream(`ids ${life.name}`);
  const { clock } = life;
  isolate.life = life;
  isolate.program = wire({
    kv: openKvFor(world.kvSite, life),
    clock,
    ids: createIds(clock, (buffer) => buffer.map(() => Math.floor(bytes.next() * 256))),
    log: (level, message, facts = {}) => hear(world, { life, level, message, facts }),
    egress: openEgressFor(world, { life, peers }),
    config: siteConfig(billing),
    files: siteFiles,
    sandbox: null,
  });
  world.trace.note(`started ${life.name}`);
}

/** An error that is neither the database nor an outcome nobody knows is a fault of the program. */
function hear(
  world: World,
  { life, level, message, facts }: {
    life: Life;
    level: string;
    message: string;
    facts: Record<string, unknown>;
  },
): void {
  if (level === "info" || level === "debug") return;
  const { error } = facts;
  const cause = error instanceof Error ? `: ${error.message}` : "";
  world.trace.note(`${life.name} ${level} ${message}${cause}`);
  if (!(error instanceof Error)) return;
  if (error instanceof StoreUnavailable || error instanceof Unresolved) return;
  world.complain(
    new ViolationError(`I10: "${message}" with an error of our own: ${error.stack}`, {
      cause: error,
    }),
  );
}

function have<T>(isolate: Isolate, act: (program: Program) => Promise<T>): Promise<T | null> {
  const { life, program } = isolate as { life: Life; program: Program };
  return new Promise((resolve, reject) => {
    life.onEnd(() => resolve(null));
    life.after(0, () =>
      void act(program).then(resolve, (error) => {
        const isUnclear = error instanceof StoreUnavailable || error instanceof Unresolved;
        if (isUnclear) resolve(null);
        else reject(error);
      }));
  });
}

function serve(
  world: World,
  { isolate, inbound }: { isolate: Isolate; inbound: Inbound },
): Promise<Answer> {
  const { life, program } = isolate as { life: Life; program: Program };
  return new Promise((resolve) => {
    life.onEnd(() => resolve({ status: "broken" }));
    life.after(0, async () => {
      const { method, path, headers, body } = inbound;
      const length = body === undefined ? {} : { "content-length": String(utf8Length(body)) };
      const request = new Request(PUBLIC_URL + path, {
        method,
        headers: { ...headers, ...length },
        ...(body === undefined ? {} : { body }),
      });
      const response = await program.app.fetch(request, { remoteAddress: "192.0.2.7" });
      const text = await response.text();
      if (!life.isAlive()) return;
      world.trace.note(`${life.name} ${method} ${path} ${response.status}`);
      const { status: httpStatus, headers: answered } = response;
      resolve({ status: "answered", httpStatus, headers: answered, text });
    });
  });
}

const utf8Length = (text: string): number => new TextEncoder().encode(text).length;
