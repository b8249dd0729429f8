/**
 * `/admin/calls/unassigned/:number`: the review of an assignment, and the assignment itself.
 *
 * Goes to: `core/billing/claim_calls.ts`, `routes/pages/unassigned_usage/assign_page.tsx`.
 *
 * @module
 */
import { type Context, Hono } from "hono";
import { z } from "zod";
import { type Account, getAccount } from "../../../core/accounts/account.ts";
import { assignNumber } from "../../../core/billing/claim_calls.ts";
import { formatInstant, parseInstant } from "../../../core/clock.ts";
import { getJob } from "../../../core/jobs/job.ts";
import { unassignedCallPrefix, walletKey } from "../../../core/kv/keys.ts";
import { isE164 } from "../../../core/numbering.ts";
import type { Wallet } from "../../../core/wallet/wallet.ts";
import { runSoon } from "../../api/run_soon.ts";
import type { AppEnv } from "../../caller.ts";
import type { AppDeps } from "../../deps.ts";
import { CALLS_PATH } from "../call/filter.tsx";
import { formatCount } from "../format.ts";
import type { FormError } from "../forms.tsx";
import { actorOf, mayChange, redirectWith, showMissing, showPage } from "../frame.tsx";
import { readForm } from "../read_form.ts";
import { listChoices } from "./account_chooser.tsx";
import { AssignPage, type Review } from "./assign_page.tsx";
import { previewClaim } from "./preview_claim.ts";

const PATH = "/admin/calls/unassigned/:number";

/** What is chosen for a number, as it was written. */
interface Choice {
  account: string | undefined;
  from: string | undefined;
}

/** Shows what an assignment would bill, and makes it. */
export function assignPages(deps: AppDeps): Hono<AppEnv> {
  return new Hono<AppEnv>()
    .get(PATH, (c) => {
      const { account, from } = c.req.query();
      const number = c.req.param("number");
      return showAssign(c, { deps, number, choice: { account, from }, errors: [] });
    })
    .post(PATH, (c) => postAssignment(c, { deps, number: c.req.param("number") }));
}

interface Assign {
  deps: AppDeps;
  number: string;
  choice: Choice;
  /** What a posted form had wrong. */
  errors: readonly FormError[];
  status?: 409 | 422;
}

async function showAssign(c: Context<AppEnv>, page: Assign): Promise<Response> {
  const { deps, number, choice } = page;
  if (!isE164(number)) return missing(c, page);
  const prefix = unassignedCallPrefix(number);
  const rows = await deps.store.list<object>({ prefix });
  const firstMs = rows.length > 0 ? Number(rows[0]!.key[2]) : deps.clock.now();
  const read = await readChoice(deps, { choice, firstMs });
  const errors = [...page.errors, ...read.errors];
  const review = read.account && errors.length === 0 && mayChange(c)
    ? await reviewOf(deps, { number, account: read.account, fromMs: read.fromMs })
    : null;
  const view = {
    number,
    callCount: rows.length,
    from: choice.from ?? formatInstant(firstMs),
    accountId: choice.account,
    errors,
    choices: mayChange(c) ? await listChoices(deps.store) : null,
    mayChange: mayChange(c),
    review,
  };
  const status = page.status ?? (errors.length > 0 ? 422 : 200);
  return showPage(c, { deps, title: `Assign ${number}`, body: <AssignPage view={view} />, status });
}

async function readChoice(
  { store }: AppDeps,
  { choice, firstMs }: { choice: Choice; firstMs: number },
): Promise<{ account: Account | null; fromMs: number; errors: FormError[] }> {
  const errors: FormError[] = [];
  const fromMs = choice.from === undefined ? firstMs : parseInstant(choice.from.trim());
  if (fromMs === null || fromMs < 0) errors.push({ name: "from", message: NO_INSTANT });
  const id = choice.account?.trim();
  const account = id && /^[A-Za-z0-9_-]{1,64}$/.test(id) ? await getAccount(store, id) : null;
  if (choice.account !== undefined && !account) {
    errors.push({ name: "account", message: "Please choose an account that exists." });
  }
  return { account, fromMs: fromMs ?? firstMs, errors };
}

const NO_INSTANT = "Please write an instant such as 2026-11-20T09:00:00Z.";

async function reviewOf(
  deps: AppDeps,
  { number, account, fromMs }: { number: string; account: Account; fromMs: number },
): Promise<Review> {
  const [wallet, preview] = await Promise.all([
    deps.store.get<Wallet>(walletKey(account.id)),
    previewClaim(deps.store, { number, account, fromMs }),
  ]);
  if (!wallet) throw new Error(`Cannot review: account ${account.id} has no wallet`);
  return { account, wallet: wallet.value, fromMs, preview, formId: deps.ids.id() };
}

function missing(c: Context<AppEnv>, { deps, number }: Assign): Response {
  return showMissing(c, {
    deps,
    title: "Assign a number",
    text: `${number || "Nothing"} is not a phone number, so no account can hold it.`,
    action: { href: `${CALLS_PATH}?billing=unassigned`, label: "Unassigned usage" },
  });
}

// The form id is not needed here: a number that is the account's already is not assigned again.
const assignForm = z.object({
  form_id: z.string().optional(),
  account: z.string().max(64),
  from: z.string().refine((text) => parseInstant(text) !== null, NO_INSTANT),
});

async function postAssignment(
  c: Context<AppEnv>,
  { deps, number }: { deps: AppDeps; number: string },
): Promise<Response> {
  const form = await readForm(c, assignForm);
  const choice: Choice = { account: form.typed.account, from: form.typed.from };
  const again = (error: FormError, status: 409 | 422) =>
    showAssign(c, { deps, number, choice, errors: [error], status });
  if (!isE164(number)) return missing(c, { deps, number, choice, errors: [] });
  if (form.status === "invalid") return await again(form.errors[0]!, 422);
  const { account: accountId, from } = form.values;
  const holding = { accountId, carrier: null, fromMs: parseInstant(from)!, toMs: null };
  const outcome = await assignNumber(deps, { number, holding, actor: actorOf(c) });
  if (outcome.status === "account_not_found") {
    return await again({ name: "account", message: "Please choose an account that exists." }, 422);
  }
  if (outcome.status === "number_held") {
    const message = `${outcome.byAccountId} holds the number from ` +
      `${formatInstant(outcome.holding.fromMs)} on, which would overlap.`;
    return await again({ name: "from", message }, 409);
  }
  const came = outcome.claimJobId === undefined ? "" : await settle(deps, outcome.claimJobId);
  const to = `${CALLS_PATH}?${new URLSearchParams({ account: accountId, number })}`;
  return redirectWith(c, {
    to,
    flash: { text: `${number} belongs to ${accountId}.${came}`, tone: "positive" },
  });
}

/** Runs the claim before the answer goes out; says what it came to. */
async function settle(deps: AppDeps, jobId: string): Promise<string> {
  await runSoon(deps, jobId);
  const result = (await getJob(deps.store, jobId))?.progress?.result;
  if (!result) return " Its calls are being billed.";
  const { claimed = 0, billed = 0 } = result;
  const calls = claimed === 1 ? "call" : "calls";
  return ` ${formatCount(claimed)} ${calls} became theirs, ${formatCount(billed)} billed.`;
}
