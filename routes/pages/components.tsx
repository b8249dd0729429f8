/**
 * The parts every page is built from: its head, panels, tabs, facts, empty states and list ends.
 *
 * @module
 */
import type { Child } from "hono/jsx";
import type { JSX } from "hono/jsx/jsx-runtime";
import { linkWith, type Place, safeUrl } from "./links.ts";
import { WORDS } from "./strings.ts";

/** What {@link PageHead} shows. */
export interface PageHeadProps {
  /** The heading. */
  title: string;
  /** The page above, as a link over the title. */
  above?: { href: string; label: string } | undefined;
  /** A line under the title, such as an id, a state or an `AsOf`. */
  lead?: Child;
  /** Buttons beside the title. */
  actions?: Child;
}

/** The one `h1` of a page with what belongs to it. */
export function PageHead({ title, above, lead, actions }: PageHeadProps): JSX.Element {
  return (
    <div class="page-head row apart">
      <div>
        {above && (
          <p class="above">
            <a href={safeUrl(above.href)}>{above.label}</a>
          </p>
        )}
        <h1>{title}</h1>
        {lead && <div class="lead soft">{lead}</div>}
      </div>
      {actions && <div class="actions row">{actions}</div>}
    </div>
  );
}

/** What {@link Panel} shows. */
export interface PanelProps {
  /** Unique on the page; also the target of links. */
  id: string;
  /** The heading. */
  title: string;
  /** Buttons beside the heading. */
  actions?: Child;
  /** What stands inside. */
  children?: Child;
}

/** A titled part of a page on its own surface. */
export function Panel({ id, title, actions, children }: PanelProps): JSX.Element {
  return (
    <section class="panel" id={id} aria-labelledby={`${id}-title`}>
      <div class="row apart">
        <h2 id={`${id}-title`}>{title}</h2>
        {actions && <div class="actions row">{actions}</div>}
      </div>
      {children}
    </section>
  );
}

/** Panels beside each other where there is room for two, one below the other where not. */
export function Columns({ children }: { children?: Child }): JSX.Element {
  return <div class="columns">{children}</div>;
}

/** What {@link LinkButton} shows. */
export interface LinkButtonProps {
  /** An own path or an https address. */
  href: string;
  /** `primary` for the one thing most people come for. */
  tone?: "primary" | "danger" | undefined;
  /** What stands inside. */
  children?: Child;
}

/** A link that looks like a button: it goes somewhere and changes nothing. */
export function LinkButton({ href, tone, children }: LinkButtonProps): JSX.Element {
  return <a class={`button ${tone ?? ""}`.trim()} href={safeUrl(href)}>{children}</a>;
}

/** What {@link Tabs} shows. */
export interface TabsProps {
  /** What the tabs choose between, for those who cannot see them. */
  label: string;
  /** The views, in order. */
  items: readonly { href: string; label: string; isCurrent: boolean }[];
}

/** Neighbouring views of one page; each is a link of its own. */
export function Tabs({ label, items }: TabsProps): JSX.Element {
  return (
    <nav class="tabs row" aria-label={label}>
      {items.map((item) => (
        <a href={safeUrl(item.href)} aria-current={item.isCurrent ? "page" : undefined}>
          {item.label}
        </a>
      ))}
    </nav>
  );
}

/** What {@link DefinitionList} shows. */
export interface DefinitionListProps {
  /** The facts, in order. */
  items: readonly { term: string; value: Child }[];
}

/** Facts as pairs of a word and its value. */
export function DefinitionList({ items }: DefinitionListProps): JSX.Element {
  return (
    <dl class="facts">
      {items.map(({ term, value }) => (
        <div>
          <dt>{term}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}

/** What {@link EmptyState} shows. */
export interface EmptyStateProps {
  /** There is nothing yet, nothing for this filter, or it could not be read. */
  kind: "nothing_yet" | "nothing_found" | "could_not_load";
  /** Other words than the usual ones. */
  title?: string | undefined;
  /** Other words than the usual ones, under the title. */
  text?: Child;
  /** The way on: the first thing to do, the filter cleared, or the same page again. */
  action: { href: string; label: string };
}

/** What stands where a list would be; always with a way on. */
export function EmptyState({ kind, title, text, action }: EmptyStateProps): JSX.Element {
  const words = WORDS.empty[kind];
  return (
    <div class={`empty ${kind}`}>
      <h2>{title ?? words.title}</h2>
      <p>{text ?? words.text}</p>
      <LinkButton href={action.href}>{action.label}</LinkButton>
    </div>
  );
}

/** What {@link Pager} needs. */
export interface PagerProps {
  /** The list's page with the query it was asked with; filter and sorting are kept. */
  place: Place;
  /** Opaque; null at the end of the list. */
  nextCursor: string | null;
}

/** The ways to the first and the next page of a list; says so at the end of a long one. */
export function Pager({ place, nextCursor }: PagerProps): JSX.Element | null {
  const isFirst = !place.query.has("cursor");
  if (isFirst && nextCursor === null) return null;
  const words = WORDS.pager;
  return (
    <nav class="pager row" aria-label={words.name}>
      {!isFirst && <LinkButton href={linkWith(place)}>{words.first}</LinkButton>}
      {nextCursor === null
        ? <span>{words.end}</span>
        : <LinkButton href={linkWith(place, { cursor: nextCursor })}>{words.next}</LinkButton>}
    </nav>
  );
}
