import assert from "node:assert/strict";
import { readTelnyxAnswer } from "../../../../core/carriers/telnyx/answers.ts";

const deps = { clock: { now: () => Date.UTC(2031, 2, 3, 12) }, apiKey: "KEY01_secret" };
const JSON_TYPE = { "content-type": "application/json; charset=utf-8" };
const ERROR = '{"errors":[{"code":"10011","title":"Too many requests","detail":"Later."}]}';

function read(httpStatus: number, text: string, headers: Record<string, string> = JSON_TYPE) {
  return readTelnyxAnswer(deps, {
    status: "answered",
    httpStatus,
    headers: new Headers(headers),
    text,
  });
}

const STATUSES: readonly [httpStatus: number, text: string, status: string][] = [
  [200, "{}", "read"],
  [200, ERROR, "answer_unreadable"],
  [201, "{}", "answer_unreadable"],
  [302, "{}", "answer_unreadable"],
  // One code, two meanings: the HTTP status decides.
  [400, ERROR, "request_refused"],
  [422, ERROR, "request_refused"],
  [429, ERROR, "carrier_unavailable"],
  [401, ERROR, "credentials_refused"],
  [403, ERROR, "credentials_refused"],
  [404, ERROR, "not_found"],
  [408, ERROR, "carrier_unavailable"],
  [500, ERROR, "carrier_unavailable"],
  [503, "", "carrier_unavailable"],
];

for (const [httpStatus, text, status] of STATUSES) {
  Deno.test(`HTTP ${httpStatus} with ${text.slice(0, 12)} is ${status}`, () => {
    assert.equal(read(httpStatus, text).status, status);
  });
}

Deno.test("HTML is not Telnyx's word, whatever its status", () => {
  const html = { "content-type": "text/html" };
  for (const httpStatus of [200, 400, 404]) {
    assert.equal(read(httpStatus, "<!doctype html>", html).status, "answer_unreadable");
  }
  assert.equal(read(429, "<!doctype html>", html).status, "carrier_unavailable");
  assert.equal(read(401, "<!doctype html>", html).status, "credentials_refused");
});

Deno.test("cut JSON is unreadable and not quoted", () => {
  const answer = read(200, '{"data":[{"cost":"0.1"');
  assert.deepEqual(answer, {
    status: "answer_unreadable",
    reason: "HTTP 200: JSON broken (22 characters)",
    rateLimit: null,
  });
});

Deno.test("a 429 says how long to wait, by the reset, by Retry-After, or by the longer", () => {
  const rows: [Record<string, string>, number | null][] = [
    [{}, null],
    [{ "x-ratelimit-reset": "17" }, 17_000],
    [{ "x-ratelimit-reset": "0" }, 0],
    [{ "x-ratelimit-reset": "soon" }, null],
    [{ "x-ratelimit-reset": "999999" }, 600_000],
    [{ "retry-after": "5" }, 5_000],
    [{ "retry-after": "5", "x-ratelimit-reset": "17" }, 17_000],
    [{ "retry-after": "30", "x-ratelimit-reset": "17" }, 30_000],
    [{ "retry-after": "Mon, 03 Mar 2031 12:00:30 GMT" }, 30_000],
  ];
  for (const [headers, expected] of rows) {
    const answer = read(429, ERROR, { ...JSON_TYPE, ...headers });
    assert.equal(answer.status === "carrier_unavailable" && answer.retryAfterMs, expected);
  }
});

Deno.test("the quota is told with every answer that carries it", () => {
  const quota = {
    "x-ratelimit-limit": "40, 40;w=60",
    "x-ratelimit-remaining": "39",
    "x-ratelimit-reset": "17",
  };
  for (const httpStatus of [200, 400, 401, 404, 429, 500]) {
    const { rateLimit } = read(httpStatus, "{}", { ...JSON_TYPE, ...quota });
    assert.deepEqual(rateLimit, { remaining: 39, resetMs: 17_000 }, String(httpStatus));
  }
  assert.equal(read(200, "{}", { ...JSON_TYPE, "x-ratelimit-remaining": "39" }).rateLimit, null);
});

Deno.test("a reason quotes the documented words, no key and no long token", () => {
  const text = JSON.stringify({
    errors: [
      { code: "10009", title: "Authentication failed", detail: "KEY01_secret is not valid" },
      { code: 7, title: "KEY0123456789ABCDEF0123" },
    ],
  });
  const answer = read(401, text);
  assert.equal(
    answer.status === "credentials_refused" && answer.reason,
    "HTTP 401 10009 Authentication failed … is not valid; …",
  );
});

Deno.test("an unreachable Telnyx is unavailable", () => {
  const answer = readTelnyxAnswer(deps, { status: "unreachable", reason: "connection refused" });
  assert.deepEqual(answer, {
    status: "carrier_unavailable",
    reason: "connection refused",
    retryAfterMs: null,
    rateLimit: null,
  });
});
