/**
 * The world of notices on their way out: a receiver behind a real loopback server that keeps what arrives
 * and answers as a test says, the real way out to it, and the jobs that send.
 *
 * Goes to: `tests/support/world.ts`.
 *
 * @module
 */
import assert from "node:assert/strict";
import { createEndpointEgress } from "../../core/endpoint_egress.ts";
import { type JobKinds, runDueJobs } from "../../core/jobs/run_jobs.ts";
import type { Mailer } from "../../core/mailer.ts";
import { addEndpoint, type WebhookEndpoint } from "../../core/notices/endpoint.ts";
import type { NoticeKind } from "../../core/notices/notice.ts";
import { stageNotice } from "../../core/notices/notice.ts";
import { type NoticeDoors, noticeKinds, sendNotices } from "../../cron/send_notices.ts";
import { noticeKey } from "../../core/kv/keys.ts";
import { openWorld, type World } from "./world.ts";

/** What arrived at the receiver. */
export interface Arrival {
  headers: Headers;
  body: string;
  path: string;
}

/** An open world; dispose of it. */
export interface NoticeWorld extends World, AsyncDisposable {
  /** Where the receiver is, without a path. */
  url: string;
  arrived: Arrival[];
  /** What the receiver answers; 200 without. */
  answer: { with: (arrival: Arrival) => Response | Promise<Response> };
  kinds: JobKinds;
  /** Adds an endpoint at a path of the receiver. */
  add(path?: string, which?: Partial<Pick<WebhookEndpoint, "kinds" | "accountId">>): Promise<
    { endpoint: WebhookEndpoint; secret: string }
  >;
  /** Stages a notice as its cause would. */
  tell(id: string, notice?: { kind?: NoticeKind; accountId?: string | null }): Promise<void>;
  /** Hands on what is due, and runs every job that is due. */
  send(): Promise<void>;
}

/** A world with the receiver. */
export async function openNoticeWorld(
  { mailer = null, wrap }: { mailer?: Mailer | null; wrap?: (kv: Deno.Kv) => Deno.Kv } = {},
): Promise<NoticeWorld> {
  const world = await openWorld(wrap ? { wrap } : {});
  const { deps } = world;
  const arrived: Arrival[] = [];
  const answer: NoticeWorld["answer"] = { with: () => new Response() };
  const server = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen: () => {} },
    async (request) => {
      const { headers, url } = request;
      const arrival = { headers, body: await request.text(), path: new URL(url).pathname };
      arrived.push(arrival);
      return await answer.with(arrival);
    },
  );
  const url = `http://127.0.0.1:${server.addr.port}`;
  const endpoints = createEndpointEgress({ clock: deps.clock, mayReachLoopback: true });
  const doors: NoticeDoors = { endpoints, mailer, publicUrl: "https://billing.example.com" };
  const kinds = noticeKinds({ ...deps, ...doors });
  return {
    ...world,
    url,
    arrived,
    answer,
    kinds,
    add: async (path = "/hooks", { kinds: some = null, accountId = null } = {}) => {
      const added = await addEndpoint(deps, {
        id: deps.ids.id(),
        url: url + path,
        kinds: some,
        accountId,
        mayReachLoopback: true,
        actor: "test",
      });
      assert(added.status === "endpoint_added" && added.secret !== null);
      return { endpoint: added.endpoint, secret: added.secret };
    },
    tell: async (id, { kind = "low_balance", accountId = "acme" } = {}) => {
      const words = {
        title: `Title of ${id}`,
        detail: "What to do.",
        link: "/admin/accounts/acme",
      };
      const atMs = deps.clock.now();
      await deps.gates.change({
        gate: noticeKey(id),
        stage: (batch) => stageNotice(batch, { id, kind, accountId, atMs, ...words }),
      });
    },
    send: async () => {
      await sendNotices({ ...deps, ...doors });
      await runDueJobs({ ...deps, kinds }, { untilMs: deps.clock.now() + 60_000 });
    },
    [Symbol.asyncDispose]: async () => {
      await server.shutdown();
      world.close();
    },
  };
}
