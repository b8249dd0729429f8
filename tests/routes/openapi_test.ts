import assert from "node:assert/strict";
import { listDocs } from "../../routes/openapi.ts";
import { openApp } from "../support/app.ts";

type Json = Record<string, unknown>;

async function readDocument(): Promise<Json> {
  using world = await openApp();
  const answer = await world.app.request("/openapi.json");
  assert.equal(answer.status, 200);
  assert.match(answer.headers.get("content-type") ?? "", /^application\/json/);
  return await answer.json();
}

/** Every value of a member called `name`, with the path that leads to it. */
function find(value: unknown, name: string, path: string[] = []): [string[], unknown][] {
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([key, member]) => [
    ...(key === name ? [[path, member] as [string[], unknown]] : []),
    ...find(member, name, [...path, key]),
  ]);
}

function resolve(document: Json, pointer: string): unknown {
  return pointer.replace(/^#\//, "").split("/").reduce<unknown>(
    (at, part) => (at as Json | undefined)?.[part.replaceAll("~1", "/").replaceAll("~0", "~")],
    document,
  );
}

Deno.test("every route of the API has a description, and what it answers", async () => {
  using world = await openApp();
  const described = new Map(
    listDocs(world.app).map(({ method, path, words }) => [`${method} ${path}`, words]),
  );
  const routes = world.app.routes
    .filter(({ method, path }) => method !== "ALL" && path.startsWith("/api/"))
    .map(({ method, path }) => `${method} ${path}`);
  assert(new Set(routes).size > 30);
  for (const name of new Set(routes)) {
    const words = described.get(name);
    assert(words, `${name} has no doc()`);
    assert(words.summary !== "" && words.tags.length > 0, name);
    const good = Object.keys(words.responses).filter((status) => status.startsWith("2"));
    assert(good.length > 0, `${name} says nothing of success`);
  }
});

Deno.test("the document is OpenAPI 3.1 and holds every described route", async () => {
  using world = await openApp();
  const document = await readDocument();
  assert.match(String(document["openapi"]), /^3\.1\.\d$/);
  const paths = document["paths"] as Record<string, Json>;
  for (const { method, path } of listDocs(world.app)) {
    const item = paths[path.replace(/:(\w+)/g, "{$1}")];
    assert(item?.[method.toLowerCase()], `${method} ${path}`);
  }
  assert(!JSON.stringify(Object.keys(paths)).includes(":"), "no path of Hono's is left");
});

Deno.test("every $ref resolves, and not to itself", async () => {
  const document = await readDocument();
  const refs = find(document, "$ref");
  assert(refs.length > 50, `${refs.length} references`);
  for (const [path, pointer] of refs) {
    const target = resolve(document, String(pointer)) as Json | undefined;
    assert(target, `${path.join("/")}: ${pointer} leads nowhere`);
    assert.notEqual(`#/${path.join("/")}`, pointer, `${pointer} is itself`);
    assert.notEqual(target["$ref"], pointer, `${pointer} leads to itself`);
  }
});

Deno.test("operations have ids of their own, every parameter of their path, and a lock", async () => {
  const document = await readDocument();
  const ids = find(document["paths"], "operationId").map(([, id]) => id);
  assert.equal(new Set(ids).size, ids.length);
  const schemes = (document["components"] as Json)["securitySchemes"] as Json;
  for (const [path, item] of Object.entries(document["paths"] as Record<string, Json>)) {
    for (const [method, operation] of Object.entries(item as Record<string, Json>)) {
      const parameters = (operation["parameters"] ?? []) as { name: string; in: string }[];
      const named = parameters.filter((one) => one.in === "path").map(({ name }) => name);
      const wanted = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name);
      assert.deepEqual(named.toSorted(), wanted.toSorted(), `${method} ${path}`);
      if (path.includes("webhook/") || path.includes("/webhooks/")) continue;
      const locks = (operation["security"] ?? []) as Json[];
      assert(locks.length > 0, `${method} ${path} says nothing of credentials`);
      for (const lock of locks) assert(Object.keys(lock).every((name) => name in schemes));
    }
  }
});

Deno.test("money in the document is one component, and problems are one answer", async () => {
  const document = await readDocument();
  const components = document["components"] as { schemas: Json; responses: Json };
  assert(components.schemas["Money"] && components.schemas["Problem"]);
  assert(components.responses["Problem"]);
});

Deno.test("/docs shows every operation without script or inline style", async () => {
  using world = await openApp();
  const page = await (await world.app.request("/docs")).text();
  for (const { method, path } of listDocs(world.app)) {
    assert(page.includes(`<code>${method} ${path.replace(/:(\w+)/g, "{$1}")}</code>`), path);
  }
  assert(!/ style=|<style|<script(?! src=)/.test(page));
  const ids = [...page.matchAll(/ id="([^"]*)"/g)].map(([, id]) => id);
  assert.equal(new Set(ids).size, ids.length, "ids are unique");
});
