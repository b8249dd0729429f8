import assert from "node:assert/strict";
import { linkWith, safeUrl } from "../../../routes/pages/links.ts";

Deno.test("safeUrl() lets own paths and https addresses through as they are", () => {
  const good = [
    "/",
    "/admin?q=a#b",
    "?cursor=x",
    "#main",
    "https://example.com/a?b=c",
    "HTTPS://a.b/",
  ];
  for (const url of good) assert.equal(safeUrl(url), url);
});

Deno.test("safeUrl() refuses whatever could run, leave unseen or carry a password", () => {
  const bad = [
    "javascript:alert(1)",
    " javascript:alert(1)",
    "JAVASCRIPT:alert(1)",
    "java\nscript:alert(1)",
    "data:text/html,x",
    "vbscript:x",
    "http://example.com/",
    "//evil.example",
    "/\\evil.example",
    "\\\\evil.example",
    "/\t/evil.example",
    "https://user:pw@example.com/",
    "https://",
    "admin",
    "",
  ];
  for (const url of bad) assert.equal(safeUrl(url), undefined, url);
});

Deno.test("linkWith() keeps the filter, starts the list afresh and changes nothing it was given", () => {
  const place = { path: "/admin/calls", query: new URLSearchParams("q=a+b&sort=at&cursor=old") };
  assert.equal(linkWith(place), "/admin/calls?q=a+b&sort=at");
  assert.equal(linkWith(place, { cursor: "n/1" }), "/admin/calls?q=a+b&sort=at&cursor=n%2F1");
  assert.equal(linkWith(place, { q: null, sort: null }), "/admin/calls");
  assert.equal(place.query.get("cursor"), "old");
});
