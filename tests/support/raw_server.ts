/**
 * A loopback server below HTTP: it can drop, stall and lie as real peers do and frameworks do not.
 *
 * @module
 */

/** One request on a connection, and how many came before it. */
export type Arrived = { conn: Deno.TcpConn; requestText: string; requestCount: number };

/** Answers raw requests; `react` returns false to end the connection, counted per connection. */
export function serveRaw(
  react: (arrived: Arrived) => Promise<boolean>,
): { origin: string; stop(): Promise<void> } {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const open = new Set<Deno.TcpConn>();
  async function converse(conn: Deno.TcpConn): Promise<void> {
    const buffer = new Uint8Array(65_536);
    for (let requestCount = 1;; requestCount++) {
      const count = await conn.read(buffer).catch(() => null);
      if (count === null) return;
      const requestText = new TextDecoder().decode(buffer.subarray(0, count));
      if (!await react({ conn, requestText, requestCount })) return;
    }
  }
  const accepting = (async () => {
    const talks: Promise<void>[] = [];
    for await (const conn of listener) {
      open.add(conn);
      talks.push(
        converse(conn).finally(() => {
          if (open.delete(conn)) conn.close();
        }),
      );
    }
    await Promise.all(talks);
  })();
  async function stop(): Promise<void> {
    listener.close();
    for (const conn of open) {
      open.delete(conn);
      conn.close();
    }
    await accepting;
  }
  return { origin: `http://127.0.0.1:${listener.addr.port}`, stop };
}

/** Writes raw text to a connection. */
export async function say(conn: Deno.TcpConn, text: string): Promise<void> {
  await conn.write(new TextEncoder().encode(text));
}
