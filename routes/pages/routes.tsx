/**
 * Every page behind the sign-in, one line each.
 *
 * Comes from: `routes/app.ts`.
 *
 * @module
 */
import { Hono } from "hono";
import type { AppEnv } from "../caller.ts";
import type { AppDeps } from "../deps.ts";
import { accountPages } from "./account.tsx";
import { accountsPages } from "./accounts.tsx";
import { billingPages } from "./billing_pages.tsx";
import { callPages } from "./call_pages.tsx";
import { messagePages } from "./messages.tsx";
import { moneyPages } from "./money_forms.tsx";
import { overviewPages } from "./overview.tsx";
import { portalPages } from "./portal.tsx";
import { smsPages } from "./sms.tsx";
import { workPages } from "./work_pages.tsx";

/** The pages of admins, and those of customers. */
export function pageRoutes(deps: AppDeps): Hono<AppEnv> {
  return new Hono<AppEnv>()
    .route("/", overviewPages(deps))
    .route("/", accountsPages(deps))
    .route("/", accountPages(deps))
    .route("/", moneyPages(deps))
    .route("/", callPages(deps))
    .route("/", messagePages(deps))
    .route("/", billingPages(deps))
    .route("/", smsPages(deps))
    .route("/", workPages(deps))
    .route("/", portalPages(deps));
}
