/**
 * Reading a posted form: text fields to what they mean, or the faults beside what was typed.
 *
 * @module
 */
import type { Context } from "hono";
import type { z } from "zod";
import type { AppEnv } from "../caller.ts";
import { strictly } from "../read_input.ts";
import type { FormError } from "./forms.tsx";

/** What was typed, by field; shown again beside the faults. */
export type Typed = Readonly<Record<string, string>>;

/** A form as it was understood, or what is wrong with it. */
export type FormOutcome<T> =
  | { status: "read"; values: T; typed: Typed }
  | { status: "invalid"; errors: FormError[]; typed: Typed };

/**
 * Parses the posted fields with a schema whose members are strings; unknown fields are refused.
 *
 * A field sent twice, or as a file, is refused: whichever of its values counted would be a guess. Blank
 * ends are cut, so an empty field is `""`.
 */
export async function readForm<S extends z.ZodType>(
  c: Context<AppEnv>,
  schema: S,
): Promise<FormOutcome<z.output<S>>> {
  const typed: Record<string, string> = {};
  const errors: FormError[] = [];
  for (const [name, value] of Object.entries(await c.req.parseBody({ all: true }))) {
    if (typeof value === "string") typed[name] = toText(value);
    else errors.push({ name, message: "Must be sent once, as text" });
  }
  if (errors.length > 0) return { status: "invalid", errors, typed };
  const parsed = strictly(schema).safeParse(typed);
  if (parsed.success) return { status: "read", values: parsed.data as z.output<S>, typed };
  return { status: "invalid", errors: describeIssues(parsed.error.issues), typed };
}

/** The fault of one field, for its `error`. */
export function errorOf(errors: readonly FormError[], name: string): string | undefined {
  return errors.find((error) => error.name === name)?.message;
}

// No database key and no page can hold NUL or half a surrogate pair; browsers send CRLF.
function toText(value: string): string {
  return value.replaceAll("\u0000", "").replaceAll("\r\n", "\n").toWellFormed().trim();
}

/** The first fault of each field, as a sentence. */
function describeIssues(issues: readonly z.core.$ZodIssue[]): FormError[] {
  const errors = issues.flatMap((issue): FormError[] =>
    issue.code === "unrecognized_keys"
      ? issue.keys.map((name) => ({ name, message: `The field ${name} is not known here` }))
      : [{ name: String(issue.path[0] ?? ""), message: issue.message }]
  );
  return errors.filter((one, at) => errors.findIndex(({ name }) => name === one.name) === at);
}
