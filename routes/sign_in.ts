/**
 * Signing in and out: the form's answers. The page itself is rendered by whoever is handed in.
 *
 * Goes to: `core/accounts/people.ts`, `core/accounts/throttle.ts`, `core/accounts/sessions.ts`.
 *
 * @module
 */
import { type Context, Hono } from "hono";
import { z } from "zod";
import { normalizeEmail, verifyPassword } from "../core/accounts/people.ts";
import { closeSession, findSession, openSession } from "../core/accounts/sessions.ts";
import { countSignIn, forgiveSignIn } from "../core/accounts/throttle.ts";
import { SECOND_MS } from "../core/clock.ts";
import type { AppEnv } from "./caller.ts";
import type { AppDeps } from "./deps.ts";
import { sessionDeps } from "./identify.ts";
import { dropTicket } from "./portal_ticket.ts";
import { dropSessionCookie, readSessionCookie, setSessionCookie } from "./session_cookie.ts";

/** Where one is sent after signing in. */
export const HOME_PATH = "/admin";
/** Where one signs in. */
export const SIGN_IN_PATH = "/login";
/** Where a customer, who has no password, is told how to come in. */
const PORTAL_DOOR_PATH = "/portal/open";

/** The sign-in page again, with what was wrong. The status is set already: leave it out. */
export type RenderLogin = (
  c: Context<AppEnv>,
  page: { error?: string; email?: string },
) => Response | Promise<Response>;

// The same words for an unknown e-mail, so that nobody learns who may sign in.
const WRONG = "E-mail or password is not right.";

const signInForm = z.object({
  email: z.string().min(1).max(254),
  password: z.string().min(1).max(1_024),
});

/** `GET,POST /login` and `POST /logout`. */
export function signInRoutes(deps: AppDeps, renderLogin: RenderLogin): Hono<AppEnv> {
  return new Hono<AppEnv>()
    .get(SIGN_IN_PATH, (c) => renderLogin(c, {}))
    .post(SIGN_IN_PATH, async (c) => {
      // A field sent twice is a list here, and no list is an e-mail.
      const form = signInForm.safeParse(await c.req.parseBody({ all: true }));
      if (!form.success) {
        c.status(400);
        return await renderLogin(c, { error: WRONG });
      }
      return await signIn(deps, { c, renderLogin, ...form.data });
    })
    .post("/logout", async (c) => {
      const token = readSessionCookie(c);
      const signedIn = token === null ? null : await findSession(sessionDeps(deps), token);
      await endSession(deps, c);
      dropSessionCookie(c);
      if (signedIn?.kind === "account") dropTicket(c);
      return c.redirect(signedIn?.kind === "account" ? PORTAL_DOOR_PATH : SIGN_IN_PATH, 303);
    });
}

interface SignIn {
  c: Context<AppEnv>;
  renderLogin: RenderLogin;
  email: string;
  password: string;
}

async function signIn(deps: AppDeps, { c, renderLogin, email, password }: SignIn) {
  const attempt = { email: normalizeEmail(email), address: c.env?.remoteAddress ?? "unknown" };
  const throttle = await countSignIn(deps, attempt);
  if (throttle.status === "too_many_attempts") {
    c.status(429);
    c.header("Retry-After", String(Math.ceil(throttle.retryAfterMs / SECOND_MS)));
    return await renderLogin(c, { error: waitWords(throttle.retryAfterMs), email });
  }
  const person = await verifyPassword(deps, { email, password });
  if (!person) {
    deps.log("warn", "A sign-in was refused", { request_id: c.var.requestId });
    c.status(401);
    return await renderLogin(c, { error: WRONG, email });
  }
  await forgiveSignIn(deps, attempt);
  // A new token at every sign-in: one that somebody planted before is worth nothing.
  await endSession(deps, c);
  const { email: subjectEmail, epoch } = person;
  const subject = { kind: "person", email: subjectEmail, epoch } as const;
  setSessionCookie(c, await openSession(sessionDeps(deps), subject));
  deps.log("info", "Somebody signed in", { request_id: c.var.requestId, person: person.email });
  return c.redirect(HOME_PATH, 303);
}

function waitWords(retryAfterMs: number): string {
  const minutes = Math.ceil(retryAfterMs / (60 * SECOND_MS));
  return `Too many attempts. Please try again in ${minutes} min.`;
}

async function endSession(deps: AppDeps, c: Context<AppEnv>): Promise<void> {
  const token = readSessionCookie(c);
  if (token !== null) await closeSession(sessionDeps(deps), token);
}
