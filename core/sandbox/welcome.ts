/**
 * What a person reads when the sandbox has started: where to go, how to sign in, lines to try.
 *
 * @module
 */
import type { Config } from "../config.ts";

/** The lines, for the terminal. A sandbox listens on loopback alone, so its secrets are shown. */
export function renderWelcome(
  { url, version, config, carriers }: {
    url: string;
    version: string;
    config: Config;
    /** Simulated carriers by name, with their addresses. */
    carriers: Record<string, string>;
  },
): string {
  const bearer = (secret: Config["adminApiKey"]) =>
    `-H "Authorization: Bearer ${secret?.reveal()}"`;
  const simulated = Object.entries(carriers).map(([name, address]) =>
    `  ${name.padEnd(9)} ${address} (simulated)`
  );
  return `
  Tollkeeper ${version}, sandbox: simulated carriers, demo accounts, a clock with hands.

  Open      ${url}/admin
  Sign in   ${config.firstAdmin?.email}  ${config.firstAdmin?.password.reveal()}
  API       curl ${bearer(config.adminApiKey)} ${url}/api/v1/calls
  Sync      curl ${bearer(config.cronSecret)} ${url}/api/calls/scheduled-sync
  Clock     curl ${
    bearer(config.adminApiKey)
  } -H "content-type: application/json" -d '{"advance":"P1D"}' ${url}/sandbox/clock
  Docs      ${url}/docs
${simulated.join("\n")}

  Data lives in ${config.kvPath} and is made afresh at every start. Stop with Ctrl+C.
`;
}
