/**
 * The simulated carriers behind an address of this machine, and a program's configuration to use them.
 *
 * Goes to: `core/sandbox/sandbox.ts`.
 *
 * @module
 */
import type { TestClock } from "../clock.ts";
import type { Config } from "../config.ts";
import { createEgress } from "../egress.ts";
import type { Ids } from "../ids.ts";
import { type CarrierPost, type Carriers, createCarriers, serveCarriers } from "./sandbox.ts";

/** Simulated carriers that are being served. */
export interface ServedCarriers {
  /** What they do, and their knobs. */
  carriers: Carriers;
  /** Names them, with their keys. */
  config: Config;
  /** By name, for people. */
  addresses: Record<string, string>;
  /** From now on their callbacks arrive at this address; the answer ends that. */
  connect(ourUrl: string): () => void;
  /** Stops serving. */
  close(): Promise<void>;
}

/** Serves them, and reads a configuration that names their addresses. */
export function serveSimulated(
  { clock, ids, env, serve, readConfig }: {
    clock: TestClock;
    ids: Ids;
    env: Record<string, string>;
    /** Listens on a free port of this machine. */
    serve: (
      handler: (request: Request) => Response | Promise<Response>,
    ) => Deno.HttpServer<Deno.NetAddr>;
    readConfig: (env: Record<string, string>) => Config;
  },
): ServedCarriers {
  const publicUrl = env.PUBLIC_URL || `http://127.0.0.1:${env.PORT || 8000}`;
  let post: (callback: CarrierPost) => Promise<number> = () => Promise.reject(new Error("not yet"));
  const carriers = createCarriers({ clock, ids, publicUrl, post: (callback) => post(callback) });
  const server = serve(serveCarriers(carriers));
  const url = `http://127.0.0.1:${server.addr.port}`;
  const config = readConfig({
    ...env,
    PUBLIC_URL: publicUrl,
    BLAND_BASE_URL: url,
    TWILIO_BASE_URL: url,
    TELNYX_BASE_URL: `${url}/v2`,
    TELNYX_PUBLIC_KEY: carriers.telnyx.publicKey,
    SIPPY_URL: `${url}/xmlapi/xmlapi`,
  });
  function connect(ourUrl: string): () => void {
    const egress = createEgress({ allowedOrigins: [ourUrl], clock });
    post = async ({ path, body, headers }) => {
      const answer = await egress({ url: ourUrl + path, body, headers });
      if (answer.status === "unreachable") throw new Error(answer.reason);
      return answer.httpStatus;
    };
    return () => egress.close();
  }
  const sippy = `${url}/xmlapi/xmlapi`;
  return {
    carriers,
    config,
    addresses: { Bland: url, Telnyx: `${url}/v2`, Twilio: url, Sippy: sippy },
    connect,
    close: () => server.shutdown(),
  };
}
