/**
 * Every way there is to write the address of a machine, and none of them leads past the list.
 *
 * @module
 */
import assert from "node:assert/strict";
import fc from "fast-check";
import { systemClock } from "../../core/clock.ts";
import { createEgress } from "../../core/egress.ts";

const LISTED = ["https://api.example.com", "http://127.0.0.1:8123"];

/** Hosts that a URL parser takes for 127.0.0.1, ::1 or api.example.com, or that hide another one. */
const HOSTS = [
  ...["127.0.0.1", "localhost", "2130706433", "0x7f000001", "0x7f.1", "0177.0.0.1", "017700000001"],
  ...["127.1", "127.0.1", "127.0.0.1.", "127.000.000.001", "0", "0.0.0.0", "[::]", "[::1]"],
  ...["[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "[0:0:0:0:0:ffff:7f00:0001]", "[64:ff9b::7f00:1]"],
  ...[
    "１２７.０.０.１",
    "①②⑦.⓪.⓪.①",
    "127。0。0。1",
    "ａｐｉ.example.com",
    "api.example.com.",
    "API.example.com",
  ],
  ...[
    "api%2eexample.com",
    "api.example.com%00.evil.example",
    "api.example.com\u0000",
    "apı.example.com",
  ],
  ...[
    "evil.example",
    "api.example.com.evil.example",
    "api.example.comevil.example",
    "169.254.169.254",
  ],
  ...[
    "metadata.google.internal",
    "xn--api-.example.com",
    "api.example.com\t",
    "api\u00ad.example.com",
  ],
];
const PORTS = ["", ":443", ":80", ":8123", ":08123", ":8124", ":0", ":99999", ":"];
const USERS = [
  "",
  "user@",
  "user:pass@",
  "@",
  "api.example.com@",
  "api.example.com:443@",
  "127.0.0.1:8123\\@",
];
const SCHEMES = [
  "https://",
  "http://",
  "HTTPS://",
  "https:",
  "https:/",
  "https:///",
  "//",
  "ftp://",
  "file://",
  "data:,",
  "ws://",
  "blob:https://",
];
const PATHS = ["", "/", "/x", "?x", "#x", "\\x", "/../x", "//evil.example/", "/@evil.example"];

Deno.test("no spelling of an address gets past the list", async () => {
  const egress = createEgress({ allowedOrigins: LISTED, clock: systemClock() });
  const urls = fc.tuple(
    fc.constantFrom(...SCHEMES),
    fc.constantFrom(...USERS),
    fc.constantFrom(...HOSTS),
    fc.constantFrom(...PORTS),
    fc.constantFrom(...PATHS),
  ).map((parts) => parts.join(""));
  const isListed = (url: string) =>
    LISTED.some((origin) =>
      url === origin || [`${origin}/`, `${origin}?`].some((start) => url.startsWith(start))
    );
  let count = 0;
  await fc.assert(
    fc.asyncProperty(urls, async (url) => {
      fc.pre(!isListed(url));
      count++;
      assert.deepEqual(await egress({ url }), {
        status: "unreachable",
        reason: "host not allowed",
      });
    }),
    { numRuns: 20_000, seed: 20_260_131 },
  );
  assert(count > 19_000);
  egress.close();
});

Deno.test("only https, and this machine by http, can be put on the list", () => {
  const bad = [
    "http://evil.example",
    "http://0.0.0.0",
    "http://[::1]",
    "http://169.254.169.254",
    "http://127.0.0.2",
  ];
  bad.push(
    "http://2130706433",
    "http://localhost.",
    "ftp://api.example.com",
    "file://",
    "null",
    "https://a@b.example",
    "https://a.example/",
  );
  for (const origin of bad) {
    assert.throws(
      () => createEgress({ allowedOrigins: [origin], clock: systemClock() }),
      TypeError,
      origin,
    );
  }
});
