/**
 * The sandbox's clock: `POST /sandbox/clock` moves its hand forward. Does not exist when live.
 *
 * @module
 */
import { type Context, Hono } from "hono";
import { z } from "zod";
import {
  closeSession,
  findSession,
  openSession,
  type SessionSubject,
} from "../core/accounts/sessions.ts";
import { DAY_MS, formatInstant } from "../core/clock.ts";
import type { AppEnv } from "./caller.ts";
import type { AppDeps } from "./deps.ts";
import { sessionDeps } from "./identify.ts";
import { ownPath } from "./pages/links.ts";
import { problem } from "./problem.ts";
import { answerInvalid, readJson } from "./read_input.ts";
import { readSessionCookie, setSessionCookie } from "./session_cookie.ts";

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
      // A field sent twice is a list here, and no list is a duration.
      ? await c.req.parseBody({ all: true })
      : JSON.parse(await c.req.text() || "{}");
    const body = advanceBody.safeParse(given);
    if (!body.success) return answerInvalid(c, body.error.issues);
    const advanceMs = parseStep(body.data.advance, deps.clock.now());
    if (advanceMs === null) {
      const detail = "must be a duration such as P1D or PT90M, at most 400 days";
      return problem(c, { code: "validation", errors: [{ pointer: "/advance", detail }] });
    }
    await advanceSignedIn(c, { deps, advance: () => sandbox.advance(advanceMs) });
    deps.actions.nudge();
    if (isForm) return c.redirect(ownPath(body.data.return_to), 303);
    return c.json({ now: formatInstant(deps.clock.now()) });
  });
}

/** Moves the clock; whoever moved it from a page stays signed in, however long that session sat idle. */
async function advanceSignedIn(
  c: Context<AppEnv>,
  { deps, advance }: { deps: AppDeps; advance: () => void },
): Promise<void> {
  const token = readSessionCookie(c);
  const signedIn = token === null ? null : await findSession(sessionDeps(deps), token);
  advance();
  if (token === null || signedIn === null) return;
  const subject: SessionSubject = signedIn.kind === "account"
    ? signedIn
    : { kind: "person", email: signedIn.person.email, epoch: signedIn.person.epoch };
  await closeSession(sessionDeps(deps), token);
  setSessionCookie(c, await openSession(sessionDeps(deps), subject));
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
