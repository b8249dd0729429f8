/**
 * How the program of every run is configured: every carrier on, every secret one that can be searched for.
 *
 * @module
 */
import { type Config, readConfig } from "../../core/config.ts";
import { loadStaticFiles } from "../../routes/static_files.ts";
import { createSigner } from "../../core/carriers/telnyx/simulated/signer.ts";

/** Secrets of a run: none of them may ever be stored or shown. */
export const SECRETS = {
  ADMIN_API_KEY: "canary-admin-key-of-the-simulator",
  CRON_SECRET: "canary-cron-secret-of-the-simulator",
  SESSION_SECRET: "canary-session-secret-of-the-simulator",
  METRICS_TOKEN: "canary-metrics-token-of-the-simulator",
  BLAND_API_KEY: "canary-bland-key-of-the-simulator",
  BLAND_WEBHOOK_SECRET: "canary-bland-webhook-of-the-simulator",
  TELNYX_API_KEY: "canary-telnyx-key-of-the-simulator",
  TWILIO_AUTH_TOKEN: "0canary0twilio0token0simulator00",
  SIPPY_PASSWORD: "canary-sippy-password-of-the-simulator",
} as const;

/** What the simulated Telnyx signs with. */
export const TELNYX_SIGNING_SECRET = "canary-telnyx-signing-of-the-simulator";
/** Whose account at Twilio. */
export const TWILIO_SID = "AC00000000000000000000000000000051";

/** Where the simulated Sippy is, and who signs in there. */
export const SIPPY = {
  SIPPY_URL: "https://sippy.example.com/xmlapi/xmlapi",
  SIPPY_USERNAME: "tollkeeper",
} as const;

const configs = new Map<string, Config>();

/** The configuration; `billing` is what bills a call of Bland. */
export function siteConfig(billing: string): Config {
  let config = configs.get(billing);
  if (config) return config;
  const read = readConfig({
    ...SECRETS,
    ...SIPPY,
    PUBLIC_URL: "https://billing.example.com",
    TWILIO_ACCOUNT_SID: TWILIO_SID,
    TELNYX_PUBLIC_KEY: createSigner(TELNYX_SIGNING_SECRET).publicKey,
    BLAND_BILLING: billing,
  });
  if (read.status === "invalid") throw new Error(read.message);
  configs.set(billing, config = read.config);
  return config;
}

/** Styles and scripts, read once. */
export const siteFiles = await loadStaticFiles((name) =>
  Deno.readFile(new URL(`../../static/${name}`, import.meta.url))
);
