/**
 * The sign-in page.
 *
 * @module
 */
import type { AppDeps } from "./deps.ts";
import { renderPage } from "./pages/layout.tsx";
import type { RenderLogin } from "./sign_in.ts";
import { assetPath } from "./static_files.ts";

/** Renders the form that posts `email` and `password` to `/login`. */
export function renderLoginWith(deps: Pick<AppDeps, "files">): RenderLogin {
  return (c, { error, email }) => {
    const frame = {
      title: "Sign in",
      viewer: null,
      nav: [],
      assets: assetPath(deps.files),
      sandbox: null,
      requestId: c.var.requestId,
    };
    const page = (
      <>
        <h1>Sign in</h1>
        {error && <p class="flash negative" role="alert">{error}</p>}
        <form class="form" method="post" action="/login">
          <div class="field">
            <label for="email">E-mail</label>
            <input
              id="email"
              name="email"
              type="email"
              autocomplete="username"
              value={email}
              required
            />
          </div>
          <div class="field">
            <label for="password">Password</label>
            <input
              id="password"
              name="password"
              type="password"
              autocomplete="current-password"
              required
            />
          </div>
          <button class="button primary" type="submit">Sign in</button>
        </form>
      </>
    );
    return c.html(renderPage(frame, page));
  };
}
