/**
 * Giving an account a number and taking one away: what will be billed is said before.
 *
 * Goes to: `core/billing/claim_calls.ts`.
 *
 * @module
 */
import { type Context, Hono } from "hono";
import { z } from "zod";
import { type Account, getAccount } from "../../../core/accounts/account.ts";
import type { Holding } from "../../../core/accounts/numbers.ts";
import { assignNumber, releaseNumber } from "../../../core/billing/claim_calls.ts";
import { timePart, unassignedCallPrefix } from "../../../core/kv/keys.ts";
import { everyRow } from "../../../core/kv/page.ts";
import { isE164, normalizeNumber } from "../../../core/numbering.ts";
import { runSoon } from "../../api/run_soon.ts";
import type { AppEnv } from "../../caller.ts";
import type { AppDeps } from "../../deps.ts";
import { DefinitionList, PageHead } from "../components.tsx";
import { formatCount, formatTime } from "../format.ts";
import { ErrorSummary, type FormError, PostForm } from "../forms.tsx";
import { actorOf, redirectWith, showPage } from "../frame.tsx";
import { readForm, type Typed } from "../read_form.ts";
import { TimeText } from "../values.tsx";
import { wallTimeMs } from "../zone_times.ts";
import { CARRIER_CHOICES, NumberForm } from "./numbers_panel.tsx";
import { showMissingAccount } from "./show_missing_account.ts";

const numberForm = z.strictObject({
  number: z.string({ error: "Give a number" }).transform(normalizeNumber)
    .refine(isE164, "The number must have its country code, such as +12025550123"),
  carrier: z.enum(["", "bland", "telnyx", "twilio"], "Choose a carrier").default(""),
  from: z.string().default(""),
  /** Given by the review, with the instant that was reviewed: the change is confirmed. */
  from_ms: z.string().regex(/^\d{1,15}$/).transform(Number).optional(),
});
type Values = z.output<typeof numberForm>;

const releaseForm = z.strictObject({ number: z.string().min(1).max(64) });

/** `POST /admin/accounts/:id/numbers` and `POST /admin/accounts/:id/number-releases`. */
export function numberPages(deps: AppDeps): Hono<AppEnv> {
  return new Hono<AppEnv>()
    .post("/admin/accounts/:id/numbers", async (c) => {
      const account = await getAccount(deps.store, c.req.param("id"));
      return account ? await postNumber(c, { deps, account }) : showMissingAccount(c, deps);
    })
    .post("/admin/accounts/:id/number-releases", async (c) => {
      const account = await getAccount(deps.store, c.req.param("id"));
      return account ? await postRelease(c, { deps, account }) : showMissingAccount(c, deps);
    });
}

interface Asked {
  deps: AppDeps;
  account: Account;
}

async function postNumber(c: Context<AppEnv>, asked: Asked): Promise<Response> {
  const { deps, account } = asked;
  const form = await readForm(c, numberForm);
  if (form.status === "invalid") return showForm(c, { ...asked, ...form });
  const { values, typed } = form;
  if (values.from_ms !== undefined) {
    return await assign(c, { ...asked, values, typed, fromMs: values.from_ms });
  }
  const fromMs = values.from === ""
    ? deps.clock.now()
    : wallTimeMs(values.from, { timeZone: account.timezone });
  if (fromMs === null || fromMs < 0) {
    const message = "The time must be one, such as 2026-11-20T09:00, or left empty";
    return showForm(c, { ...asked, typed, errors: [{ name: "from", message }] });
  }
  const count = await countUnowned(deps, { ...values, fromMs });
  return showReview(c, { ...asked, values, fromMs, count });
}

/** Calls of a number that nobody owns, started since an instant. */
async function countUnowned(
  { store }: AppDeps,
  { number, carrier, fromMs }: Values & { fromMs: number },
): Promise<number> {
  const prefix = unassignedCallPrefix(number);
  let count = 0;
  const range = { prefix, from: [...prefix, timePart(fromMs)] };
  for await (const { key } of everyRow<object>(store, range)) {
    if (carrier === "" || key[3]!.startsWith(`${carrier}:`)) count += 1;
  }
  return count;
}

function showReview(
  c: Context<AppEnv>,
  { deps, account, values, fromMs, count }: Asked & {
    values: Values;
    fromMs: number;
    count: number;
  },
): Response {
  const path = `/admin/accounts/${account.id}`;
  const calls = count === 1
    ? "1 call that nobody owns"
    : `${formatCount(count)} calls that nobody owns`;
  const body = (
    <>
      <PageHead
        title="Add a number: review"
        above={{ href: `${path}#numbers`, label: account.name }}
      />
      <PostForm
        action={`${path}/numbers`}
        hidden={{ number: values.number, carrier: values.carrier, from_ms: String(fromMs) }}
        submitLabel="Add the number"
        cancelHref={`${path}#numbers`}
      >
        <DefinitionList
          items={[
            { term: "Number", value: values.number },
            {
              term: "Carrier",
              value: CARRIER_CHOICES.find(({ value }) => value === values.carrier)?.label,
            },
            { term: "From", value: <TimeText atMs={fromMs} timeZone={account.timezone} /> },
            {
              term: "Billed at once",
              value: count === 0 ? "nothing: no call since then is without an owner" : calls,
            },
          ]}
        />
      </PostForm>
    </>
  );
  return showPage(c, { deps, title: "Add a number", body });
}

async function assign(
  c: Context<AppEnv>,
  { deps, account, values, typed, fromMs }: Asked & {
    values: Values;
    typed: Typed;
    fromMs: number;
  },
): Promise<Response> {
  const { number } = values;
  const carrier = values.carrier === "" ? null : values.carrier;
  const holding: Holding = { accountId: account.id, carrier, fromMs, toMs: null };
  const outcome = await assignNumber(deps, { number, holding, actor: actorOf(c) });
  if (outcome.status === "account_not_found") return showMissingAccount(c, deps);
  if (outcome.status === "number_held") {
    const errors = [{ name: "number", message: describeHolder(outcome.holding, account) }];
    return showForm(c, { deps, account, typed, errors });
  }
  if (outcome.claimJobId !== undefined) await runSoon(deps, outcome.claimJobId);
  const isNew = outcome.status === "number_assigned";
  return redirectWith(c, {
    to: `/admin/accounts/${account.id}#numbers`,
    flash: {
      tone: "positive",
      text: isNew ? `${number} is now ${account.name}'s.` : `${number} was theirs already.`,
    },
  });
}

function describeHolder({ accountId, fromMs, toMs }: Holding, { timezone }: Account): string {
  const from = formatTime(fromMs, { timeZone: timezone, precision: "minute" });
  const until = toMs === null
    ? ""
    : ` until ${formatTime(toMs, { timeZone: timezone, precision: "minute" })}`;
  return `The account ${accountId} holds this number from ${from}${until}`;
}

function showForm(
  c: Context<AppEnv>,
  { deps, account, typed, errors }: Asked & { typed: Typed; errors: readonly FormError[] },
): Response {
  const title = "Add a number";
  const body = (
    <>
      <PageHead
        title={title}
        above={{ href: `/admin/accounts/${account.id}#numbers`, label: account.name }}
      />
      <ErrorSummary errors={errors} />
      <NumberForm
        accountId={account.id}
        timeZone={account.timezone}
        typed={typed}
        errors={errors}
      />
    </>
  );
  return showPage(c, { deps, title, body, status: 422 });
}

async function postRelease(c: Context<AppEnv>, { deps, account }: Asked): Promise<Response> {
  const form = await readForm(c, releaseForm);
  const to = `/admin/accounts/${account.id}#numbers`;
  const number = form.status === "read" ? form.values.number : "";
  const outcome = await releaseNumber(deps, { number, accountId: account.id, actor: actorOf(c) });
  if (outcome.status === "number_not_held") {
    const text = "The number was not held any more; nothing was changed.";
    return redirectWith(c, { to, flash: { tone: "negative", text } });
  }
  const text = `${number} is released: calls from now on are nobody's.`;
  return redirectWith(c, { to, flash: { tone: "positive", text } });
}
