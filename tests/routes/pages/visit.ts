/**
 * Pages as people meet them: somebody signed in, a page asked for, its words without its tags.
 *
 * Goes to: `tests/support/app.ts`.
 *
 * @module
 */
import assert from "node:assert/strict";
import { billDue } from "../../../core/billing/bill_due.ts";
import { recordCalls } from "../../../core/billing/record_calls.ts";
import type { Role } from "../../../core/accounts/people.ts";
import type { CallReport } from "../../../core/usage/call_usage.ts";
import { type AppOptions, type AppWorld, form, openApp, signedIn } from "../../support/app.ts";
import { findUnclosed, tagsOf } from "./html_tags.ts";

/** An answer, read to its end. */
export interface Visit {
  status: number;
  headers: Headers;
  html: string;
  /** What people read: no tags, blanks folded. */
  text: string;
}

/** The app with an admin and a viewer who are signed in. */
export interface Visited extends AppWorld {
  get(path: string, role?: Role): Promise<Visit>;
  /** Sends a form as a page of ours does. */
  post(path: string, fields: Record<string, string>, role?: Role): Promise<Visit>;
}

/** Opens the app for people. */
export async function openPages(options: AppOptions = {}): Promise<Visited> {
  const world = await openApp(options);
  const cookies = {
    admin: await signedIn(world, { email: "admin@example.com", role: "admin" }),
    viewer: await signedIn(world, { email: "viewer@example.com", role: "viewer" }),
  };
  const read = async (answer: Response): Promise<Visit> => {
    const html = await answer.text();
    if (answer.headers.get("content-type")?.startsWith("text/html")) checkHtml(html);
    return { status: answer.status, headers: answer.headers, html, text: textOf(html) };
  };
  return {
    ...world,
    get: async (path, role = "admin") =>
      await read(await world.app.request(path, { headers: cookies[role] })),
    post: async (path, fields, role = "admin") =>
      await read(await world.app.request(path, form(fields, cookies[role]))),
  };
}

/** What holds for every page: it is well nested, and nothing in it is inline. */
function checkHtml(html: string): void {
  assert.equal(findUnclosed(html.replace(/^<!doctype html>/, "")), null);
  const tags = tagsOf(html);
  assert.deepEqual(tags.filter(({ name }) => name === "style"), []);
  assert.deepEqual(tags.filter(({ name, attributes }) => name === "script" && !attributes.src), []);
  const inline = tags.flatMap(({ attributes }) => Object.keys(attributes))
    .filter((name) => name === "style" || name.startsWith("on"));
  assert.deepEqual(inline, []);
  const ids = tags.flatMap(({ attributes }) => (attributes.id ? [attributes.id] : []));
  assert.deepEqual(ids.filter((id, at) => ids.indexOf(id) !== at), [], "ids stand once on a page");
}

/** The words of a page. */
export function textOf(html: string): string {
  return html.replace(/<head>[^]*?<\/head>/, " ").replace(/<[^>]*>/g, " ")
    .replaceAll("&quot;", '"').replaceAll("&#39;", "'").replaceAll("&lt;", "<")
    .replaceAll("&gt;", ">").replaceAll("&amp;", "&").replace(/\s+/g, " ").trim();
}

/** The text without blanks before points, commas and brackets that only the tags made. */
export function sentence(text: string): string {
  return text.replace(/ ([.,;:)])/g, "$1").replace(/\( /g, "(");
}

/** Stores calls as a sync does, and bills what is due. */
export async function takeIn(
  { deps }: Pick<AppWorld, "deps">,
  reports: CallReport[],
): Promise<void> {
  for (const [carrier, some] of Map.groupBy(reports, (report) => report.carrier)) {
    await recordCalls(deps, {
      carrier,
      sourceId: `${carrier}:main`,
      keyAccountId: null,
      reports: some,
      atMs: deps.clock.now(),
    });
  }
  await billDue(deps, { actor: "test" });
}

/** The forms of a page that change something, by where they post to. */
export function postForms(html: string): string[] {
  return tagsOf(html)
    .filter(({ name, attributes }) => name === "form" && attributes.method === "post")
    .map(({ attributes }) => attributes.action ?? "")
    .filter((action) => action !== "/logout" && action !== "/sandbox/clock");
}

/** The value of a form's hidden or shown field. */
export function fieldValue(html: string, name: string): string | undefined {
  return tagsOf(html).find((tag) => tag.name === "input" && tag.attributes.name === name)
    ?.attributes.value;
}
