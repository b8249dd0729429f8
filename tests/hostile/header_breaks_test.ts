/**
 * Line breaks in whatever of a request may come back in a header: the bytes of the answer, as they leave a
 * real server, hold one head with the headers we send and no other.
 *
 * @module
 */
import assert from "node:assert/strict";
import { admit, everyRoute, fillPath } from "../support/every_route.ts";
import { type AppWorld, form, openApp, signedIn } from "../support/app.ts";
import { serveApp } from "../support/serve_app.ts";

/** Line breaks as a path or a query writes them; the fourth pair is cut to CR and LF by careless code. */
const BREAKS = ["%0d%0a", "%0a", "%0d", "%E5%98%8D%E5%98%8A", "%E2%80%A8", "%C2%85", "%250d%250a"];
const INJECTED = "X-Injected:%20yes";
/** Where a query of some page or list may hold a text. */
const NAMES = [
  "cursor",
  "limit",
  "from",
  "to",
  "month",
  "search",
  "q",
  "job",
  "account",
  "return_to",
];

/** The head of an answer as it came over the wire, its first line left out. */
async function headOf(
  port: number,
  { method, path, headers, body = "" }: {
    method: string;
    path: string;
    headers: Record<string, string>;
    body?: string;
  },
): Promise<{ status: number; lines: string[] }> {
  const bytes = new TextEncoder().encode(body);
  const told = Object.entries({
    ...headers,
    host: "127.0.0.1",
    connection: "close",
    ...(method === "GET" ? {} : { "content-length": String(bytes.length) }),
  }).map(([name, value]) => `${name}: ${value}\r\n`).join("");
  const conn = await Deno.connect({ hostname: "127.0.0.1", port });
  const writer = conn.writable.getWriter();
  await writer.write(new TextEncoder().encode(`${method} ${path} HTTP/1.1\r\n${told}\r\n${body}`));
  let text = "";
  // Latin-1: what a byte is, and not what it may mean.
  for await (const part of conn.readable) text += new TextDecoder("latin1").decode(part);
  writer.releaseLock();
  const [head = ""] = text.split("\r\n\r\n");
  const [first = "", ...lines] = head.split("\r\n");
  return { status: Number(first.split(" ")[1]), lines };
}

function check(told: string, { status, lines }: { status: number; lines: string[] }): void {
  assert.ok(status >= 200 && status !== 500, `${told}: ${status}`);
  const names = lines.map((line) => /^([a-z-]+): [^\r\n]*$/i.exec(line)?.[1]?.toLowerCase());
  assert.ok(
    names.every((name) => name !== undefined && name !== "x-injected"),
    `${told}: ${lines}`,
  );
  assert.ok(lines.every((line) => /^[\x20-\x7e]*$/.test(line)), `${told}: ${lines}`);
}

async function served(story: (world: AppWorld, port: number) => Promise<void>): Promise<void> {
  using world = await openApp({ isSandbox: true });
  await using server = serveApp(world);
  await story(world, server.port);
}

Deno.test("no line break in an address becomes one in the head of an answer, at any route that reads", () =>
  served(async (world, port) => {
    let turn = 0;
    const seen = new Set<string>();
    for (const route of everyRoute(world).filter(({ method }) => method === "GET")) {
      const headers = await admit(world, route.row);
      const text = () => `a${BREAKS[turn++ % BREAKS.length]}${INJECTED}`;
      const path = fillPath(route.path, { id: "acme", accountId: "acme" });
      const paths = [
        ...(route.path.includes(":") ? BREAKS.map(() => route.path.replace(/:\w+/g, text())) : []),
        `${path}?${NAMES.slice(0, 5).map((name) => `${name}=${text()}`).join("&")}`,
        ...NAMES.map((name) => `${path}?limit=1&${name}=${text()}`),
        `${path}?${text()}=1`,
        `${path}?limit=1`,
      ];
      for (const one of paths) {
        const answer = await headOf(port, { method: "GET", path: one, headers });
        check(`GET ${one}`, answer);
        for (const line of answer.lines) seen.add(line.split(":")[0]!.toLowerCase());
      }
      world.clock.advance(60_000);
    }
    for (const name of ["link", "location"]) {
      assert.ok(seen.has(name), `no answer had the header ${name}: ${[...seen]}`);
    }
  }));

Deno.test("no line break in a form's field becomes one in the place it leads to", () =>
  served(async (world, port) => {
    const person = await signedIn(world, { email: "ada@example.com", role: "admin" });
    const seen = new Set<number>();
    for (const way of BREAKS) {
      for (const to of ["/admin", "/admin/accounts?q=x", ""]) {
        const fields = decodeURIComponent(`${to}${way}${INJECTED}`);
        const { headers, body } = form({ advance: "PT1S", return_to: fields }, person);
        const answer = await headOf(port, {
          method: "POST",
          path: "/sandbox/clock",
          headers: headers as Record<string, string>,
          body: String(body),
        });
        check(`return_to ${JSON.stringify(fields)}`, answer);
        seen.add(answer.status);
      }
    }
    assert.deepEqual([...seen], [303], "the places were led to");
  }));
