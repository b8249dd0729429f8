/**
 * No secret is ever stored but where secrets are kept.
 *
 * @module
 */
import type { Committed } from "../commits.ts";
import { SECRETS, TELNYX_SIGNING_SECRET } from "../configuration.ts";
import { require } from "../violation.ts";

const CANARIES = [...Object.values(SECRETS), TELNYX_SIGNING_SECRET];
// One look at most rows is enough: every canary holds this word.
const SIGN = "canary";

/** Looks through every text that is stored. */
export function watchSecrets({ changes }: Committed): void {
  for (const { key, text } of changes) {
    if (!text.includes(SIGN) || key[0] === "account_secret") continue;
    const found = CANARIES.find((secret) => text.includes(secret));
    require(found === undefined, "G13", () => `${key.join("/")} holds a secret`);
  }
}
