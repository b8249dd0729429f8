/**
 * Suspending, resuming and closing an account: what it means is said before.
 *
 * Goes to: `core/billing/open_account.ts`.
 *
 * @module
 */
import { type Context, Hono } from "hono";
import { z } from "zod";
import { type Account, type AccountStatus, getAccount } from "../../../core/accounts/account.ts";
import { changeAccount } from "../../../core/billing/open_account.ts";
import type { AppEnv } from "../../caller.ts";
import type { AppDeps } from "../../deps.ts";
import { Badge } from "../badge.tsx";
import { PageHead } from "../components.tsx";
import { ConfirmForm } from "../confirm_form.tsx";
import { actorOf, redirectWith, showPage } from "../frame.tsx";
import { readForm } from "../read_form.ts";
import { showMissingAccount } from "./show_missing_account.ts";

/** One way to change an account's status. */
export interface StatusStep {
  /** What the account becomes. */
  to: AccountStatus;
  /** From which states that is offered. */
  from: readonly AccountStatus[];
  /** As a button. */
  verb: string;
  /** What follows from it. */
  meaning: string;
  /** What is said afterwards. */
  done: string;
}

/** Every way there is; an account that was closed may be opened again. */
export const STATUS_STEPS: readonly StatusStep[] = [
  {
    to: "suspended",
    from: ["active"],
    verb: "Suspend",
    meaning: "New calls are not allowed any more where a program asks first. Calls that happen " +
      "all the same are charged.",
    done: "The account is suspended.",
  },
  {
    to: "active",
    from: ["suspended", "closed"],
    verb: "Resume",
    meaning: "New calls are allowed again.",
    done: "The account is active again.",
  },
  {
    to: "closed",
    from: ["active", "suspended"],
    verb: "Close",
    meaning: "The account takes no part any more. Its ledger stays, its numbers stay with it " +
      "until they are released, and calls that happen all the same are charged.",
    done: "The account is closed.",
  },
];

/** The steps an account may take now. */
export function stepsFrom(status: AccountStatus): StatusStep[] {
  return STATUS_STEPS.filter(({ from }) => from.includes(status));
}

const statusForm = z.strictObject({
  to: z.enum(["active", "suspended", "closed"]),
  from: z.enum(["active", "suspended", "closed"]),
});

/** `GET,POST /admin/accounts/:id/status`. */
export function statusPages(deps: AppDeps): Hono<AppEnv> {
  const path = "/admin/accounts/:id/status";
  return new Hono<AppEnv>()
    .get(path, async (c) => {
      const account = await getAccount(deps.store, c.req.param("id"));
      if (!account) return showMissingAccount(c, deps);
      const step = stepsFrom(account.status).find(({ to }) => to === c.req.query("to"));
      if (!step) return c.redirect(`/admin/accounts/${account.id}`, 303);
      return showStep(c, { deps, account, step });
    })
    .post(path, async (c) => {
      const account = await getAccount(deps.store, c.req.param("id"));
      return account ? await postStep(c, { deps, account }) : showMissingAccount(c, deps);
    });
}

function showStep(
  c: Context<AppEnv>,
  { deps, account, step }: { deps: AppDeps; account: Account; step: StatusStep },
): Response {
  const path = `/admin/accounts/${account.id}`;
  const title = `${step.verb} ${account.name}`;
  const body = (
    <>
      <PageHead title={title} above={{ href: path, label: account.name }} lead={step.meaning} />
      <ConfirmForm
        action={`${path}/status`}
        formId=""
        hidden={{ to: step.to, from: account.status }}
        submitLabel={step.verb}
        isDangerous={step.to !== "active"}
        cancelHref={path}
        changes={[{
          label: "Status",
          before: <Badge state={account.status} />,
          after: <Badge state={step.to} />,
        }]}
      />
    </>
  );
  return showPage(c, { deps, title, body });
}

async function postStep(
  c: Context<AppEnv>,
  { deps, account }: { deps: AppDeps; account: Account },
): Promise<Response> {
  const to = `/admin/accounts/${account.id}`;
  const form = await readForm(c, statusForm);
  const step = form.status === "read"
    ? STATUS_STEPS.find((one) => one.to === form.values.to)
    : undefined;
  // A second click finds it done.
  if (step?.to === account.status) {
    return redirectWith(c, { to, flash: { tone: "positive", text: step.done } });
  }
  const isAsShown = form.status === "read" && form.values.from === account.status;
  if (!step || !isAsShown || !step.from.includes(account.status)) {
    const text = `The account is ${account.status} by now; nothing was changed.`;
    return redirectWith(c, { to, flash: { tone: "negative", text } });
  }
  const outcome = await changeAccount(deps, {
    accountId: account.id,
    change: { status: step.to },
    actor: actorOf(c),
  });
  if (outcome.status === "account_not_found") return showMissingAccount(c, deps);
  return redirectWith(c, { to, flash: { tone: "positive", text: step.done } });
}
