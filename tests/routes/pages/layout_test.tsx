import assert from "node:assert/strict";
import { renderPage } from "../../../routes/pages/layout.tsx";
import { ADMIN_NAV, markCurrent } from "../../../routes/pages/nav.ts";
import { fillFrame } from "./gallery.tsx";
import { findUnclosed, tagsOf } from "./html_tags.ts";

const FRAME = fillFrame({ text: "Calls", href: "/admin" });

Deno.test("renderPage() writes a whole document", () => {
  const html = renderPage(FRAME, <h1>Calls</h1>);
  assert.ok(html.startsWith('<!doctype html>\n<html lang="en"><head><meta charset="utf-8"/>'));
  assert.ok(html.endsWith("</body></html>"));
  assert.equal(findUnclosed(html), null);
  assert.match(html, /<title>Calls · Tollkeeper<\/title>/);
  assert.match(html, /<link rel="stylesheet" href="\/static\/00000000\/app.css"\/>/);
  assert.match(html, /<main id="main" tabindex="-1">.*<h1>Calls<\/h1><\/main>/);
  assert.match(html, /<p class="flash row positive" role="status">/);
});

Deno.test("renderPage() refuses a body that is asynchronous", () => {
  const Later = async () => <p>{await Promise.resolve("later")}</p>;
  assert.throws(() => renderPage(FRAME, <Later />), /^TypeError: Cannot render the page/);
});

Deno.test("a page reloads itself without JavaScript only when it is asked to", () => {
  const refresh = '<noscript><meta http-equiv="refresh" content="5"/></noscript>';
  const head = (html: string) => html.slice(0, html.indexOf("</head>"));
  assert.ok(head(renderPage(FRAME, "")).includes(refresh));
  assert.ok(!renderPage({ ...FRAME, refreshSeconds: undefined }, "").includes("http-equiv"));
});

Deno.test("a live page has no sandbox banner, and nobody signed in has no way out", () => {
  const html = renderPage({ ...FRAME, sandbox: null, viewer: null, nav: [] }, "");
  assert.ok(!html.includes("Sandbox"));
  assert.deepEqual(tagsOf(html).filter(({ name }) => ["form", "nav"].includes(name)), []);
});

Deno.test("the sandbox's clock is moved by one of four steps", () => {
  const tags = tagsOf(renderPage(FRAME, ""));
  const form = tags.find(({ attributes }) => attributes.action === "/sandbox/clock");
  assert.equal(form?.attributes.method, "post");
  const steps = tags.filter(({ name }) => name === "option").map(({ attributes }) =>
    attributes.value
  );
  assert.deepEqual(steps, ["PT1H", "P1D", "P7D", "P1M"]);
});

Deno.test("the navigation marks the page one is on, or the one above it", () => {
  const rows: [string, string | undefined][] = [
    ["/admin", "Overview"],
    ["/admin/accounts", "Accounts"],
    ["/admin/accounts/acme", "Accounts"],
    ["/admin/accountsx", "Overview"],
    ["/billing", "Billing"],
    ["/portal", undefined],
  ];
  for (const [path, label] of rows) {
    const current = markCurrent(ADMIN_NAV, path).filter(({ isCurrent }) => isCurrent);
    assert.deepEqual(current.map((item) => item.label), label ? [label] : [], path);
  }
  const html = renderPage({ ...FRAME, nav: markCurrent(ADMIN_NAV, "/admin/jobs") }, "");
  const marked = tagsOf(html).filter(({ attributes }) => attributes["aria-current"]);
  assert.deepEqual(marked.map(({ attributes }) => attributes.href), ["/admin/jobs"]);
});
