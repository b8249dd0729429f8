import assert from "node:assert/strict";
import { DailyBars } from "../../../routes/pages/daily_bars.tsx";
import { StepLine } from "../../../routes/pages/step_line.tsx";
import { NOW_MS } from "./gallery.tsx";
import { findUnclosed, tagsOf } from "./html_tags.ts";

const DAY_MS = 86_400_000;

const month = Array.from({ length: 31 }, (_, index) => ({
  day: new Date(NOW_MS - (30 - index) * DAY_MS).toISOString().slice(0, 10),
  amounts: { calls: "0.100000", sms: `${index}.200000` },
}));

function bars(days: typeof month): string {
  const series = [{ key: "calls", label: "Calls" }, { key: "sms", label: "SMS" }];
  return String(
    <DailyBars id="c" title="Charges" description="By day." currency="USD" {...{ series, days }} />,
  );
}

/** Heights and coordinates that are no numbers. */
function findNonsense(html: string): string[] {
  return html.match(/="[^"]*(NaN|Infinity|undefined)[^"]*"/g) ?? [];
}

Deno.test("a month of charges has a bar per day and service, and one title a day", () => {
  const html = bars(month);
  const tags = tagsOf(html);
  const drawn = tags.filter(({ attributes }) => attributes.class?.startsWith("bar"))
    .map(({ attributes }) => attributes.d?.split("z").length);
  assert.deepEqual(drawn, [31 + 1, 31 + 1]);
  assert.equal(tags.filter(({ name }) => name === "rect").length, 31);
  assert.match(html, /20 Nov: \$30.30\nCalls \$0.10\nSMS \$30.20<\/title>/);
  assert.match(
    html,
    /role="img" aria-labelledby="c-title c-desc"><title id="c-title">Charges<\/title>/,
  );
  assert.match(html, /<desc id="c-desc">By day.<\/desc>/);
  assert.deepEqual(findNonsense(html), []);
  assert.equal(findUnclosed(html), null);
});

Deno.test("the table twin adds up exactly what the bars only draw", () => {
  const html = bars([
    { day: "2026-11-20", amounts: { calls: "9007199254.740993", sms: "0.000001" } },
  ]);
  assert.match(html, /<td class="number">\$9,007,199,254.740994<\/td><\/tr>/);
});

Deno.test("charts of nothing, of zeros and below zero still have an axis and no nonsense", () => {
  const day = "2026-11-20";
  for (
    const days of [
      [],
      [{ day, amounts: { calls: "0.000000", sms: "0.000000" } }],
      [{ day, amounts: { calls: "-5", sms: "3" } }],
    ]
  ) {
    const html = bars(days);
    assert.deepEqual(findNonsense(html), []);
    assert.match(html, /<line class="zero"/);
  }
});

Deno.test("the axis writes amounts without the noise of binary fractions", () => {
  const days = [{ day: "2026-11-20", amounts: { calls: "0.7", sms: "0" } }];
  const words = [...bars(days).matchAll(/text-anchor="end">([^<]+)</g)].map(([, text]) => text);
  assert.deepEqual(words, ["$0.00", "$0.20", "$0.40", "$0.60", "$0.80"]);
});

function balance(points: { atMs: number; amount: string }[]): string {
  return String(
    <StepLine
      id="b"
      title="Balance"
      description="Thirty days."
      label="Balance"
      currency="USD"
      timeZone="Pacific/Auckland"
      untilMs={NOW_MS}
      points={points}
      threshold={{ label: "Low balance", amount: "20" }}
    />,
  );
}

Deno.test("a balance is a stepped line with its threshold and its days in the zone", () => {
  const html = balance(month.map((_, index) => ({
    atMs: NOW_MS - (30 - index) * DAY_MS,
    amount: `${100 - index}.500000`,
  })));
  const path = tagsOf(html).find(({ attributes }) => attributes.class === "line")?.attributes.d ??
    "";
  assert.match(path, /^M64,[\d.]+L/);
  assert.doesNotMatch(path, /[a-zBCD-KN-Z]/);
  assert.match(html, />Low balance \$20.00<\/text>/);
  assert.equal(html.match(/<th scope="row">/g)?.length, 31);
  assert.deepEqual(findNonsense(html), []);
  assert.equal(findUnclosed(html), null);
});

Deno.test("a balance of one instant or of none is drawn without nonsense", () => {
  assert.deepEqual(findNonsense(balance([{ atMs: NOW_MS, amount: "5" }])), []);
  assert.deepEqual(findNonsense(balance([])), []);
});
