/**
 * The only way out: every request this program makes to somebody else's server.
 *
 * A list of origins says where it may go, and the URL must be spelled exactly as listed, so that no
 * other spelling of an address slips through. Redirects are refused, the whole exchange has one
 * deadline, the answer has a size cap, and what comes back is text or a short reason, never an echo of
 * what was sent.
 *
 * @module
 */
import { type Clock, SECOND_MS } from "./clock.ts";

/** How long an exchange may take, reading the body included, when the caller names no deadline. */
export const DEADLINE_DEFAULT_MS = 15 * SECOND_MS;

/** How large an answer may be, once unpacked, when the caller names no cap. */
export const ANSWER_DEFAULT_BYTES_MAX = 8 * 1024 * 1024;

/** One request. */
export interface EgressRequest {
  /** Absolute, spelled with one of the allowed origins. */
  url: string;
  /** Without one: POST when there is a body, else GET. */
  method?: "GET" | "POST";
  /** Sent as given, and never seen in the answer. */
  headers?: Record<string, string>;
  /** Sent as UTF-8. */
  body?: string;
  /** {@link DEADLINE_DEFAULT_MS} without one. */
  deadlineMs?: number;
  /** {@link ANSWER_DEFAULT_BYTES_MAX} without one. */
  maxBytes?: number;
  /**
   * Never send this twice. On by default for POST.
   *
   * The runtime re-sends a POST by itself when a pooled connection closes under it, so such a request
   * travels on a connection of its own.
   */
  once?: boolean;
}

/** What came of a request. */
export type EgressAnswer =
  | {
    /** A whole answer arrived; any HTTP status, 500 included. */
    status: "answered";
    httpStatus: number;
    /** The peer's headers, without `set-cookie`. */
    headers: Headers;
    text: string;
  }
  | {
    /** No usable answer. The peer may have acted all the same: whether it did is unknown. */
    status: "unreachable";
    /** A short phrase without addresses or secrets, fit for a log and a page. */
    reason: string;
  };

/** Sends one request. Never throws for what a peer does. */
export type Egress = (request: EgressRequest) => Promise<EgressAnswer>;

/** What {@link createEgress} needs. */
export interface EgressOptions {
  /** Origins such as `https://api.telnyx.com`; plain http for `127.0.0.1` and `localhost` alone. */
  allowedOrigins: readonly string[];
  /** Rings the deadline. */
  clock: Pick<Clock, "after">;
  /** `tollkeeper` without one. */
  userAgent?: string;
}

/**
 * The way out for a list of origins; `close()` ends its connections when the program stops.
 *
 * Throws when an entry is not a bare origin or is plain http to another machine: both are mistakes in
 * the configuration.
 */
export function createEgress(options: EgressOptions): Egress & { close(): void } {
  options.allowedOrigins.forEach(requireOrigin);
  let unpooled: Deno.HttpClient | null = null;

  function egress(request: EgressRequest): Promise<EgressAnswer> {
    if (!isAllowed(options.allowedOrigins, request.url)) {
      return Promise.resolve(unreachable("host not allowed"));
    }
    const method = request.method ?? (request.body === undefined ? "GET" : "POST");
    if (!(request.once ?? method === "POST")) return send(options, { ...request, method });
    unpooled ??= Deno.createHttpClient({ poolMaxIdlePerHost: 0 });
    return send(options, { ...request, method, client: unpooled });
  }
  function close(): void {
    unpooled?.close();
    unpooled = null;
  }
  return Object.assign(egress, { close });
}

function requireOrigin(origin: string): void {
  const url = URL.canParse(origin) ? new URL(origin) : null;
  if (url?.origin !== origin) {
    throw new TypeError(`Cannot allow ${origin}: it is not an origin like https://api.example.com`);
  }
  const isLoopback = url.hostname === "127.0.0.1" || url.hostname === "localhost";
  if (url.protocol !== "https:" && !(url.protocol === "http:" && isLoopback)) {
    throw new TypeError(`Cannot allow ${origin}: it must be https unless it is this machine`);
  }
}

// The text itself must begin with the origin: the URL parser reads 2130706433 and 0x7f.1 as 127.0.0.1,
// drops tabs and lower-cases hosts, and a list that is compared after that allows what nobody listed.
function isAllowed(allowedOrigins: readonly string[], url: string): boolean {
  if (!URL.canParse(url)) return false;
  const { origin, username, password } = new URL(url);
  if (username !== "" || password !== "" || !allowedOrigins.includes(origin)) return false;
  return url === origin || url.startsWith(`${origin}/`) || url.startsWith(`${origin}?`);
}

type Sending = EgressRequest & { method: "GET" | "POST"; client?: Deno.HttpClient };

async function send(options: EgressOptions, request: Sending): Promise<EgressAnswer> {
  const { deadlineMs = DEADLINE_DEFAULT_MS, maxBytes = ANSWER_DEFAULT_BYTES_MAX } = request;
  const headers = outgoingHeaders(options, request);
  if (!headers) return unreachable("request header not valid");
  const abort = new AbortController();
  const cancelDeadline = options.clock.after(deadlineMs, () => abort.abort());
  try {
    const response = await fetch(request.url, {
      method: request.method,
      headers,
      redirect: "error",
      signal: abort.signal,
      ...(request.body === undefined ? {} : { body: request.body }),
      ...(request.client ? { client: request.client } : {}),
    });
    const bytes = await readBytes(response, maxBytes);
    if (!bytes) return unreachable(`answer larger than ${maxBytes} bytes`);
    const text = decode(bytes);
    if (text === null) return unreachable("answer not UTF-8");
    return { status: "answered", httpStatus: response.status, headers: kept(response), text };
  } catch (error) {
    if (abort.signal.aborted) return unreachable(`no answer within ${deadlineMs} ms`);
    return unreachable(describeFailure(error));
  } finally {
    cancelDeadline();
  }
}

// Null instead of the exception, whose message would quote the header and with it a key.
function outgoingHeaders(options: EgressOptions, request: EgressRequest): Headers | null {
  try {
    const headers = new Headers(request.headers);
    if (!headers.has("user-agent")) headers.set("user-agent", options.userAgent ?? "tollkeeper");
    return headers;
  } catch {
    return null;
  }
}

/** The body's bytes; null when there are more than `maxBytes`, read no further than that. */
async function readBytes(
  response: Response,
  maxBytes: number,
): Promise<Uint8Array<ArrayBuffer>[] | null> {
  const chunks: Uint8Array<ArrayBuffer>[] = [];
  let byteCount = 0;
  // Leaving the loop early cancels the body, which closes the connection.
  for await (const chunk of response.body ?? []) {
    byteCount += chunk.byteLength;
    if (byteCount > maxBytes) return null;
    chunks.push(chunk);
  }
  return chunks;
}

function decode(chunks: Uint8Array<ArrayBuffer>[]): string | null {
  const decoder = new TextDecoder("utf-8", { fatal: true });
  try {
    return chunks.map((chunk) => decoder.decode(chunk, { stream: true })).join("") +
      decoder.decode();
  } catch {
    return null;
  }
}

function kept(response: Response): Headers {
  const headers = new Headers(response.headers);
  headers.delete("set-cookie");
  return headers;
}

// The runtime's messages quote the whole URL, so they are matched and never passed on.
const FAILURES: readonly (readonly [RegExp, string])[] = [
  [/redirect/i, "redirect refused"],
  [/connection refused/i, "connection refused"],
  [/dns error|lookup address/i, "host name not found"],
  [/certificate/i, "certificate not accepted"],
  [/corrupt message|handshake|\btls\b/i, "secure connection failed"],
  [/reset|closed|broken pipe|end of file|reading a body/i, "connection closed"],
  [/unreachable|no route/i, "network unreachable"],
];

function describeFailure(error: unknown): string {
  const text = withCauses(error);
  return FAILURES.find(([pattern]) => pattern.test(text))?.[1] ?? "connection failed";
}

// A URL is cut out before matching: its path may hold any of the words above.
function withCauses(error: unknown): string {
  if (!(error instanceof Error)) return "";
  return `${error.message.replace(/\(?\b[a-z]+:\/\/\S+/g, "")} ${withCauses(error.cause)}`;
}

function unreachable(reason: string): EgressAnswer {
  return { status: "unreachable", reason };
}
