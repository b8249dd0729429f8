/**
 * The app of the tests behind a real server on loopback.
 *
 * Goes to: `tests/support/app.ts`.
 *
 * @module
 */
import type { AppWorld } from "./app.ts";

/** A running server; dispose of it. */
export interface ServedApp extends AsyncDisposable {
  /** `http://127.0.0.1:…`. */
  origin: string;
  port: number;
}

/** Serves as `main.ts` does. */
export function serveApp({ app }: Pick<AppWorld, "app">): ServedApp {
  const server = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen: () => {} },
    (request, info) => app.fetch(request, { remoteAddress: info.remoteAddr.hostname }),
  );
  const { port } = server.addr;
  return {
    port,
    origin: `http://127.0.0.1:${port}`,
    [Symbol.asyncDispose]: () => server.shutdown(),
  };
}
