/**
 * Making an API key, which is shown this once, and taking one back.
 *
 * Goes to: `core/accounts/api_keys.ts`.
 *
 * @module
 */
import { type Context, Hono } from "hono";
import { z } from "zod";
import { makeApiKey, revokeApiKey } from "../../../core/accounts/api_keys.ts";
import type { AppEnv } from "../../caller.ts";
import type { AppDeps } from "../../deps.ts";
import { LinkButton, PageHead, Panel } from "../components.tsx";
import { Field } from "../fields.tsx";
import { ErrorSummary, PostForm } from "../forms.tsx";
import { actorOf, redirectWith, showPage } from "../frame.tsx";
import { CopyText } from "../progress.tsx";
import { errorOf, readForm } from "../read_form.ts";
import { showMissingAccount } from "./show_missing_account.ts";

const keyForm = z.strictObject({
  name: z.string({ error: "Give a name" }).min(1, "Give a name")
    .max(100, "The name may have 100 letters"),
});
const revocationForm = z.strictObject({ key_id: z.string().min(1).max(64) });

/** `POST /admin/accounts/:id/api-keys` and `POST /admin/accounts/:id/api-key-revocations`. */
export function keyPages(deps: AppDeps): Hono<AppEnv> {
  return new Hono<AppEnv>()
    .post(
      "/admin/accounts/:id/api-keys",
      (c) => postKey(c, { deps, accountId: c.req.param("id") }),
    )
    .post(
      "/admin/accounts/:id/api-key-revocations",
      (c) => postRevocation(c, { deps, accountId: c.req.param("id") }),
    );
}

interface Asked {
  deps: AppDeps;
  accountId: string;
}

async function postKey(c: Context<AppEnv>, { deps, accountId }: Asked): Promise<Response> {
  const title = "API key";
  const above = { href: `/admin/accounts/${accountId}#api-keys`, label: accountId };
  const form = await readForm(c, keyForm);
  if (form.status === "invalid") {
    const { errors, typed } = form;
    const body = (
      <>
        <PageHead title={title} above={above} />
        <ErrorSummary errors={errors} />
        <PostForm action={`/admin/accounts/${accountId}/api-keys`} submitLabel="Make a key">
          <Field name="name" label="Name" value={typed.name} error={errorOf(errors, "name")} />
        </PostForm>
      </>
    );
    return showPage(c, { deps, title, body, status: 422 });
  }
  const { name } = form.values;
  const outcome = await makeApiKey(deps, { accountId, name, actor: actorOf(c) });
  if (outcome.status === "account_not_found") return showMissingAccount(c, deps);
  // No redirect: the key is kept nowhere, so only this answer can show it.
  const body = (
    <>
      <PageHead title={title} above={above} lead={`For ${name}`} />
      <Panel id="key" title="Copy it now">
        <p>This is the only time it is shown. Whoever has it can read and use the account.</p>
        <p>
          <CopyText text={outcome.key} />
        </p>
        <p>
          <LinkButton href={above.href}>I have copied it</LinkButton>
        </p>
      </Panel>
    </>
  );
  return showPage(c, { deps, title, body });
}

async function postRevocation(c: Context<AppEnv>, { deps, accountId }: Asked): Promise<Response> {
  const form = await readForm(c, revocationForm);
  const keyId = form.status === "read" ? form.values.key_id : "";
  const outcome = await revokeApiKey(deps, { accountId, keyId, actor: actorOf(c) });
  const flash = outcome.status === "api_key_revoked"
    ? { tone: "positive" as const, text: `The key ${outcome.apiKey.name} opens nothing any more.` }
    : { tone: "negative" as const, text: "This account has no such key; nothing was changed." };
  return redirectWith(c, { to: `/admin/accounts/${accountId}#api-keys`, flash });
}
