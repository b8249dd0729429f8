import assert from "node:assert/strict";
import { systemClock } from "../../core/clock.ts";
import {
  createEndpointEgress,
  DELIVERY_DEADLINE_MS,
  type EndpointEgressOptions,
} from "../../core/endpoint_egress.ts";
import { checkTarget } from "../../core/endpoint_target.ts";
import { fakeClock } from "../support/fake_clock.ts";

const REFUSED = [
  ...["http://example.com/", "ftp://example.com/", "example.com", "", "javascript:alert(1)"],
  ...["https://127.0.0.1/", "https://localhost/", "https://localhost:8443/", "https://10.0.0.8/x"],
  ...["https://169.254.169.254/latest/meta-data", "https://192.168.1.1/", "https://[::1]/"],
  ...["https://[fd00::1]/", "https://[::ffff:127.0.0.1]/", "https://[::ffff:7f00:1]/"],
  ...["https://2130706433/", "https://0x7f000001/", "https://0177.0.0.1/", "https://127.1/"],
  ...[
    "https://１２７.0.0.1/",
    "https://exam\tple.com/",
    "https:\\\\example.com\\",
    " https://a.com/",
  ],
  ...["https://user:pass@example.com/", "https://example.com/#part", "https://intranet/"],
  ...[
    "https://printer.local/",
    "https://db.internal/",
    "https://example.com./",
    "file:///etc/passwd",
  ],
  `https://example.com/${"x".repeat(500)}`,
];

for (const url of REFUSED) {
  Deno.test(`${url.slice(0, 60)} is no address to post to`, () => {
    assert.notEqual(checkTarget(url, { mayReachLoopback: false }), null);
  });
}

Deno.test("public https addresses may be posted to, with port, path and query", () => {
  for (
    const url of ["https://example.com", "https://a.example.com:8443/x?y=1", "https://8.8.8.8/"]
  ) {
    assert.equal(checkTarget(url, { mayReachLoopback: false }), null, url);
  }
});

Deno.test("where carriers live on this machine, endpoints on it are let through and nothing else", () => {
  const may = { mayReachLoopback: true };
  assert.equal(checkTarget("http://127.0.0.1:8000/hooks", may), null);
  assert.equal(checkTarget("http://localhost:8000/hooks", may), null);
  for (
    const url of ["http://127.0.0.2/", "http://10.0.0.1/", "http://2130706433/", "http://a.com/"]
  ) {
    assert.notEqual(checkTarget(url, may), null, url);
  }
});

const open = (options: Partial<EndpointEgressOptions> = {}) =>
  createEndpointEgress({ clock: systemClock(), mayReachLoopback: false, ...options });
const SENT = { headers: { "webhook-id": "a" }, body: "{}" };

Deno.test("a name with one private address among its own is not connected to", async () => {
  for (const address of ["10.0.0.1", "127.0.0.1", "::1", "169.254.169.254", "::ffff:10.0.0.1"]) {
    const egress = open({
      resolve: () => Promise.resolve([{ address: "8.8.8.8", family: 4 }, { address, family: 4 }]),
    });
    assert.deepEqual(await egress({ url: "https://hooks.example.com/", ...SENT }), {
      status: "unreachable",
      reason: "address not on the public internet",
    });
  }
});

Deno.test("a name that does not resolve, and an address that is not allowed, are said so", async () => {
  const egress = open({ resolve: () => Promise.reject(new Error("ENOTFOUND secret.example.com")) });
  assert.deepEqual(await egress({ url: "https://secret.example.com/", ...SENT }), {
    status: "unreachable",
    reason: "host name not found",
  });
  assert.deepEqual(await egress({ url: "http://127.0.0.1:1/", ...SENT }), {
    status: "unreachable",
    reason: "address not allowed",
  });
});

async function withServer(
  answer: (request: Request) => Response | Promise<Response>,
  use: (url: string) => Promise<void>,
): Promise<void> {
  const server = Deno.serve({ port: 0, hostname: "127.0.0.1", onListen: () => {} }, answer);
  try {
    await use(`http://127.0.0.1:${server.addr.port}/hooks`);
  } finally {
    await server.shutdown();
  }
}

Deno.test("a delivery arrives as given, and its HTTP status comes back, large answers too", () =>
  withServer(async (request) => {
    assert.equal(request.headers.get("webhook-id"), "a");
    assert.equal(request.method, "POST");
    assert.equal(await request.text(), '{"a":"é"}');
    return new Response("x".repeat(300_000), { status: 201 });
  }, async (url) => {
    const egress = open({ mayReachLoopback: true });
    assert.deepEqual(
      await egress({ url, headers: SENT.headers, body: '{"a":"é"}' }),
      { status: "answered", httpStatus: 201 },
    );
  }));

Deno.test("a name is resolved once, and the connection goes to what was found", () =>
  withServer(() => new Response(), async (url) => {
    let count = 0;
    const egress = open({
      mayReachLoopback: true,
      resolve: () => {
        count++;
        return Promise.resolve([{ address: "127.0.0.1", family: 4 }]);
      },
    });
    const named = url.replace("127.0.0.1", "localhost");
    assert.deepEqual(await egress({ url: named, ...SENT }), {
      status: "answered",
      httpStatus: 200,
    });
    assert.equal(count, 1);
  }));

Deno.test("a redirect comes back as it is", async () => {
  let count = 0;
  await withServer(() => {
    count++;
    return new Response(null, { status: 307, headers: { location: "/elsewhere" } });
  }, async (url) => {
    const egress = open({ mayReachLoopback: true });
    assert.deepEqual(await egress({ url, ...SENT }), { status: "answered", httpStatus: 307 });
    assert.equal(count, 1);
  });
});

Deno.test("after fifteen seconds without an answer the time is over", async () => {
  let release = () => {};
  const held = new Promise<void>((resolve) => release = resolve);
  const clock = fakeClock(0);
  await withServer(async () => {
    clock.advance(DELIVERY_DEADLINE_MS);
    await held;
    return new Response();
  }, async (url) => {
    const egress = open({ clock, mayReachLoopback: true });
    assert.deepEqual(await egress({ url, ...SENT }), {
      status: "unreachable",
      reason: "no answer within 15000 ms",
    });
    release();
  });
});

Deno.test("a closed port and a header that cannot be sent are reasons without their secrets", async () => {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = listener.addr;
  listener.close();
  const egress = open({ mayReachLoopback: true });
  const url = `http://127.0.0.1:${port}/path-with-a-secret`;
  assert.deepEqual(await egress({ url, ...SENT }), {
    status: "unreachable",
    reason: "connection refused",
  });
  assert.deepEqual(await egress({ url, headers: { "x-a": "b\r\nc: d" }, body: "" }), {
    status: "unreachable",
    reason: "request not valid",
  });
});
