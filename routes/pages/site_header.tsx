/**
 * The top of every page: the name, the person, the way out, and the way around.
 *
 * On a narrow screen the navigation is a popover that the Menu button opens; the browser does that
 * without JavaScript, closes it with Esc and brings the focus back.
 *
 * @module
 */
import type { JSX } from "hono/jsx/jsx-runtime";
import type { AssetPath } from "../static_files.ts";
import { Icon } from "./icon.tsx";
import { safeUrl } from "./links.ts";
import type { NavItem } from "./nav.ts";
import { WORDS } from "./strings.ts";

/** Who looks at the page. */
export interface Viewer {
  /** As shown. */
  name: string;
  /** In a word, as shown: `admin`, `viewer`; empty for none. */
  role: string;
  /** Where the product's name leads. */
  homePath: string;
  /** Where the sign-out form posts to. */
  signOutPath: string;
}

/** What {@link SiteHeader} needs. */
export interface SiteHeaderProps {
  /** Null before sign-in. */
  viewer: Viewer | null;
  /** Where the icons are. */
  assets: AssetPath;
  /** Whether a {@link SiteNav} follows. */
  hasNav: boolean;
}

/** Product name, menu button for narrow screens, person and sign-out. */
export function SiteHeader({ viewer, assets, hasNav }: SiteHeaderProps): JSX.Element {
  return (
    <header class="row">
      {hasNav && (
        <button class="button menu" type="button" popovertarget="nav">
          <Icon assets={assets} name="menu" />
          {WORDS.layout.menu}
        </button>
      )}
      <a class="brand" href={safeUrl(viewer?.homePath ?? "/")}>
        <Icon assets={assets} name="mark" /> {WORDS.product}
      </a>
      {viewer && <Person viewer={viewer} assets={assets} />}
    </header>
  );
}

function Person({ viewer, assets }: { viewer: Viewer; assets: AssetPath }): JSX.Element {
  return (
    <form class="person row" method="post" action={safeUrl(viewer.signOutPath)}>
      <span>
        <span class="unseen">{WORDS.layout.signedInAs}</span> {viewer.name}{" "}
        {viewer.role && <small>{viewer.role}</small>}
      </span>
      <button class="button" type="submit">
        <Icon assets={assets} name="sign-out" />
        {WORDS.layout.signOut}
      </button>
    </form>
  );
}

/** What {@link SiteNav} shows. */
export interface SiteNavProps {
  /** In order, the current one marked. */
  items: readonly NavItem[];
  /** Where the icons are. */
  assets: AssetPath;
}

/** The pages one can go to, in groups. */
export function SiteNav({ items, assets }: SiteNavProps): JSX.Element {
  return (
    <nav id="nav" popover="auto" aria-label={WORDS.layout.navigation}>
      {groupNeighbours(items).map(({ group, members }) => (
        <>
          {group && <p class="soft">{group}</p>}
          <ul>{members.map((item) => <NavLine key={item.href} item={item} assets={assets} />)}</ul>
        </>
      ))}
    </nav>
  );
}

function NavLine({ item, assets }: { item: NavItem; assets: AssetPath }): JSX.Element {
  return (
    <li>
      <a href={safeUrl(item.href)} aria-current={item.isCurrent ? "page" : undefined}>
        {item.icon && <Icon assets={assets} name={item.icon} />}
        {item.label}
      </a>
    </li>
  );
}

interface NavGroup {
  group: string | undefined;
  members: NavItem[];
}

function groupNeighbours(items: readonly NavItem[]): NavGroup[] {
  const groups: NavGroup[] = [];
  for (const item of items) {
    const last = groups.at(-1);
    if (last && last.group === item.group) last.members.push(item);
    else groups.push({ group: item.group, members: [item] });
  }
  return groups;
}
