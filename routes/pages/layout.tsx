/**
 * The frame of every page: head, header, navigation, sandbox banner, message, footer.
 *
 * Nothing in it is inline: the content policy allows no style and no script but the two files.
 *
 * @module
 */
import type { Child } from "hono/jsx";
import type { JSX } from "hono/jsx/jsx-runtime";
import type { AssetPath } from "../static_files.ts";
import { Icon } from "./icon.tsx";
import type { NavItem } from "./nav.ts";
import { SandboxBanner, type SandboxState } from "./sandbox_banner.tsx";
import { SiteHeader, SiteNav, type Viewer } from "./site_header.tsx";
import { WORDS } from "./strings.ts";

/** What a request knows before it knows its page. */
export interface PageFrame {
  /** Who is signed in; null on the sign-in page and on errors before it. */
  viewer: Viewer | null;
  /** Empty where there is nowhere to go yet. */
  nav: readonly NavItem[];
  /** Where the static files are. */
  assets: AssetPath;
  /** Null when live. */
  sandbox: SandboxState | null;
  /** Shown in the footer, so that people can quote it. */
  requestId: string;
}

/** A message above the page, usually after a redirect. */
export interface Flash {
  /** What has happened, in a sentence. */
  text: string;
  /** Whether it went well. */
  tone: "positive" | "negative";
}

/** What {@link Layout} needs besides the page itself. */
export interface LayoutProps extends PageFrame {
  /** The document's title; the product's name is added. */
  title: string;
  /** Loads the page again every so many seconds where JavaScript is off. */
  refreshSeconds?: number | undefined;
  /** Shown on top of the page. */
  flash?: Flash | undefined;
}

/** Where help is found, from every page. */
export const HELP_PATH = "/docs";

/**
 * The page as a whole HTML document.
 *
 * Throws when a part of the body is asynchronous: pages read first and render afterwards.
 */
export function renderPage(props: LayoutProps, body: Child): string {
  const html: unknown = (<Layout {...props}>{body}</Layout>).toString();
  if (typeof html !== "string") {
    throw new TypeError("Cannot render the page: a part of it is asynchronous");
  }
  return `<!doctype html>\n${html}`;
}

/** The document around a page. */
export function Layout(props: LayoutProps & { children?: Child }): JSX.Element {
  const { viewer, nav, assets, sandbox, flash } = props;
  return (
    <html lang={WORDS.language}>
      <Head {...props} />
      <body class={nav.length > 0 ? "framed" : undefined}>
        <a class="skip" href="#main">{WORDS.layout.skip}</a>
        {sandbox && <SandboxBanner {...sandbox} />}
        <SiteHeader viewer={viewer} assets={assets} hasNav={nav.length > 0} />
        {nav.length > 0 && <SiteNav items={nav} assets={assets} />}
        <main id="main" tabindex={-1}>
          {flash && <FlashMessage flash={flash} assets={assets} />}
          {props.children}
        </main>
        <footer class="row apart">
          <a href={HELP_PATH}>{WORDS.layout.help}</a>
          <span>
            {WORDS.layout.requestId} <code>{props.requestId}</code>
          </span>
        </footer>
      </body>
    </html>
  );
}

function Head({ title, assets, refreshSeconds }: LayoutProps): JSX.Element {
  return (
    <head>
      <meta charset="utf-8" />
      <meta name="viewport" content="width=device-width, initial-scale=1" />
      <meta name="color-scheme" content="light dark" />
      <title>{`${title} · ${WORDS.product}`}</title>
      <link rel="stylesheet" href={assets("app.css")} />
      <link rel="icon" href={assets("favicon.svg")} type="image/svg+xml" />
      <script src={assets("app.js")} type="module"></script>
      {refreshSeconds !== undefined && (
        <noscript>
          <meta http-equiv="refresh" content={String(refreshSeconds)} />
        </noscript>
      )}
    </head>
  );
}

function FlashMessage({ flash, assets }: { flash: Flash; assets: AssetPath }): JSX.Element {
  return (
    <p class={`flash row ${flash.tone}`} role="status">
      <Icon assets={assets} name={flash.tone === "positive" ? "check" : "alert"} />
      {flash.text}
    </p>
  );
}
