/**
 * The way out to addresses that somebody typed in: a customer's webhook endpoint, never our own network.
 *
 * A list of origins cannot say where such a request may go, so the rules do: https alone, no credentials,
 * a public address, no redirect. The name is resolved once, every address it has is looked at, and the
 * connection goes to exactly those addresses: a name that answers differently a moment later changes
 * nothing. Of the answer only its HTTP status comes back.
 *
 * Goes to: `core/endpoint_target.ts`, `core/public_address.ts`.
 *
 * @module
 */
import { lookup as resolveName } from "node:dns/promises";
import http from "node:http";
import https from "node:https";
import { type Clock, SECOND_MS } from "./clock.ts";
import { checkTarget, isLoopbackHost } from "./endpoint_target.ts";
import { isAddress, isPublicAddress } from "./public_address.ts";

/** One delivery: always a POST, sent once. */
export interface EndpointRequest {
  /** As {@link checkTarget} lets it pass. */
  url: string;
  /** Sent as given. */
  headers: Record<string, string>;
  /** Sent as UTF-8. */
  body: string;
}

/** What came of a delivery. */
export type EndpointAnswer =
  | {
    status: "answered";
    /** Any; a redirect is not followed. */
    httpStatus: number;
  }
  | {
    /** The peer may have acted all the same. */
    status: "unreachable";
    /** A short phrase without addresses or secrets. */
    reason: string;
  };

/** Sends one delivery. Never throws for what a peer does. */
export type EndpointEgress = (request: EndpointRequest) => Promise<EndpointAnswer>;

/** An address of a name. */
export interface HostAddress {
  /** In plain spelling. */
  address: string;
  /** 4 or 6. */
  family: number;
}

/** What {@link createEndpointEgress} needs. */
export interface EndpointEgressOptions {
  /** Rings the deadline. */
  clock: Pick<Clock, "after">;
  /** Whether endpoints on this machine, over plain http, are reached too: in a sandbox and in tests. */
  mayReachLoopback: boolean;
  /** All addresses of a name; the system's resolver without one. */
  resolve?: (host: string) => Promise<HostAddress[]>;
}

/** How long a delivery may take, from the name to the answer. */
export const DELIVERY_DEADLINE_MS = 15 * SECOND_MS;
/** The answer's body is read so far, so that the peer may finish, and thrown away. */
const ANSWER_BYTES_MAX = 64 * 1024;

/** The way out to endpoints. It holds nothing open between two deliveries. */
export function createEndpointEgress(options: EndpointEgressOptions): EndpointEgress {
  return async (request) => {
    const abort = new AbortController();
    const cancel = options.clock.after(DELIVERY_DEADLINE_MS, () => abort.abort());
    const late = new Promise<EndpointAnswer>((settle) => {
      const reason = `no answer within ${DELIVERY_DEADLINE_MS} ms`;
      abort.signal.addEventListener("abort", () => settle(unreachable(reason)));
    });
    try {
      return await Promise.race([late, deliver(options, { request, signal: abort.signal })]);
    } finally {
      cancel();
    }
  };
}

interface Delivery {
  request: EndpointRequest;
  /** Rings when the time is over. */
  signal: AbortSignal;
}

async function deliver(
  options: EndpointEgressOptions,
  delivery: Delivery,
): Promise<EndpointAnswer> {
  const { url } = delivery.request;
  if (checkTarget(url, options) !== null) return unreachable("address not allowed");
  const host = new URL(url).hostname.replace(/^\[|\]$/g, "");
  const addresses = await resolveAll(options, host);
  if (addresses.length === 0) return unreachable("host name not found");
  const mayBeHere = options.mayReachLoopback && isLoopbackHost(host);
  if (!mayBeHere && !addresses.every(({ address }) => isPublicAddress(address))) {
    return unreachable("address not on the public internet");
  }
  if (delivery.signal.aborted) return unreachable("no time left");
  return await post({ ...delivery, addresses });
}

async function resolveAll(
  { resolve = (host) => resolveName(host, { all: true }) }: EndpointEgressOptions,
  host: string,
): Promise<HostAddress[]> {
  if (isAddress(host)) return [{ address: host, family: host.includes(":") ? 6 : 4 }];
  try {
    return await resolve(host);
  } catch {
    return [];
  }
}

function post(
  { request, addresses, signal }: Delivery & { addresses: HostAddress[] },
): Promise<EndpointAnswer> {
  const url = new URL(request.url);
  const body = new Blob([request.body]);
  const wanted: https.RequestOptions = {
    method: "POST",
    agent: false,
    headers: {
      "user-agent": "tollkeeper",
      ...request.headers,
      "content-length": String(body.size),
    },
    // The addresses that were looked at are the ones connected to, whatever the name says by now.
    lookup: (_host, { all }, answer) =>
      all ? answer(null, addresses) : answer(null, addresses[0]!.address, addresses[0]!.family),
  };
  return new Promise((settle) => {
    try {
      const open = url.protocol === "https:" ? https.request : http.request;
      const sent = open(url, wanted, (answer) => {
        let byteCount = 0;
        const done = () => {
          sent.destroy();
          settle({ status: "answered", httpStatus: answer.statusCode ?? 0 });
        };
        answer.on("data", (chunk: Uint8Array) => {
          byteCount += chunk.byteLength;
          if (byteCount > ANSWER_BYTES_MAX) done();
        });
        answer.on("end", done);
        answer.on("error", done);
      });
      sent.on("error", (error: Error) => settle(unreachable(describeFailure(error))));
      signal.addEventListener("abort", () => sent.destroy());
      sent.end(request.body);
    } catch {
      // A header that cannot be sent: the message would quote it.
      settle(unreachable("request not valid"));
    }
  });
}

const FAILURES: readonly (readonly [RegExp, string])[] = [
  [/ECONNREFUSED|connection refused/i, "connection refused"],
  [/CERT|altname|self.signed|issuer/i, "certificate not accepted"],
  [/ECONNRESET|EPIPE|hang up|closed/i, "connection closed"],
  [/EHOSTUNREACH|ENETUNREACH|unreachable/i, "network unreachable"],
  [/TLS|SSL|handshake/i, "secure connection failed"],
];

function describeFailure(error: Error): string {
  const text = `${"code" in error ? String(error.code) : ""} ${error.message}`;
  return FAILURES.find(([pattern]) => pattern.test(text))?.[1] ?? "connection failed";
}

function unreachable(reason: string): EndpointAnswer {
  return { status: "unreachable", reason };
}
