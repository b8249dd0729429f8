/**
 * The pages one can go to, in the order they are offered.
 *
 * @module
 */
import type { IconName } from "./icon.tsx";

/** One line of the navigation. */
export interface NavItem {
  /** The page's path. */
  href: string;
  /** Its words. */
  label: string;
  /** Neighbours of the same group stand under one heading. */
  group?: string | undefined;
  /** A symbol beside the words. */
  icon?: IconName | undefined;
  /** Whether this is the page one is on. */
  isCurrent?: boolean | undefined;
}

/** The navigation of admins. */
export const ADMIN_NAV: readonly NavItem[] = [
  { href: "/admin", label: "Overview", icon: "overview" },
  { href: "/admin/accounts", label: "Accounts", icon: "accounts", group: "Customers" },
  { href: "/admin/notices", label: "Notices", icon: "bell", group: "Customers" },
  { href: "/admin/calls", label: "Calls", icon: "phone", group: "Usage" },
  { href: "/admin/messages", label: "Messages", icon: "message", group: "Usage" },
  { href: "/billing", label: "Billing", icon: "wallet", group: "Money" },
  { href: "/admin/sms", label: "SMS billing", icon: "receipt", group: "Money" },
  { href: "/admin/rate-plans", label: "Rate plans", icon: "tags", group: "Money" },
  { href: "/admin/reconciliation", label: "Reconciliation", icon: "scale", group: "Money" },
  { href: "/admin/jobs", label: "Jobs", icon: "jobs", group: "System" },
  { href: "/admin/events", label: "Events", icon: "inbox", group: "System" },
  { href: "/admin/audit", label: "Audit", icon: "scroll", group: "System" },
  { href: "/admin/settings", label: "Settings", icon: "settings", group: "System" },
];

/** The navigation of customers. */
export const PORTAL_NAV: readonly NavItem[] = [
  { href: "/portal", label: "Account", icon: "overview" },
  { href: "/portal/calls", label: "Calls", icon: "phone" },
  { href: "/portal/messages", label: "Messages", icon: "message" },
  { href: "/portal/bills", label: "SMS bills", icon: "receipt" },
  { href: "/portal/statements", label: "Statements", icon: "download" },
];

/** The navigation with the page of `path` marked: the longest line that is the path or above it. */
export function markCurrent(items: readonly NavItem[], path: string): NavItem[] {
  const above = items.filter(({ href }) => path === href || path.startsWith(`${href}/`));
  const longest = above.sort((a, b) => b.href.length - a.href.length)[0];
  return items.map((item) => ({ ...item, isCurrent: item === longest }));
}
