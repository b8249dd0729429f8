import assert from "node:assert/strict";
import { API_KEY, NOW_MS, serve, serveBland } from "./served_bland.ts";

const PAGE = { startAtMs: NOW_MS, from: 0 };

const JSON_TYPE = { "content-type": "application/json" };
const page = JSON.stringify({
  count: 1,
  calls: [{ call_id: "a", created_at: "2031-03-03T08:00:00Z" }],
});
const ANSWERS: readonly [why: string, response: () => Response, expected: string][] = [
  ["500", () => new Response("{}", { status: 500, headers: JSON_TYPE }), "carrier_unavailable"],
  ["502 as HTML", () => new Response("<html>", { status: 502 }), "carrier_unavailable"],
  ["408", () => new Response("", { status: 408 }), "carrier_unavailable"],
  [
    "429",
    () => Response.json({ status: "error", message: "Rate limit exceeded" }, { status: 429 }),
    "carrier_unavailable",
  ],
  [
    "a redirect",
    () => new Response(null, { status: 302, headers: { location: "/v1/me" } }),
    "carrier_unavailable",
  ],
  [
    "bytes that are no UTF-8",
    () => new Response(new Uint8Array([0xff]), { headers: JSON_TYPE }),
    "carrier_unavailable",
  ],
  ["401 as HTML", () => new Response("<html>", { status: 401 }), "credentials_refused"],
  [
    "403",
    () => Response.json({ status: "error", message: "flagged" }, { status: 403 }),
    "credentials_refused",
  ],
  [
    "AUTH_FAILURE with 200",
    () => Response.json({ data: null, errors: [{ error: "AUTH_FAILURE" }] }),
    "credentials_refused",
  ],
  [
    "an error shape with 200",
    () => Response.json({ status: "error", message: "no" }),
    "answer_unreadable",
  ],
  [
    "errors as texts with 200",
    () => Response.json({ data: null, errors: ["no"] }),
    "answer_unreadable",
  ],
  ["400", () => Response.json({ error: "no" }, { status: 400 }), "answer_unreadable"],
  ["404", () => Response.json({ status: "error" }, { status: 404 }), "answer_unreadable"],
  [
    "HTML with 200",
    () => new Response("<html>", { headers: { "content-type": "text/html" } }),
    "answer_unreadable",
  ],
  [
    "JSON that is called text",
    () => new Response(page, { headers: { "content-type": "text/plain" } }),
    "answer_unreadable",
  ],
  [
    "JSON that is called nothing",
    () => new Response(new TextEncoder().encode(page)),
    "answer_unreadable",
  ],
  [
    "a page cut in half",
    () => new Response(page.slice(0, page.length / 2), { headers: JSON_TYPE }),
    "answer_unreadable",
  ],
  ["nothing", () => new Response("", { headers: JSON_TYPE }), "answer_unreadable"],
  ["204", () => new Response(null, { status: 204 }), "answer_unreadable"],
  ["null", () => new Response("null", { headers: JSON_TYPE }), "answer_unreadable"],
  ["a list without its envelope", () => Response.json([]), "answer_unreadable"],
  ["calls that are no list", () => Response.json({ count: 0, calls: {} }), "answer_unreadable"],
  ["no calls", () => Response.json({ count: 0 }), "answer_unreadable"],
  ["a page", () => new Response(page, { headers: JSON_TYPE }), "listed"],
  [
    "a page with a charset",
    () => new Response(page, { headers: { "content-type": "Application/JSON; charset=utf-8" } }),
    "listed",
  ],
  ["a page without a count", () => Response.json({ calls: [] }), "listed"],
  [
    "a page of nulls",
    () => Response.json({ count: null, total_count: null, calls: [null] }),
    "listed",
  ],
  [
    "a page with an error member beside its calls",
    () => Response.json({ error: "x", calls: [] }),
    "listed",
  ],
];

for (const [why, response, expected] of ANSWERS) {
  Deno.test(`listCalls() answered with ${why}: ${expected}`, async () => {
    await using server = serve(response);
    const outcome = await server.clientOf(API_KEY).listCalls(PAGE);
    assert.equal(
      outcome.status,
      expected,
      JSON.stringify(outcome, (_, v) => typeof v === "bigint" ? `${v}` : v),
    );
  });
}

Deno.test("a 404 counts as not found only when Bland itself says it", async () => {
  const answers = [
    Response.json({ status: "error", message: "Call not found" }, { status: 404 }),
    new Response("<html>", { status: 404 }),
  ];
  await using server = serve(() => answers.shift() ?? new Response());
  const client = server.clientOf(API_KEY);
  assert.equal((await client.getCall("a")).status, "call_not_found");
  assert.equal((await client.getCall("a")).status, "answer_unreadable");
});

Deno.test("an error shape with 200 gives its words as the reason", async () => {
  await using server = serve(() => Response.json({ status: "error", message: "Not today" }));
  const client = server.clientOf(API_KEY);
  const expected = { status: "answer_unreadable", reason: "HTTP 200 Not today" };
  assert.deepEqual(await client.listCalls(PAGE), expected);
  assert.deepEqual(await client.getCall("a"), expected);
});

Deno.test("listCalls() passes on how long Bland asks to wait, 10 minutes at most", async () => {
  await using bland = serveBland();
  const { faults } = bland.simulator;
  const waits: (number | null)[] = [];
  for (const retryAfter of [null, "7", "Mon, 03 Mar 2031 12:00:30 GMT", "86400", "soon"]) {
    Object.assign(faults, { failNext: { httpStatus: 429, count: 1 }, retryAfter });
    const outcome = await bland.client.listCalls(PAGE);
    waits.push(outcome.status === "carrier_unavailable" ? outcome.retryAfterMs : -1);
  }
  assert.deepEqual(waits, [null, 7_000, 30_000, 600_000, null]);
  assert.equal((await bland.client.listCalls(PAGE)).status, "listed");
});

Deno.test("no reason ever quotes a secret, even when Bland does", async () => {
  const quotes = [
    `Invalid key ${API_KEY}`,
    `Invalid key ${API_KEY.slice(0, 20)}`,
    `Bearer ${API_KEY}\r\nset-cookie: session=0123456789abcdef0123`,
    `key "${API_KEY.slice(4)}" expired`,
  ];
  for (const message of quotes) {
    for (const status of [200, 400, 401, 403, 429, 500]) {
      const bodies = [
        { status: "error", message },
        { data: null, errors: [message] },
        { data: null, errors: [{ error: "X", message }] },
        { error: message },
      ];
      await using server = serve(() => Response.json(bodies.shift(), { status }));
      const client = server.clientOf(API_KEY);
      for (
        const outcome of [
          await client.listCalls(PAGE),
          await client.getCall("a"),
          await client.listCalls(PAGE),
          await client.getCall("a"),
        ]
      ) {
        const text = JSON.stringify(outcome);
        assert.ok("reason" in outcome && outcome.reason.length <= 160, text);
        assert.ok(!text.includes("4f6d1c0a") && !text.includes("0123456789"), text);
        assert.ok(!text.includes("\\r") && !text.includes("\\n"), text);
      }
    }
  }
});
