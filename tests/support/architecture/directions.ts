/**
 * Who may import whom: the directions of the house and, inside core, the table of domains.
 *
 * @module
 */
import type { Source } from "../source_map.ts";

/** Everything at the top of the repository besides dotfiles. */
const TOP_LEVEL = [
  "LICENSE",
  "README.md",
  "core",
  "cron",
  "deno.json",
  "deno.lock",
  "main.ts",
  "routes",
  "static",
  "tests",
];

/** The top level is fixed: nothing more, nothing less. */
export function checkTopLevel(sources: readonly Source[]): string[] {
  const found = new Set(sources.map(({ path }) => path.split("/")[0] ?? ""));
  const extra = [...found].filter((name) => !TOP_LEVEL.includes(name) && !name.startsWith("."));
  const missing = TOP_LEVEL.filter((name) => !found.has(name));
  return [
    ...extra.map((name) => `${name}: does not belong at the top`),
    ...missing.map((name) => `${name}: is missing at the top`),
  ];
}

const AREAS: Record<string, readonly string[]> = {
  "main.ts": ["routes", "cron", "core"],
  routes: ["routes", "core"],
  cron: ["cron", "core"],
  core: ["core"],
};

/** main → routes, cron, core; routes, cron → core; nothing points back, packages by name alone. */
export function checkDirections(sources: readonly Source[]): string[] {
  return sources.flatMap(({ path, imports }) => {
    const allowed = AREAS[path.split("/")[0] ?? ""];
    if (!allowed) return [];
    return imports.flatMap(({ specifier, path: target }) => {
      if (target === null) {
        return /^(node:|(@[\w-]+\/)?[a-z][\w./-]*$)/.test(specifier)
          ? []
          : [`${path}: imports ${specifier}, which is not a name of deno.json`];
      }
      return allowed.includes(target.split("/")[0] ?? "")
        ? []
        : [`${path}: may not import ${target}`];
    });
  });
}

/** What a row of core's table may import besides itself and the files directly in core. */
export interface DomainRow {
  /** Whole domains. */
  any?: readonly string[];
  /** Domains of which only the types may be imported. */
  types?: readonly string[];
  /** One file of the row that may import more than the others. */
  file?: { name: string; any: readonly string[] };
}

/** The table of the style guide, section 3. */
const TABLE: Record<string, DomainRow> = {
  kv: {},
  audit: { any: ["kv"] },
  jobs: { any: ["kv", "audit"] },
  accounts: { any: ["kv", "audit"] },
  usage: { any: ["kv"] },
  rating: { types: ["usage"], file: { name: "plans.ts", any: ["kv", "audit"] } },
  wallet: { any: ["kv", "audit"] },
  notices: { any: ["kv", "audit", "jobs", "accounts"] },
  carriers: { types: ["usage", "sms_billing"] },
  billing: { any: ["kv", "jobs", "accounts", "usage", "rating", "wallet", "notices"] },
  sms_billing: { any: ["kv", "audit", "jobs", "accounts", "usage", "wallet", "notices"] },
};

/** The sandbox plays the whole house, so it may import all of it, and only the door may start it. */
const SANDBOX_DOORS = ["main.ts", "routes/sandbox.ts"];

/** One import that the table lacks, with the reason why it stands. */
export interface ExtraImport {
  /** A folder or file of core. */
  from: string;
  /** A folder or file of core. */
  to: string;
  /** Whether only types may be imported. */
  isTypesOnly?: boolean;
  /** Why the table alone is not enough. */
  reason: string;
}

/** Inside core, a row imports its columns; files directly in core and kv import no domain. */
export function checkDomains(sources: readonly Source[], extra: readonly ExtraImport[]): string[] {
  return sources.flatMap(({ path, imports }) =>
    imports.flatMap(({ path: target, isTypesOnly }) => {
      if (!target?.startsWith("core/")) return [];
      const use = { path, target, isTypesOnly };
      return mayImport(use) || extra.some((row) => covers(row, use))
        ? []
        : [`${path}: may not import ${isTypesOnly ? "types of " : ""}${target}`];
    })
  );
}

type Use = { path: string; target: string; isTypesOnly: boolean };

function mayImport({ path, target, isTypesOnly }: Use): boolean {
  const [from, to] = [domainOf(path), domainOf(target)];
  if (to === "sandbox") return from === "sandbox" || SANDBOX_DOORS.includes(path);
  if (!path.startsWith("core/") || to === "" || from === to || from === "sandbox") return true;
  const row = TABLE[from];
  if (!row) return false;
  if (row.any?.includes(to) || (isTypesOnly && row.types?.includes(to))) return true;
  return path === `core/${from}/${row.file?.name}` && (row.file?.any.includes(to) ?? false);
}

/** `wallet` for `core/wallet/entry.ts`; nothing for `core/money.ts`. */
function domainOf(path: string): string {
  return /^core\/([^/]+)\//.exec(path)?.[1] ?? "";
}

function covers(row: ExtraImport, use: Use): boolean {
  const lies = (path: string, place: string) => path === place || path.startsWith(`${place}/`);
  return lies(use.path, row.from) && lies(use.target, row.to) &&
    (use.isTypesOnly || !row.isTypesOnly);
}
