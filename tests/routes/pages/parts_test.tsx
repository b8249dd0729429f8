import assert from "node:assert/strict";
import { Badge } from "../../../routes/pages/badge.tsx";
import { Formula } from "../../../routes/pages/cards.tsx";
import { EmptyState, Pager } from "../../../routes/pages/components.tsx";
import { ConfirmForm } from "../../../routes/pages/confirm_form.tsx";
import { Field } from "../../../routes/pages/fields.tsx";
import { ErrorSummary } from "../../../routes/pages/forms.tsx";
import { ProgressBar, usageTone } from "../../../routes/pages/progress.tsx";
import { Table } from "../../../routes/pages/table.tsx";
import { MoneyText, TimeText } from "../../../routes/pages/values.tsx";
import { NOW_MS } from "./gallery.tsx";
import { tagsOf } from "./html_tags.ts";

const usd = (amount: string) => ({ amount, currency: "USD" });
const textOf = (html: unknown) => String(html).replaceAll(/<[^>]+>/g, "");

Deno.test("an amount keeps its exact text beside what is shown, and its sign in words and colour", () => {
  assert.equal(
    String(<MoneyText money={usd("-0.110000")} isSigned />),
    '<data class="money negative" value="-0.110000">−$0.11</data>',
  );
  assert.equal(
    String(<MoneyText money={usd("0.000000")} isSigned />),
    '<data class="money" value="0.000000">$0.00</data>',
  );
});

Deno.test("what is not known is said so, never shown as zero", () => {
  assert.match(String(<MoneyText money={null} />), /not known/);
  assert.match(String(<TimeText atMs={null} timeZone="UTC" />), /not known/);
});

Deno.test("a time carries its instant and UTC", () => {
  assert.equal(
    String(<TimeText atMs={NOW_MS} timeZone="Europe/Berlin" precision="minute" />),
    '<time datetime="2026-11-20T09:06:22.000Z" title="2026-11-20 09:06:22 UTC">' +
      "20 Nov 2026, 10:06 CET</time>",
  );
});

Deno.test("the formula spells out how available comes about", () => {
  const line = (
    <Formula
      available={usd("94.5")}
      balance={usd("100")}
      held={usd("5.5")}
      creditLimit={usd("0")}
    />
  );
  assert.equal(
    textOf(line),
    "available $94.50 = balance $100.00 − held $5.50 + credit limit $0.00",
  );
});

Deno.test("a state is a word with a tone; a strange one is neutral, even one named like a method", () => {
  const badge = (state: string) => String(<Badge state={state} />);
  assert.equal(badge("waiting_funds"), '<span class="badge warning">waiting for funds</span>');
  assert.equal(badge("exact"), '<span class="badge positive">exact</span>');
  assert.equal(badge("odd_state"), '<span class="badge neutral">odd state</span>');
  assert.equal(badge("toString"), '<span class="badge neutral">toString</span>');
});

Deno.test("usage turns from ok to close to full at its boundaries", () => {
  const rows: [used: string, limit: string, tone: string][] = [
    ["0", "10", "ok"],
    ["7.999999", "10", "ok"],
    ["8", "10", "warn"],
    ["9.999999", "10", "warn"],
    ["10", "10", "full"],
    ["11", "10", "full"],
    ["0", "0", "full"],
  ];
  for (const [used, limit, tone] of rows) assert.equal(usageTone({ used, limit }), tone, used);
  const bar = String(<ProgressBar label="SMS" text="$8.00 of $10.00" used="8" limit="10" />);
  assert.match(bar, /<progress aria-label="SMS: \$8.00 of \$10.00" value="8" max="10">/);
  assert.match(bar, /close to the limit/);
});

Deno.test("a table names its rows and columns and marks only the sorted one", () => {
  const html = String(
    <Table
      caption="Entries"
      columns={[
        { key: "at", label: "Time", sort: { href: "?sort=at", direction: "descending" } },
        { key: "kind", label: "Kind", sort: { href: "?sort=kind" } },
        { key: "amount", label: "Amount", kind: "number" },
      ]}
      rows={[{ at: "now", kind: "charge", amount: <MoneyText money={usd("1")} /> }]}
    />,
  );
  assert.match(
    html,
    /^<div class="scroll" role="region" tabindex="0" aria-label="Entries"><table>/,
  );
  assert.match(html, /<caption>Entries<\/caption>/);
  assert.equal(html.match(/aria-sort/g)?.length, 1);
  assert.match(html, /<th scope="col" aria-sort="descending"><a href="\?sort=at">Time<\/a><\/th>/);
  assert.match(html, /<th scope="row">now<\/th><td>charge<\/td><td class="number"><data/);
});

Deno.test("a field with a fault says so to eye and ear, and the summary leads to it", () => {
  const html = String(
    <Field name="amount" label="Amount" hint="In USD" error="No number" value="x" />,
  );
  const input = tagsOf(html).find(({ name }) => name === "input");
  assert.deepEqual(input?.attributes, {
    id: "field-amount",
    name: "amount",
    "aria-invalid": "true",
    "aria-describedby": "field-amount-hint field-amount-error",
    type: "text",
    value: "x",
  });
  assert.doesNotMatch(String(<Field name="amount" label="Amount" hint="In USD" />), /aria-invalid/);
  const summary = String(<ErrorSummary errors={[{ name: "amount", message: "No number" }]} />);
  assert.match(summary, /<a href="#field-amount">No number<\/a>/);
  assert.equal(String(<ErrorSummary errors={[]} />), "");
});

Deno.test("a password that was typed is never written back", () => {
  assert.doesNotMatch(
    String(<Field name="p" label="P" type="password" value="secret" />),
    /secret/,
  );
});

Deno.test("a change is confirmed once: before and after, a reason, a one-use id", () => {
  const tags = tagsOf(String(
    <ConfirmForm
      action="/admin/accounts/acme/adjustments"
      formId="f1"
      hidden={{ amount: "5.00" }}
      submitLabel="Adjust"
      cancelHref="/admin/accounts/acme"
      reason={{}}
      changes={[{ label: "Balance", before: "$1.00", after: "$6.00" }]}
    />,
  ));
  const hidden = tags.filter(({ attributes }) => attributes.type === "hidden")
    .map(({ attributes }) => [attributes.name, attributes.value]);
  assert.deepEqual(hidden, [["amount", "5.00"], ["form_id", "f1"]]);
  assert.ok(
    tags.some(({ attributes }) => attributes.name === "reason" && "required" in attributes),
  );
  assert.equal(tags.find(({ name }) => name === "form")?.attributes.method, "post");
});

Deno.test("a list's end is said on a later page and not mentioned on the only one", () => {
  const pager = (query: string, nextCursor: string | null) =>
    String(
      <Pager place={{ path: "/a", query: new URLSearchParams(query) }} nextCursor={nextCursor} />,
    );
  assert.equal(pager("q=x", null), "");
  assert.match(pager("q=x", "c2"), /href="\/a\?q=x&amp;cursor=c2">Next page/);
  assert.doesNotMatch(pager("q=x", "c2"), /First page/);
  assert.match(pager("q=x&cursor=c2", null), /href="\/a\?q=x">First page.*End of the list/);
});

Deno.test("each empty state has its own words and a way on", () => {
  const texts = (["nothing_yet", "nothing_found", "could_not_load"] as const)
    .map((kind) => textOf(<EmptyState kind={kind} action={{ href: "/a", label: "On" }} />));
  assert.equal(new Set(texts).size, 3);
  for (const text of texts) assert.match(text, /On$/);
});
