/**
 * `/docs`, `/openapi.json` and `/problems/:code`: the API for people and for programs.
 *
 * The page is drawn from the same document, as plain HTML that needs no script.
 *
 * Goes to: `routes/openapi.ts`, `routes/problem.ts`.
 *
 * @module
 */
import { type Context, Hono } from "hono";
import type { Child } from "hono/jsx";
import type { JSX } from "hono/jsx/jsx-runtime";
import type { AppEnv } from "./caller.ts";
import type { AppDeps } from "./deps.ts";
import { buildOpenApi, type OpenApiDocument } from "./openapi.ts";
import { renderPage } from "./pages/layout.tsx";
import { OperationDoc } from "./operation_doc.tsx";
import { problem, type ProblemCode, type ProblemMeaning, PROBLEMS } from "./problem.ts";
import { assetPath } from "./static_files.ts";

/** Serves the description of an app; built at the first request, since routes may still be added. */
export function docsRoutes(
  deps: Pick<AppDeps, "files" | "version" | "config">,
  getApp: () => Hono<AppEnv>,
): Hono<AppEnv> {
  let document: OpenApiDocument | null = null;
  const read = () =>
    document ??= buildOpenApi(getApp(), {
      title: "Tollkeeper",
      version: deps.version,
      description: ABOUT,
    });
  return new Hono<AppEnv>()
    .get("/openapi.json", (c) => {
      c.header("cache-control", "public, max-age=300");
      return c.json(read());
    })
    .get("/docs", (c) => {
      const page = <Docs document={read()} publicUrl={deps.config.publicUrl} />;
      return c.html(renderPage(frameOf(deps, { c, title: "API" }), page));
    })
    .get("/problems/:code", (c) => {
      const code = c.req.param("code");
      if (!isProblemCode(code)) return problem(c, { code: "not_found" });
      const page = <ProblemPage code={code} meaning={PROBLEMS[code]} />;
      return c.html(renderPage(frameOf(deps, { c, title: PROBLEMS[code].title }), page));
    });
}

const ABOUT =
  "Prepaid wallets and exact usage billing. Amounts are decimal text with six decimals; " +
  "times are RFC 3339 in UTC; lists answer data and nextCursor; errors are RFC 9457 problems.";

function isProblemCode(code: string): code is ProblemCode {
  return Object.hasOwn(PROBLEMS, code);
}

function frameOf(
  deps: Pick<AppDeps, "files">,
  { c, title }: { c: Context<AppEnv>; title: string },
): Parameters<typeof renderPage>[0] {
  const assets = assetPath(deps.files);
  return { title, viewer: null, nav: [], assets, sandbox: null, requestId: c.var.requestId };
}

function Docs({ document, publicUrl }: DocsProps): JSX.Element {
  const operations = listOperations(document);
  const byTag = Map.groupBy(operations, ({ operation }) => operation.tags?.[0] ?? "other");
  return (
    <>
      <h1>API</h1>
      <p>{ABOUT}</p>
      <p>
        <a href="/openapi.json">OpenAPI document</a>
      </p>
      <nav aria-label="Operations by subject">
        <ul>{[...byTag.keys()].map((tag) => <TagLink key={tag} tag={tag} />)}</ul>
      </nav>
      {[...byTag].map(([tag, members]) => (
        <section id={tag} class="panel">
          <h2>{tag}</h2>
          {members.map((member) => (
            <OperationDoc {...member} document={document} publicUrl={publicUrl} />
          ))}
        </section>
      ))}
      <section id="problems" class="panel">
        <h2>Problems</h2>
        <ProblemList />
      </section>
    </>
  );
}

interface DocsProps {
  document: OpenApiDocument;
  publicUrl: string;
}

const TagLink = ({ tag }: { tag: string }): JSX.Element => (
  <li>
    <a href={`#${tag}`}>{tag}</a>
  </li>
);

const METHODS = ["get", "post", "put", "patch", "delete"] as const;

function listOperations(document: OpenApiDocument) {
  return Object.entries(document.paths ?? {}).flatMap(([path, item]) =>
    METHODS.flatMap((method) => {
      const operation = item[method];
      return operation ? [{ method: method.toUpperCase(), path, operation }] : [];
    })
  );
}

function ProblemList(): JSX.Element {
  const rows: Child[] = Object.entries(PROBLEMS).map(([code, { status, title }]) => (
    <li>
      <a href={`/problems/${code}`}>
        {status} {code}
      </a>{" "}
      {title}
    </li>
  ));
  return <ul>{rows}</ul>;
}

function ProblemPage({ code, meaning }: { code: string; meaning: ProblemMeaning }): JSX.Element {
  return (
    <>
      <h1>{meaning.title}</h1>
      <dl class="facts">
        <div>
          <dt>Code</dt>
          <dd>
            <code>{code}</code>
          </dd>
        </div>
        <div>
          <dt>Status</dt>
          <dd>{meaning.status}</dd>
        </div>
      </dl>
      <h2>Cause</h2>
      <p>{meaning.cause}</p>
      <h2>Fix</h2>
      <p>{meaning.fix}</p>
      <p>
        <a href="/docs#problems">All problems</a>
      </p>
    </>
  );
}
