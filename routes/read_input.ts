/**
 * Reading what a request holds: bytes to JSON, objects without surprises, faults with pointers.
 *
 * Comes from: `routes/openapi.ts`. Goes to: `routes/problem.ts`.
 *
 * @module
 */
import type { Context } from "hono";
import { z } from "zod";
import { problem, type ProblemError } from "./problem.ts";

/** The schema with unknown members refused, unless it says itself what to do with them. */
export function strictly(schema: z.ZodType): z.ZodType {
  const isOpen = schema instanceof z.ZodObject && schema.def.catchall === undefined;
  return isOpen ? schema.strict() : schema;
}

/**
 * Refuses a body that is not JSON (415) or cannot be parsed (400); null when it may be validated.
 *
 * The bytes stay with the request, so the validator reads the same ones. No body and no type is left to
 * the schema.
 */
export async function readJson(c: Context): Promise<Response | null> {
  const bytes = await c.req.arrayBuffer();
  const mediaType = (c.req.header("content-type") ?? "").split(";")[0]!.trim();
  if (bytes.byteLength === 0 && mediaType === "") return null;
  if (!/^application\/([\w.-]+\+)?json$/i.test(mediaType)) {
    return problem(c, {
      code: "unsupported_media_type",
      detail: "The body must be application/json.",
    });
  }
  const text = decodeUtf8(bytes);
  return text !== null && isJson(text) ? null : problem(c, { code: "malformed_body" });
}

/** The text of some bytes; null when they are not UTF-8. */
export function decodeUtf8(bytes: AllowSharedBufferSource): string | null {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    return null;
  }
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

/** Refuses text that no database key and no page can hold: NUL and halves of surrogate pairs. */
export function refuseUnreadable(c: Context, value: unknown): Response | undefined {
  const pointer = findUnreadable(value, "");
  if (pointer === null) return undefined;
  return answerErrors(c, [{ pointer, detail: "must be well-formed text without NUL" }]);
}

function findUnreadable(value: unknown, pointer: string): string | null {
  if (typeof value === "string") {
    return value.includes("\u0000") || !value.isWellFormed() ? pointer : null;
  }
  if (typeof value !== "object" || value === null) return null;
  for (const [name, member] of Object.entries(value)) {
    const place = `${pointer}/${escapePointer(name)}`;
    const found = findUnreadable(name, place) ?? findUnreadable(member, place);
    if (found !== null) return found;
  }
  return null;
}

/** The problem for what a schema found: a pointer and a sentence for every fault. */
export function answerInvalid(c: Context, issues: readonly z.core.$ZodIssue[]): Response {
  return answerErrors(c, issues.flatMap(describeIssue));
}

function answerErrors(c: Context, errors: ProblemError[]): Response {
  const [first] = errors;
  const detail = first && `${first.pointer.slice(1) || "The request"} ${first.detail}`;
  return problem(c, { code: "validation", detail, errors });
}

function describeIssue(issue: z.core.$ZodIssue): ProblemError[] {
  const pointer = issue.path.map((part) => `/${escapePointer(String(part))}`).join("");
  if (issue.code === "unrecognized_keys") {
    return issue.keys.map((key) => ({
      pointer: `${pointer}/${escapePointer(key)}`,
      detail: "is not known here",
    }));
  }
  return [{ pointer, detail: describeMessage(issue.message) }];
}

/** zod's words in ours; a schema's own words as they are. */
function describeMessage(message: string): string {
  if (/received undefined$/.test(message)) return "is missing";
  return message.replace(/^Invalid input: expected /, "must be ");
}

function escapePointer(part: string): string {
  const text = part.toWellFormed().replaceAll("\u0000", "");
  return text.replaceAll("~", "~0").replaceAll("/", "~1");
}
