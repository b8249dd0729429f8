import assert from "node:assert/strict";
import { Hono } from "hono";
import { z } from "zod";
import type { AppEnv } from "../../routes/caller.ts";
import { valid } from "../../routes/openapi.ts";

const body = z.object({
  name: z.string().max(5),
  inner: z.object({ "a/b~c": z.int() }).optional(),
  list: z.array(z.int()).optional(),
});
const app = new Hono<AppEnv>()
  .post("/", valid("json", body), (c) => c.json(c.req.valid("json")))
  .get("/", valid("query", z.object({ limit: z.coerce.number().optional() })), (c) => {
    return c.json(c.req.valid("query"));
  })
  .put("/", valid("header", z.object({ "if-match": z.string() })), (c) => {
    return c.json(c.req.valid("header"));
  });

const post = (text: BodyInit, type = "application/json") =>
  app.request("/", { method: "POST", headers: { "content-type": type }, body: text });

type Expected = [status: number, code: string, errors: [pointer: string, detail: string][]];
const ROWS: [words: string, text: BodyInit, expected: Expected, type?: string][] = [
  ["a missing member", "{}", [422, "validation", [["/name", "is missing"]]]],
  ["no letters", "", [400, "malformed_body", []]],
  ["an unknown member", `{"name":"x","nmae":1}`, [422, "validation", [
    ["/nmae", "is not known here"],
  ]]],
  ["a wrong type", `{"name":1}`, [422, "validation", [
    ["/name", "must be string, received number"],
  ]]],
  ["a pointer with slash and tilde", `{"name":"x","inner":{"a/b~c":"1"}}`, [422, "validation", [
    ["/inner/a~1b~0c", "must be number, received string"],
  ]]],
  ["a member of a list", `{"name":"x","list":[1,"2"]}`, [422, "validation", [
    ["/list/1", "must be number, received string"],
  ]]],
  ["NUL", `{"name":"\\u0000"}`, [422, "validation", [
    ["/name", "must be well-formed text without NUL"],
  ]]],
  ["half a pair", `{"name":"\\ud800"}`, [422, "validation", [
    ["/name", "must be well-formed text without NUL"],
  ]]],
  ["__proto__", `{"name":"x","__proto__":{"a":1}}`, [422, "validation", [
    ["/__proto__", "is not known here"],
  ]]],
  ["not JSON", `{"name":`, [400, "malformed_body", []]],
  ["not UTF-8", new Uint8Array([0x22, 0xff, 0x22]), [400, "malformed_body", []]],
  ["very deep", "[".repeat(200_000), [400, "malformed_body", []]],
  ["a list", "[]", [422, "validation", [["", "must be object, received array"]]]],
  ["a form", "name=x", [415, "unsupported_media_type", []], "application/x-www-form-urlencoded"],
  ["plain text", `{"name":"x"}`, [415, "unsupported_media_type", []], "text/plain"],
];

for (const [words, text, [status, code, errors], type] of ROWS) {
  Deno.test(`a body with ${words} is ${status} ${code}`, async () => {
    const answer = await post(text, type);
    assert.equal(answer.status, status);
    assert.equal(answer.headers.get("content-type"), "application/problem+json");
    const told = await answer.json();
    assert.equal(told.code, code);
    assert.deepEqual(
      told.errors.map((one: { pointer: string; detail: string }) => [one.pointer, one.detail]),
      errors,
    );
  });
}

Deno.test("a request without body or type is left to the schema", async () => {
  const answer = await app.request("/", { method: "POST" });
  assert.deepEqual([answer.status, (await answer.json()).errors[0].detail], [422, "is missing"]);
});

Deno.test("JSON of any JSON type is read, and what came out of the schema is what the route gets", async () => {
  for (
    const type of [
      "application/json; charset=utf-8",
      "application/vnd.api+json",
      "APPLICATION/JSON",
    ]
  ) {
    const answer = await post(`{"name":"ok"}`, type);
    assert.deepEqual([answer.status, await answer.json()], [200, { name: "ok" }]);
  }
});

Deno.test("a query parameter that is unknown or sent twice is refused; unknown headers are not", async () => {
  assert.equal((await app.request("/?limit=1")).status, 200);
  assert.equal((await app.request("/?limti=1")).status, 422);
  assert.equal((await app.request("/?limit=1&limit=2")).status, 422);
  const headers = { "if-match": "x", "x-anything": "y" };
  const answer = await app.request("/", { method: "PUT", headers });
  assert.deepEqual(await answer.json(), { "if-match": "x" });
});
