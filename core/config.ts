/**
 * The configuration: the environment read once, as a whole, into typed groups.
 *
 * Every problem is reported in one message, since nobody likes to fix a start one line at a time.
 *
 * Goes to: `core/config_variables.ts`, `core/config_problems.ts`.
 *
 * @module
 */
import type { z } from "zod";
import { type ConfigProblem, findProblems, formatProblems } from "./config_problems.ts";
import { VARIABLES } from "./config_variables.ts";
import type { LogFormat, LogLevel } from "./log.ts";
import { type Secret, secret } from "./secret.ts";

/** Bland AI, when its key is set. */
export interface BlandConfig {
  /** Sent with our requests. */
  apiKey: Secret;
  /** Without a slash at the end. */
  baseUrl: string;
  /** Any of them proves a webhook: two while one replaces the other. None: webhooks are closed. */
  webhookSecrets: readonly Secret[];
  /** What bills a call. */
  billing: "sync" | "webhook" | "both";
  /** Days the sync looks back. */
  lookbackDays: number;
}

/** Telnyx, when its key is set. */
export interface TelnyxConfig {
  /** Sent with our requests. */
  apiKey: Secret;
  /** Without a slash at the end. */
  baseUrl: string;
  /** Base64 of 32 bytes each; any of them proves a webhook. None: webhooks are closed. */
  publicKeys: readonly string[];
}

/** Twilio, when its account and token are set. */
export interface TwilioConfig {
  /** `AC…`. */
  accountSid: string;
  /** Sent with our requests. */
  authToken: Secret;
  /** Any of them proves a webhook: that token, and another one while one replaces the other. */
  webhookTokens: readonly Secret[];
  /** Without a slash at the end. */
  baseUrl: string;
}

/** Sippy, when its address, user and password are set. */
export interface SippyConfig {
  /** The whole address of its XML-RPC. */
  url: string;
  /** For HTTP digest. */
  username: string;
  /** For HTTP digest. */
  password: Secret;
  /** How long an unanswered debit may still appear. */
  settleSeconds: number;
}

/** Where SMS billing starts from until settings say otherwise. */
export interface SmsBillingConfig {
  /** When a period closes. */
  defaultFrequency: "daily" | "weekly" | "monthly" | "threshold";
  /** ISO 4217. */
  defaultCurrency: string;
  /** Whether a closed bill is collected at once. */
  autoProcess: boolean;
  /** Whether people hear of bills. */
  notificationEnabled: boolean;
}

/** Everything the environment says. A carrier that is off is null. */
export interface Config {
  /** 0 takes a free port. */
  port: number;
  /** Null on Deno Deploy, which brings its own database. */
  kvPath: string | null;
  /** Without a slash at the end. */
  publicUrl: string;
  /** Made when nobody can sign in yet. */
  firstAdmin: { email: string; password: Secret } | null;
  /** Null: no program is an admin. */
  adminApiKey: Secret | null;
  /** Null: the cron addresses are closed. */
  cronSecret: Secret | null;
  /** Null: none was set. */
  sessionSecret: Secret | null;
  /** Null: the metrics are closed. */
  metricsToken: Secret | null;
  /** Bland AI. */
  bland: BlandConfig | null;
  /** Telnyx. */
  telnyx: TelnyxConfig | null;
  /** Twilio. */
  twilio: TwilioConfig | null;
  /** Sippy. */
  sippy: SippyConfig | null;
  /** SMS billing. */
  smsBilling: SmsBillingConfig;
  /** E-mail; the URL holds a password. */
  mail: { smtpUrl: Secret; from: string } | null;
  /** Days that handled events are kept. */
  eventRetentionDays: number;
  /** Months that paid and cancelled bills are kept. */
  billRetentionMonths: number;
  /** The quietest lines still written. */
  logLevel: LogLevel;
  /** The shape of a log line. */
  logFormat: LogFormat;
}

/** What {@link readConfig} says. */
export type ConfigOutcome =
  | { status: "ok"; config: Config }
  | {
    status: "invalid";
    /** Every problem, a line each, under "Cannot start: …". */
    message: string;
    problems: ConfigProblem[];
  };

/** Reads the environment. An empty variable counts as unset; unknown ones are none of our business. */
export function readConfig(env: Record<string, string>): ConfigOutcome {
  const given = Object.fromEntries(
    Object.keys(VARIABLES.shape)
      .map((name) => [name, env[name] ?? ""] as const)
      .filter(([, value]) => value.trim() !== ""),
  );
  const parsed = VARIABLES.safeParse(given);
  const problems = findProblems(given, parsed.error?.issues ?? []);
  if (!parsed.success || problems.length > 0) {
    return { status: "invalid", message: formatProblems(problems), problems };
  }
  return { status: "ok", config: group(parsed.data) };
}

type Values = z.infer<typeof VARIABLES>;

function group(values: Values): Config {
  return {
    port: values.PORT,
    kvPath: values.KV_PATH ?? null,
    publicUrl: values.PUBLIC_URL ?? `http://127.0.0.1:${values.PORT}`,
    firstAdmin: firstAdmin(values),
    adminApiKey: wrap(values.ADMIN_API_KEY),
    cronSecret: wrap(values.CRON_SECRET),
    sessionSecret: wrap(values.SESSION_SECRET),
    metricsToken: wrap(values.METRICS_TOKEN),
    bland: bland(values),
    telnyx: telnyx(values),
    twilio: twilio(values),
    sippy: sippy(values),
    smsBilling: smsBilling(values),
    mail: mail(values),
    eventRetentionDays: values.EVENT_RETENTION_DAYS,
    billRetentionMonths: values.BILL_RETENTION_MONTHS,
    logLevel: values.LOG_LEVEL,
    logFormat: values.LOG_FORMAT,
  };
}

const wrap = (text: string | undefined): Secret | null => text === undefined ? null : secret(text);

function firstAdmin({ ADMIN_EMAIL: email, ADMIN_PASSWORD: password }: Values) {
  return email && password ? { email, password: secret(password) } : null;
}

function bland(values: Values): BlandConfig | null {
  if (!values.BLAND_API_KEY) return null;
  return {
    apiKey: secret(values.BLAND_API_KEY),
    baseUrl: values.BLAND_BASE_URL,
    webhookSecrets: (values.BLAND_WEBHOOK_SECRET ?? []).map(secret),
    billing: values.BLAND_BILLING,
    lookbackDays: values.BLAND_LOOKBACK_DAYS,
  };
}

function telnyx(values: Values): TelnyxConfig | null {
  if (!values.TELNYX_API_KEY) return null;
  return {
    apiKey: secret(values.TELNYX_API_KEY),
    baseUrl: values.TELNYX_BASE_URL,
    publicKeys: values.TELNYX_PUBLIC_KEY ?? [],
  };
}

function twilio(values: Values): TwilioConfig | null {
  const { TWILIO_ACCOUNT_SID: accountSid, TWILIO_AUTH_TOKEN: tokens } = values;
  const webhookTokens = (tokens ?? []).map(secret);
  const [authToken] = webhookTokens;
  if (!accountSid || !authToken) return null;
  return { accountSid, authToken, webhookTokens, baseUrl: values.TWILIO_BASE_URL };
}

function sippy(values: Values): SippyConfig | null {
  const { SIPPY_URL: url, SIPPY_USERNAME: username, SIPPY_PASSWORD: password } = values;
  if (!url || !username || !password) return null;
  return { url, username, password: secret(password), settleSeconds: values.SIPPY_SETTLE_SECONDS };
}

function smsBilling(values: Values): SmsBillingConfig {
  return {
    defaultFrequency: values.SMS_BILLING_DEFAULT_FREQUENCY,
    defaultCurrency: values.SMS_BILLING_DEFAULT_CURRENCY,
    autoProcess: values.SMS_BILLING_AUTO_PROCESS,
    notificationEnabled: values.SMS_BILLING_NOTIFICATION_ENABLED,
  };
}

function mail({ SMTP_URL: smtpUrl, MAIL_FROM: from }: Values) {
  return smtpUrl && from ? { smtpUrl: secret(smtpUrl), from } : null;
}

/** Every origin the configured carriers live at: where requests of ours may go. */
export function carrierOrigins({ bland, telnyx, twilio, sippy }: Config): string[] {
  const urls = [bland?.baseUrl, telnyx?.baseUrl, twilio?.baseUrl, sippy?.url];
  return [...new Set(urls.filter((url) => url !== undefined).map((url) => new URL(url).origin))];
}

/**
 * Whether a carrier lives on this machine over plain http, as it does in the sandbox and in tests: then
 * the endpoints of webhooks may live here too. Sippy does not count, a tunnel to it is nothing unusual.
 */
export function mayReachLoopback({ bland, telnyx, twilio }: Config): boolean {
  return [bland, telnyx, twilio].some((carrier) => carrier?.baseUrl.startsWith("http:"));
}

/** Whether any carrier is on. */
export function hasCarrier({ bland, telnyx, twilio, sippy }: Config): boolean {
  return Boolean(bland ?? telnyx ?? twilio ?? sippy);
}
