/**
 * The sandbox's clock: `POST /sandbox/clock` moves its hand forward. Does not exist when live.
 *
 * @module
 */
import { Hono } from "hono";
import { z } from "zod";
import { DAY_MS, formatInstant } from "../core/clock.ts";
import type { AppEnv } from "./caller.ts";
import type { AppDeps } from "./deps.ts";
import { safeUrl } from "./pages/links.ts";
import { problem } from "./problem.ts";
import { answerInvalid, readJson } from "./read_input.ts";

/** The longest step: what follows the clock works off every minute of it at once. */
export const ADVANCE_MAX_MS = 400 * DAY_MS;

const advanceBody = z.strictObject({
  advance: z.string().max(40),
  return_to: z.string().max(1_000).optional(),
});

/** Takes `{"advance":"P1D"}` as JSON and answers the time, or as a form and goes back to the page. */
export function sandboxRoutes(deps: AppDeps): Hono<AppEnv> {
  const { sandbox } = deps;
  if (!sandbox) return new Hono<AppEnv>();
  return new Hono<AppEnv>().post("/sandbox/clock", async (c) => {
    const isForm = /^(application\/x-www-form-urlencoded|multipart\/form-data)\b/i
      .test(c.req.header("content-type") ?? "");
    const refusal = isForm ? null : await readJson(c);
    if (refusal) return refusal;
    const given: unknown = isForm
      ? await c.req.parseBody()
      : JSON.parse(await c.req.text() || "{}");
    const body = advanceBody.safeParse(given);
    if (!body.success) return answerInvalid(c, body.error.issues);
    const advanceMs = parseStep(body.data.advance, deps.clock.now());
    if (advanceMs === null) {
      const detail = "must be a duration such as P1D or PT90M, at most 400 days";
      return problem(c, { code: "validation", errors: [{ pointer: "/advance", detail }] });
    }
    sandbox.advance(advanceMs);
    deps.actions.nudge();
    if (isForm) return c.redirect(ownPath(body.data.return_to), 303);
    return c.json({ now: formatInstant(deps.clock.now()) });
  });
}

/** Milliseconds of an ISO 8601 duration from an instant on; null when it is none, or too long. */
function parseStep(text: string, nowMs: number): number | null {
  try {
    const start = Temporal.Instant.fromEpochMilliseconds(nowMs).toZonedDateTimeISO("UTC");
    const ms = start.add(Temporal.Duration.from(text)).epochMilliseconds - nowMs;
    return ms >= 0 && ms <= ADVANCE_MAX_MS ? ms : null;
  } catch {
    return null;
  }
}

/** The page to go back to, if it is one of ours. */
function ownPath(path: string | undefined): string {
  return path?.startsWith("/") ? safeUrl(path) ?? "/" : "/";
}
