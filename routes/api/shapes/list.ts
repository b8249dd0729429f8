/**
 * How every list of the API is answered: a page of things and where the next page starts.
 *
 * @module
 */
import type { Context } from "hono";
import { z } from "zod";
import type { AppEnv } from "../../caller.ts";
import { problem } from "../../problem.ts";

/** A list of things as the API description shows it. */
export function listShape(
  thing: z.ZodType,
): z.ZodObject<{ data: z.ZodArray<z.ZodType>; nextCursor: z.ZodNullable<z.ZodString> }> {
  return z.object({ data: z.array(thing), nextCursor: z.string().nullable() });
}

/**
 * Answers a page, with `Link: <…>; rel="next"` while there is another.
 *
 * Null is what the domain says to a cursor that is not one of ours.
 */
export function answerPage(
  c: Context<AppEnv>,
  page: { data: object[]; nextCursor: string | null } | null,
): Response {
  if (!page) return problem(c, { code: "malformed_cursor" });
  if (page.nextCursor !== null) {
    const next = new URL(c.req.url);
    next.searchParams.set("cursor", page.nextCursor);
    c.header("link", `<${c.var.publicUrl}${next.pathname}${next.search}>; rel="next"`);
  }
  return c.json({ data: page.data, nextCursor: page.nextCursor });
}
