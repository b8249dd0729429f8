/**
 * An error as its reader likes it: a page for people, a problem for programs.
 *
 * @module
 */
import type { Context } from "hono";
import type { AppEnv } from "./caller.ts";
import type { AppDeps } from "./deps.ts";
import { renderPage } from "./pages/layout.tsx";
import { problem, type ProblemCode, PROBLEMS } from "./problem.ts";
import { assetPath } from "./static_files.ts";

/** Whether whoever asks would rather read HTML: a browser that was sent to a page. */
export function wantsPage(c: Context<AppEnv>): boolean {
  if (c.req.path.startsWith("/api/")) return false;
  const accept = c.req.header("accept") ?? "";
  const first = accept.split(",").map((part) => part.split(";")[0]!.trim())
    .find((type) => type === "text/html" || type.endsWith("json"));
  return first === "text/html";
}

/** The problem page or body, with the status of its code. */
export function answerError(
  deps: Pick<AppDeps, "files">,
  { c, code }: { c: Context<AppEnv>; code: ProblemCode },
): Response {
  const answer = problem(c, { code });
  if (!wantsPage(c)) return answer;
  const { title, cause, fix } = PROBLEMS[code];
  const frame = {
    title,
    viewer: null,
    nav: [],
    assets: assetPath(deps.files),
    sandbox: null,
    requestId: c.var.requestId ?? "",
  };
  const page = renderPage(
    frame,
    <>
      <h1>{title}</h1>
      <p>{cause}</p>
      <p>{fix}</p>
      <p>
        <a href="/">Start page</a>
      </p>
    </>,
  );
  return c.html(page, PROBLEMS[code].status);
}
