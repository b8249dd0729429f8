/**
 * The sign-in page.
 *
 * Goes to: `routes/pages/frame.tsx`.
 *
 * @module
 */
import type { AppDeps } from "../deps.ts";
import type { RenderLogin } from "../sign_in.ts";
import { PageHead } from "./components.tsx";
import { Field } from "./fields.tsx";
import { ErrorSummary, PostForm } from "./forms.tsx";
import { showPage } from "./frame.tsx";

/** Renders the form that posts `email` and `password` to `/login`. */
export function renderLoginWith(deps: AppDeps): RenderLogin {
  return (c, { error, email }) => {
    const title = "Sign in";
    const errors = error ? [{ name: "email", message: error }] : [];
    const body = (
      <>
        <PageHead title={title} />
        <ErrorSummary errors={errors} />
        <PostForm action="/login" submitLabel={title}>
          <Field
            name="email"
            type="email"
            label="E-mail"
            autocomplete="username"
            value={email}
            maxlength={254}
            isRequired
          />
          <Field
            name="password"
            type="password"
            label="Password"
            autocomplete="current-password"
            isRequired
          />
        </PostForm>
        {deps.sandbox && (
          <p class="soft">The sandbox prints who may sign in where it was started.</p>
        )}
      </>
    );
    return showPage(c, { deps, title, body });
  };
}
