/**
 * What is wrong with an environment, found all at once and said in one message.
 *
 * Comes from: `core/config.ts`. Goes to: `core/config_variables.ts`.
 *
 * @module
 */
import { meaningOf } from "./config_variables.ts";
import { SECRET_SHOWN } from "./secret.ts";

/** One thing wrong with the environment; a secret is never quoted. */
export interface ConfigProblem {
  /** Which variable. */
  variable: string;
  /** What it held, in words. */
  found: string;
  /** What it should hold, in words. */
  expected: string;
  /** A value that would do. */
  example: string;
}

/** The variables that are set to something, as text. */
export type Given = Readonly<Record<string, string>>;

/** What the schema found wrong with one value. */
export interface Issue {
  /** The variable. */
  path: PropertyKey[];
  /** What was expected. */
  message: string;
}

/** Every problem: wrong values, invisible blanks, and settings that need another one. */
export function findProblems(given: Given, issues: readonly Issue[]): ConfigProblem[] {
  return [
    ...issues.map((issue) => wrongValue(given, issue)),
    ...untrimmed(given),
    ...halfConfigured(given),
  ];
}

function wrongValue(given: Given, issue: Issue): ConfigProblem {
  const variable = String(issue.path[0]);
  const found = formatFound(variable, given[variable] ?? "");
  return { variable, found, expected: issue.message, example: meaningOf(variable).example };
}

// A line end of another system or a copied blank: invisible, and fatal in a key.
function untrimmed(given: Given): ConfigProblem[] {
  return Object.entries(given).filter(([, value]) => value !== value.trim()).map(([variable]) => ({
    variable,
    found: "blanks or a line break around the value",
    expected: "the value alone",
    example: meaningOf(variable).example,
  }));
}

/** Each of a row is worth nothing without the others. */
const TOGETHER = [
  ["ADMIN_EMAIL", "ADMIN_PASSWORD"],
  ["TWILIO_ACCOUNT_SID", "TWILIO_AUTH_TOKEN"],
  ["SIPPY_URL", "SIPPY_USERNAME", "SIPPY_PASSWORD"],
  ["SMTP_URL", "MAIL_FROM"],
] as const;

/** The first is worth nothing without the second. */
const NEEDS = [
  ["BLAND_WEBHOOK_SECRET", "BLAND_API_KEY"],
  ["TELNYX_PUBLIC_KEY", "TELNYX_API_KEY"],
] as const;

function halfConfigured(given: Given): ConfigProblem[] {
  const rows: (readonly [string, string])[] = TOGETHER.flatMap((names) => {
    const set = names.find((name) => name in given);
    return set ? names.map((name) => [set, name] as const) : [];
  });
  rows.push(...NEEDS);
  // Without a signature every webhook is refused, and these calls would never be billed.
  const isByWebhook = given["BLAND_BILLING"] === "webhook" || given["BLAND_BILLING"] === "both";
  if (isByWebhook && "BLAND_API_KEY" in given) rows.push(["BLAND_BILLING", "BLAND_WEBHOOK_SECRET"]);
  return rows.filter(([set, needed]) => set in given && !(needed in given))
    .map(([set, variable]) => ({
      variable,
      found: `nothing, though ${set} is set`,
      expected: `both or neither`,
      example: meaningOf(variable).example,
    }));
}

function formatFound(variable: string, value: string): string {
  if (meaningOf(variable).secret) return `${SECRET_SHOWN} of ${value.length} characters`;
  const shown = value.replace(/:\/\/[^\s/]*@/, `://${SECRET_SHOWN}@`);
  return JSON.stringify(shown.length <= 100 ? shown : `${shown.slice(0, 100)}…`);
}

/** Every problem, a line each, for the person who reads why nothing started. */
export function formatProblems(problems: readonly ConfigProblem[]): string {
  const count = problems.length === 1 ? "1 problem" : `${problems.length} problems`;
  return [`Cannot start: ${count} in the environment`, ...problems.map(formatProblem)].join("\n");
}

function formatProblem({ variable, found, expected, example }: ConfigProblem): string {
  return `  ${variable}: found ${found}; expected ${expected}, for example ${example}`;
}
