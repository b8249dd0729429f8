/**
 * Reads the body of a request before its route does: whole, in bounds, and within a deadline.
 *
 * The server below waits for as long as a sender likes to trickle, so the deadline is ours.
 *
 * Comes from: `routes/app.ts`. Goes to: `routes/problem.ts`.
 *
 * @module
 */
import type { MiddlewareHandler } from "hono";
import { type Clock, SECOND_MS } from "../core/clock.ts";
import type { AppEnv } from "./caller.ts";
import { problem } from "./problem.ts";

/** The largest body a request may have. */
export const BODY_BYTES_MAX: number = 256 * 1024;
/** How long a body may take to arrive, from when the sender was let in. */
export const BODY_DEADLINE_MS: number = 10 * SECOND_MS;

/**
 * Hands the route a request whose body is there already.
 *
 * One that is too large is 413, one that takes too long 408, one that breaks off 400; nothing else is
 * read from its connection then, since what is left of the body is still on its way.
 */
export function readBody({ clock }: { clock: Pick<Clock, "after"> }): MiddlewareHandler<AppEnv> {
  return async (c, next) => {
    const { raw } = c.req;
    // No route reads the body of a GET, and a Request cannot even be made with one.
    if (!raw.body || raw.method === "GET" || raw.method === "HEAD") return await next();
    const isDeclaredTooLarge = Number(raw.headers.get("content-length") ?? 0) > BODY_BYTES_MAX;
    const read = isDeclaredTooLarge
      ? { status: "body_too_large" as const }
      : await readWhole(clock, raw.body);
    if (read.status !== "whole") {
      return problem(c, { code: read.status, headers: { connection: "close" } });
    }
    // Made anew rather than copied: a copy would follow the signal, which the runtime warns about.
    const { url, method, headers } = raw;
    c.req.raw = new Request(url, { method, headers, body: read.bytes });
    await next();
  };
}

type Read =
  | { status: "whole"; bytes: Uint8Array<ArrayBuffer> }
  | { status: "body_too_large" | "body_too_slow" | "malformed_body" };

async function readWhole(
  clock: Pick<Clock, "after">,
  body: ReadableStream<Uint8Array<ArrayBuffer>>,
): Promise<Read> {
  const reader = body.getReader();
  const late = Promise.withResolvers<Read>();
  const cancelDeadline = clock.after(
    BODY_DEADLINE_MS,
    () => late.resolve({ status: "body_too_slow" }),
  );
  // A sender who hangs up is no fault of ours, and nobody is left to hear of it.
  const read = readAll(reader).catch((): Read => ({ status: "malformed_body" }));
  const outcome = await Promise.race([read, late.promise]);
  cancelDeadline();
  if (outcome.status !== "whole") await reader.cancel().catch(() => {});
  return outcome;
}

async function readAll(
  reader: ReadableStreamDefaultReader<Uint8Array<ArrayBuffer>>,
): Promise<Read> {
  const chunks: Uint8Array<ArrayBuffer>[] = [];
  let size = 0;
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return { status: "whole", bytes: joined(chunks, size) };
    size += value.byteLength;
    if (size > BODY_BYTES_MAX) return { status: "body_too_large" };
    chunks.push(value);
  }
}

function joined(chunks: Uint8Array<ArrayBuffer>[], size: number): Uint8Array<ArrayBuffer> {
  if (chunks.length === 1) return chunks[0]!;
  const bytes = new Uint8Array(size);
  let at = 0;
  for (const chunk of chunks) {
    bytes.set(chunk, at);
    at += chunk.byteLength;
  }
  return bytes;
}
