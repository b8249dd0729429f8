import assert from "node:assert/strict";
import { gzipSync } from "node:zlib";
import { ICON_NAMES } from "../../../routes/pages/icon.tsx";
import {
  assetPath,
  loadStaticFiles,
  STATIC_NAMES,
  staticRoutes,
} from "../../../routes/static_files.ts";

const FOLDER = new URL("../../../static/", import.meta.url);
const files = await loadStaticFiles((name) => Deno.readFile(new URL(name, FOLDER)));
const app = staticRoutes(files);

Deno.test("every static file is served under its hash, to be kept for a year", async () => {
  const types = { css: "text/css", js: "text/javascript", svg: "image/svg+xml" };
  for (const name of STATIC_NAMES) {
    const path = assetPath(files)(name);
    assert.match(path, new RegExp(`^/static/[0-9a-f]{8}/${name}$`));
    const answer = await app.request(path);
    assert.equal(answer.status, 200);
    const type = types[name.split(".")[1] as keyof typeof types];
    assert.equal(answer.headers.get("content-type"), `${type}; charset=utf-8`);
    assert.equal(answer.headers.get("cache-control"), "public, max-age=31536000, immutable");
    assert.deepEqual(new Uint8Array(await answer.arrayBuffer()), files[name].body);
    const etag = answer.headers.get("etag") ?? "";
    const again = await app.request(path, { headers: { "if-none-match": etag } });
    assert.equal(again.status, 304);
    assert.equal(await again.text(), "");
  }
});

Deno.test("nothing but the known paths is served", async () => {
  const path = assetPath(files)("app.css");
  const others = [
    "/static/00000000/app.css",
    `${path}/`,
    `${path}.map`,
    path.replace("app.css", "other.css"),
    path.replace("app.css", "../../deno.json"),
    path.replace("app.css", "%2e%2e/%2e%2e/deno.json"),
    path.replace("app.css", "..%2f..%2fdeno.json"),
    path.replace("app.css", "app.css%00"),
    "/static/",
    "/static/../deno.json",
  ];
  for (const other of others) assert.equal((await app.request(other)).status, 404, other);
  assert.equal((await app.request(path, { method: "POST" })).status, 404);
});

Deno.test("a changed file has another path", async () => {
  const changed = await loadStaticFiles((name) =>
    Promise.resolve(name === "app.css" ? new Uint8Array([1]) : files[name].body)
  );
  assert.notEqual(changed["app.css"].path, files["app.css"].path);
  assert.equal(changed["app.js"].path, files["app.js"].path);
});

Deno.test("stylesheet and script keep their budgets", () => {
  assert.ok(files["app.css"].body.length < 8 * 1024, `${files["app.css"].body.length} bytes`);
  assert.ok(files["app.js"].body.length < 4 * 1024, `${files["app.js"].body.length} bytes`);
  const packed = STATIC_NAMES.map((name) => gzipSync(files[name].body).length);
  const total = packed.reduce((sum, size) => sum + size, 0);
  assert.ok(total < 8 * 1024, `${total} bytes packed`);
});

Deno.test("the stylesheet fetches nothing, and the sprite has every icon and no style", () => {
  const text = (name: typeof STATIC_NAMES[number]) => new TextDecoder().decode(files[name].body);
  assert.doesNotMatch(text("app.css"), /url\(|@import/);
  const sprite = text("icons.svg");
  assert.doesNotMatch(sprite, /style|<script|\son\w+=/);
  const ids = [...sprite.matchAll(/<symbol id="([^"]+)"/g)].map(([, id]) => id);
  assert.deepEqual(ids.toSorted(), ICON_NAMES.toSorted());
});

Deno.test("every class of the stylesheet is worn by some part", async () => {
  const css = new TextDecoder().decode(files["app.css"].body).replaceAll(/"[^"]*"/g, "");
  const classes = new Set([...css.matchAll(/\.([a-z][\w-]*)/g)].map(([, name]) => name ?? ""));
  const folder = new URL("../../../routes/pages/", import.meta.url);
  let source = "";
  for await (const { name } of Deno.readDir(folder)) {
    if (/\.tsx?$/.test(name)) source += await Deno.readTextFile(new URL(name, folder));
  }
  const unworn = [...classes].filter((name) => !new RegExp(`\\b${name}\\b`).test(source));
  assert.deepEqual(unworn.filter((name) => !/^s[1-6]$/.test(name)), []);
});
