/**
 * Saving the terms of SMS billing: changed only by who has seen the present ones.
 *
 * The form carries the mark of the level it was filled with. When somebody else saved meanwhile, a conflict
 * page shows both, and what was typed is kept.
 *
 * Goes to: `core/sms_billing/terms.ts`.
 *
 * @module
 */
import { type Context, Hono } from "hono";
import { z } from "zod";
import type { SmsLevel } from "../../../core/sms_billing/settings.ts";
import { setAccountLevel, setGlobalLevel } from "../../../core/sms_billing/terms.ts";
import type { AppEnv } from "../../caller.ts";
import type { AppDeps } from "../../deps.ts";
import type { FormError } from "../forms.tsx";
import { actorOf, redirectWith, showPage } from "../frame.tsx";
import { readForm, type Typed } from "../read_form.ts";
import { readSettings, type SettingsView, tagOf } from "./read_settings.ts";
import { readLevel, TERM_NAMES } from "./settings_fields.ts";
import { SETTINGS_PATH, SETTINGS_TAB, SettingsTab } from "./settings_tab.tsx";
import { SmsHead } from "./sms_head.tsx";

const text = z.string().max(100, "This is too long");
const settingsForm = z.strictObject({
  ...Object.fromEntries(TERM_NAMES.map((name) => [name, text.optional()])),
  account: text.default(""),
  mark: z.string({ error: "Open the form again" }).max(100),
});

/** `POST /admin/sms/settings`. */
export function settingsPages(deps: AppDeps): Hono<AppEnv> {
  return new Hono<AppEnv>().post(SETTINGS_PATH, (c) => postSettings(c, deps));
}

async function postSettings(c: Context<AppEnv>, deps: AppDeps): Promise<Response> {
  const form = await readForm(c, settingsForm);
  const { typed } = form;
  const view = await readSettings(deps.store, typed.account ?? "");
  if (view.missing !== null) return showMissingAccount(c, view.missing);
  const { level, errors } = readLevel(typed);
  const faults = form.status === "invalid" ? [...form.errors, ...errors] : errors;
  if (faults.length > 0) return show(c, { deps, view, typed, errors: faults, status: 422 });
  const mark = typed.mark ?? "";
  const request = {
    level,
    isExpected: (now: SmsLevel) => tagOf(now) === mark,
    actor: actorOf(c),
  };
  const outcome = view.account
    ? await setAccountLevel(deps, { ...request, accountId: view.account.id })
    : await setGlobalLevel(deps, request);
  switch (outcome.status) {
    case "settings_changed": {
      // Running periods are brought along by a job.
      deps.actions.nudge();
      const to = view.account ? `${SETTINGS_TAB}&account=${view.account.id}` : SETTINGS_TAB;
      return redirectWith(c, { to, flash: { tone: "positive", text: "The terms are saved." } });
    }
    case "changed_meanwhile": {
      const fresh = await readSettings(deps.store, view.account?.id ?? "");
      return show(c, { deps, view: fresh, typed, errors: [], wanted: level, status: 409 });
    }
    case "currency_mismatch": {
      const message = `Currency must be ${view.currency}, the account's own, or inherited`;
      const errors = [{ name: "currency", message }];
      return show(c, { deps, view, typed, errors, status: 422 });
    }
    case "account_not_found":
      return showMissingAccount(c, typed.account ?? "");
  }
}

function showMissingAccount(c: Context<AppEnv>, accountId: string): Response {
  const flash = { tone: "negative" as const, text: `There is no account ${accountId}.` };
  return redirectWith(c, { to: SETTINGS_TAB, flash });
}

function show(
  c: Context<AppEnv>,
  { deps, view, typed, errors, wanted, status }: {
    deps: AppDeps;
    view: SettingsView;
    typed: Typed;
    errors: readonly FormError[];
    wanted?: SmsLevel;
    status: 409 | 422;
  },
): Response {
  const body = (
    <>
      <SmsHead tab="settings" />
      <SettingsTab view={view} typed={typed} errors={errors} wanted={wanted} mayChange />
    </>
  );
  const title = status === 409 ? "SMS billing: conflict" : "SMS billing";
  return showPage(c, { deps, title, body, status });
}
