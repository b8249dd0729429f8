import assert from "node:assert/strict";
import { getSmsTerms } from "../../../core/sms_billing/terms.ts";
import { readLevel, TERM_FIELDS, typedOf } from "../../../routes/pages/sms/settings_fields.ts";
import { setTerms } from "../../support/sms.ts";
import { tagsOf } from "./html_tags.ts";
import { fieldValue, openPages, type Visit, type Visited } from "./visit.ts";

const TAB = "/admin/sms?tab=settings";
const PATH = "/admin/sms/settings";

/** Every field of the form as a browser would send it. */
function fieldsOf(html: string): Record<string, string> {
  const form = html.slice(html.indexOf(`action="${PATH}"`));
  const fields: Record<string, string> = {};
  let select = "";
  for (const { name, attributes } of tagsOf(form.slice(form.indexOf(">") + 1))) {
    if (name === "select") select = attributes.name!;
    if (name === "option" && attributes.selected !== undefined) fields[select] = attributes.value!;
    if (name === "input") fields[attributes.name!] = attributes.value ?? "";
    if (name === "button") break;
  }
  return Object.fromEntries(
    Object.entries(fields).map(([name, text]) => [name, text.replaceAll("&quot;", '"')]),
  );
}

async function save(
  world: Visited,
  { page, change }: { page: Visit; change: Record<string, string> },
): Promise<Visit> {
  return await world.post(PATH, { ...fieldsOf(page.html), ...change });
}

Deno.test("a level goes through the form and back unchanged, whatever is in it", () => {
  const levels = [
    {},
    { frequency: "weekly", autoProcess: false, requireApproval: true, payment: "sippy" },
    { thresholdMicros: null, thresholdMessages: null, maxMicros: null },
    { thresholdMicros: 1n, thresholdMessages: 7, maxMicros: 12_345_678n, warnAtPercent: 1 },
    { currency: "EUR", notifications: false, warnAtPercent: 100 },
  ] as const;
  for (const level of levels) {
    assert.deepEqual(readLevel(typedOf(level)), { level, errors: [] });
  }
  assert.equal(new Set(TERM_FIELDS.map(({ term }) => term)).size, 10);
});

Deno.test("the page shows what the environment says, what is set for everybody, and what is in force", async () => {
  using world = await openPages();
  const page = await world.get(TAB);
  assert(page.text.includes("Terms for everybody"));
  assert(page.text.includes("Limit: amount $100.00 $100.00 inherited"), page.text);
  assert(page.text.includes("inherit (daily, at 02:00 UTC)"));
  const saved = await save(world, {
    page,
    change: { frequency: "monthly", max_amount_from: "own", max_amount: "75" },
  });
  assert.deepEqual([saved.status, saved.headers.get("location")], [303, TAB]);
  const after = await world.get(TAB);
  assert(
    after.text.includes("Bills are made monthly, on the 1st at 04:00 UTC daily, at 02:00 UTC"),
  );
  assert(after.text.includes("Highest bill without approval $75.00 no limit $75.00"), after.text);
  assert(after.text.includes("admin@example.com"), "who changed it");
  const { effective } = await getSmsTerms(world.deps.store, "acme");
  assert.deepEqual([effective.frequency, effective.maxMicros], ["monthly", 75_000_000n]);
});

Deno.test("an account's own terms go before everybody's, field by field, and may be given up again", async () => {
  using world = await openPages();
  await save(world, { page: await world.get(TAB), change: { frequency: "weekly" } });
  const page = await world.get(`${TAB}&account=acme`);
  assert(page.text.includes("Terms of acme") && page.text.includes("inherit (weekly"));
  await save(world, {
    page,
    change: { payment: "sippy", threshold_messages_from: "own", threshold_messages: "500" },
  });
  const own = await world.get(`${TAB}&account=acme`);
  assert(own.text.includes("Limit: messages 500 1,000 inherited 500"), own.text);
  let terms = await getSmsTerms(world.deps.store, "acme");
  assert.deepEqual(terms.account, { payment: "sippy", thresholdMessages: 500 });
  assert.equal(terms.effective.frequency, "weekly");
  await save(world, { page: own, change: { payment: "" } });
  terms = await getSmsTerms(world.deps.store, "acme");
  assert.deepEqual(terms.account, { thresholdMessages: 500 });
});

Deno.test("faults are listed on top, each a link to its field, and what was typed is kept", async () => {
  using world = await openPages();
  const page = await world.get(TAB);
  const wrong = await save(world, {
    page,
    change: {
      threshold_amount_from: "own",
      threshold_amount: "-3",
      warn_at_percent_from: "own",
      warn_at_percent: "101",
      currency_from: "own",
      currency: "XXQ",
      frequency: "hourly",
    },
  });
  assert.equal(wrong.status, 422);
  for (const name of ["threshold_amount", "warn_at_percent", "currency", "frequency"]) {
    assert(wrong.html.includes(`href="#field-${name}"`), name);
    assert(wrong.html.includes(`id="field-${name}"`), name);
  }
  assert.equal(fieldValue(wrong.html, "threshold_amount"), "-3");
  assert.deepEqual((await getSmsTerms(world.deps.store, null)).global, {});
  const euro = await world.get(`${TAB}&account=euro`);
  const mismatch = await save(world, {
    page: euro,
    change: { currency_from: "own", currency: "USD" },
  });
  assert.equal(mismatch.status, 422);
  assert(mismatch.text.includes("Currency must be EUR"));
  const unknown = await world.post(PATH, { ...fieldsOf(page.html), evil: "1" });
  assert.equal(unknown.status, 422);
});

Deno.test("when two people save, the second sees both versions, and may then decide", async () => {
  using world = await openPages();
  const hers = await world.get(`${TAB}&account=acme`);
  await setTerms(world.deps, { frequency: "weekly", maxMicros: 5_000_000n });
  const conflict = await save(world, { page: hers, change: { frequency: "monthly" } });
  assert.equal(conflict.status, 409);
  for (
    const words of [
      "Somebody else has saved these settings meanwhile",
      "Bills are made weekly, on Monday at 03:00 UTC monthly, on the 1st at 04:00 UTC",
      "Highest bill without approval $5.00 inherited",
    ]
  ) {
    assert(conflict.text.includes(words), `${words} in ${conflict.text}`);
  }
  assert.equal((await getSmsTerms(world.deps.store, "acme")).effective.frequency, "weekly");
  const decided = await save(world, { page: conflict, change: {} });
  assert.equal(decided.status, 303);
  assert.deepEqual((await getSmsTerms(world.deps.store, "acme")).account, { frequency: "monthly" });
});

Deno.test("an account that is not there is told, and changes nothing", async () => {
  using world = await openPages();
  const page = await world.get(`${TAB}&account=nobody`);
  assert.equal(page.status, 404);
  assert(page.text.includes("There is no account nobody."));
  const fields = fieldsOf((await world.get(TAB)).html);
  const posted = await world.post(PATH, { ...fields, account: "nobody", frequency: "weekly" });
  assert.equal(posted.headers.get("location"), TAB);
  assert.deepEqual((await getSmsTerms(world.deps.store, null)).global, {});
});
