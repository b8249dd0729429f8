/**
 * What a thrown error becomes: the database away, an outcome nobody knows, or a fault of ours.
 *
 * @module
 */
import type { Context } from "hono";
import { HTTPException } from "hono/http-exception";
import { TooManyHashes } from "../core/accounts/password.ts";
import { Unresolved } from "../core/kv/gates.ts";
import { StoreUnavailable } from "../core/kv/store.ts";
import type { AppEnv } from "./caller.ts";
import type { AppDeps } from "./deps.ts";
import { answerError } from "./error_page.tsx";
import type { ProblemCode } from "./problem.ts";

/** Logs what is worth a line, once, and answers with the problem it stands for. */
export function answerFailure(
  deps: Pick<AppDeps, "log" | "files">,
): (error: Error, c: Context<AppEnv>) => Response {
  return (error, c) => {
    const code = codeOf(error);
    const level = code === "internal" ? "error" : "warn";
    if (!(error instanceof HTTPException)) {
      deps.log(level, `A request ended as ${code}`, {
        request_id: c.var.requestId,
        method: c.req.method,
        path: c.req.path,
        error,
      });
    }
    return answerError(deps, { c, code });
  };
}

function codeOf(error: Error): ProblemCode {
  if (error instanceof StoreUnavailable) return "store_unavailable";
  if (error instanceof Unresolved) return "outcome_unknown";
  if (error instanceof TooManyHashes) return "rate_limited";
  if (!(error instanceof HTTPException)) return "internal";
  // Hono throws these itself: 403 for a forged form, 400 for a form that cannot be parsed.
  if (error.status === 403) return "forged_form";
  return error.status === 400 ? "malformed_body" : "internal";
}
