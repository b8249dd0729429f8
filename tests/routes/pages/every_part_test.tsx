import assert from "node:assert/strict";
import { renderPage } from "../../../routes/pages/layout.tsx";
import { safeUrl } from "../../../routes/pages/links.ts";
import { fillFrame, gallery } from "./gallery.tsx";
import { findUnclosed, tagsOf, wordsOf } from "./html_tags.ts";

const HOSTILE = `"'><script>alert(1)</script><img src=x onerror=alert(1)> style="x" & </title>`;

const KINDLY = { text: "All is well", href: "/admin/accounts?q=a&sort=name" };
const UNKINDLY = { text: HOSTILE, href: "javascript:alert(1)" };

function renderEverything(filling: typeof KINDLY): Record<string, string> {
  const parts = gallery(filling);
  const rendered = Object.entries(parts).map(([name, part]) => [name, String(part)]);
  const page = renderPage(fillFrame(filling), Object.values(parts) as unknown as string);
  return { ...Object.fromEntries(rendered), page };
}

Deno.test("no part has an inline style, an inline script or an event attribute", () => {
  for (const filling of [KINDLY, UNKINDLY]) {
    for (const [part, html] of Object.entries(renderEverything(filling))) {
      for (const { name, attributes } of tagsOf(html)) {
        assert.notEqual(name, "style", part);
        if (name === "script") assert.match(attributes.src ?? "", /^\/static\//, part);
        for (const key of Object.keys(attributes)) assert.doesNotMatch(key, /^(on|style$)/i, part);
      }
    }
  }
});

Deno.test("text of strangers stays text in every part", () => {
  const untouched = ["TimeText", "AsOf"];
  for (const [part, html] of Object.entries(renderEverything(UNKINDLY))) {
    const names = tagsOf(html).map(({ name }) => name);
    assert.ok(!names.includes("img"), part);
    assert.equal(names.filter((name) => name === "script").length, part === "page" ? 1 : 0, part);
    assert.ok(untouched.includes(part) || /&lt;img|%3Cimg/.test(html), part);
    assert.equal(findUnclosed(html), null, part);
  }
});

Deno.test("no part links, posts or listens to an address that safeUrl refuses", () => {
  for (const [part, html] of Object.entries(renderEverything(UNKINDLY))) {
    for (const { attributes } of tagsOf(html)) {
      for (const key of ["href", "src", "action"]) {
        const url = attributes[key]?.replaceAll("&amp;", "&");
        if (url !== undefined) assert.equal(safeUrl(url), url, `${part} ${key}`);
      }
    }
  }
});

Deno.test("every label, description and title points at an element of its page", () => {
  const tags = tagsOf(renderEverything(KINDLY).page ?? "");
  const ids = wordsOf(tags, "id");
  for (const key of ["for", "aria-describedby", "aria-labelledby", "popovertarget"]) {
    const targets = wordsOf(tags, key);
    assert.ok(targets.length > 0, key);
    for (const target of targets) assert.ok(ids.includes(target), `${key} ${target}`);
  }
  const unique = ids.filter((id) => !id.startsWith("field-"));
  assert.equal(new Set(unique).size, unique.length);
});

Deno.test("every control has a label, a name for it, or is hidden", () => {
  const tags = tagsOf(renderEverything(KINDLY).page ?? "");
  const labelled = wordsOf(tags, "for");
  for (const { name, attributes } of tags) {
    if (!["input", "select", "textarea"].includes(name) || attributes.type === "hidden") continue;
    assert.ok(labelled.includes(attributes.id ?? ""), `${name} ${attributes.name}`);
  }
  for (const { attributes } of tags.filter(({ name }) => name === "progress")) {
    assert.ok(attributes["aria-label"]);
  }
});

Deno.test("every address of a page survives as it was given", () => {
  const tags = tagsOf(String(gallery(KINDLY).LinkButton));
  assert.equal(tags[0]?.attributes.href, "/admin/accounts?q=a&amp;sort=name");
});
