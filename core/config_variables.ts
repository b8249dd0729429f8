/**
 * The variables this program reads: what each means, what it may hold and what it is without one.
 *
 * README's table is printed from here, and a start is refused by these same rows.
 *
 * Comes from: `core/config.ts`, `core/config_problems.ts`.
 *
 * @module
 */
import { z } from "zod";
import { LOG_FORMATS, LOG_LEVELS } from "./log.ts";

const wholeNumber = (min: number, max: number) => {
  const expected = `a whole number from ${min} to ${max}`;
  return z.string().regex(/^\d{1,9}$/, expected).transform(Number)
    .pipe(z.number().min(min, expected).max(max, expected));
};

const flag = z.enum(["true", "false"], "true or false").transform((text) => text === "true");

const secretText = (charsMin: number) =>
  z.string().min(charsMin, `a secret of at least ${charsMin} characters`);

/** What proves webhooks: one, or while one replaces the other two with a comma between. */
const oneOrTwo = (expected: string, isOne: (text: string) => boolean) =>
  z.string().transform((text) => text.split(",")).refine(
    (parts) => parts.length <= 2 && parts.every(isOne),
    `${expected}, or two with nothing but a comma between`,
  );

function isSecret(text: string): boolean {
  return text !== "" && text === text.trim();
}

const emailAddress = z.email("an e-mail address");

/** `https://…`, or plain http on this machine; no sign-in, query or fragment; no slash at the end. */
const webAddress = z.string()
  .refine(isWebAddress, "an https address, or http for 127.0.0.1 or localhost")
  .transform((text) => new URL(text).href.replace(/\/{1,99}$/, ""));

function isWebAddress(text: string): boolean {
  if (!/^https?:\/\//i.test(text) || !URL.canParse(text)) return false;
  const { protocol, hostname, username, password, search, hash } = new URL(text);
  if (username + password + search + hash !== "" || /[?#]/.test(text)) return false;
  return protocol === "https:" || hostname === "127.0.0.1" || hostname === "localhost";
}

function isMailServer(text: string): boolean {
  if (!URL.canParse(text)) return false;
  const { protocol, hostname } = new URL(text);
  return (protocol === "smtp:" || protocol === "smtps:") && hostname !== "";
}

function isSender(text: string): boolean {
  const address = /^[^<>\r\n]+ <([^<>]+)>$/.exec(text)?.[1] ?? text;
  return emailAddress.safeParse(address).success;
}

/** Telnyx shows its Ed25519 key as base64 of 32 bytes. */
function isPublicKey(text: string): boolean {
  return /^[A-Za-z0-9+/]{43}=$/.test(text);
}

function isLasting(path: string): boolean {
  return path !== ":memory:";
}

function isCurrency(code: string): boolean {
  return Intl.supportedValuesOf("currency").includes(code);
}

/** What README and a refused start say of a variable. */
export interface Meaning {
  /** What it does, for README. */
  description: string;
  /** A value that would do. */
  example: string;
  /** Whether its value must never be shown. */
  secret: boolean;
  /** What it is without a value, in words, where the schema holds no default. */
  without?: string | undefined;
}

const MEANING = z.object({
  description: z.string(),
  example: z.string(),
  secret: z.boolean(),
  without: z.string().optional(),
});

function plain(description: string, example: string, without?: string): z.infer<typeof MEANING> {
  return { description, example, secret: false, without };
}

function hidden(description: string, example: string): z.infer<typeof MEANING> {
  return { description, example, secret: true };
}

/**
 * Every variable, in the order README shows them.
 *
 * @internal the type of a schema is too long to write down
 */
export const VARIABLES = z.object({
  PORT: wholeNumber(0, 65_535).default(8_000).meta(
    plain("The port it listens on; 0 takes a free one", "8000"),
  ),
  KV_PATH: z.string().refine(isLasting, "the path of a file; memory would lose the money")
    .optional().meta(
      plain(
        "The database file; unset on Deno Deploy, which brings its own",
        "/var/lib/tollkeeper/kv.sqlite3",
      ),
    ),
  PUBLIC_URL: webAddress.optional().meta(
    plain(
      "This program as carriers and people see it; Twilio signs it",
      "https://billing.example.com",
      "http://127.0.0.1:PORT",
    ),
  ),
  ADMIN_EMAIL: emailAddress.optional().meta(
    plain("The first admin, made when nobody can sign in yet", "ada@example.com"),
  ),
  ADMIN_PASSWORD: secretText(8).optional().meta(
    hidden("The first admin's password: at least 8 characters, better 12", "correct horse battery"),
  ),
  ADMIN_API_KEY: secretText(8).optional().meta(
    hidden("Lets an admin's program use the whole API", "a random text of 32 characters"),
  ),
  CRON_SECRET: secretText(8).optional().meta(
    hidden(
      "Lets a scheduler call the cron addresses; unset closes them",
      "a random text of 32 characters",
    ),
  ),
  SESSION_SECRET: secretText(16).optional().meta(
    hidden("Signs the cookies of people who sign in", "a random text of 32 characters"),
  ),
  METRICS_TOKEN: secretText(8).optional().meta(
    hidden("Lets a monitor read the metrics; unset closes them", "a random text of 32 characters"),
  ),
  BLAND_API_KEY: secretText(1).optional().meta(hidden("Turns Bland AI on", "sk-…")),
  BLAND_BASE_URL: webAddress.default("https://api.bland.ai").meta(
    plain("Bland's API", "https://api.bland.ai"),
  ),
  BLAND_WEBHOOK_SECRET: oneOrTwo("a secret", isSecret).optional().meta(
    hidden(
      "Proves Bland's webhooks, also two with a comma between; unset closes them",
      "the signing secret of Bland's account page",
    ),
  ),
  BLAND_BILLING: z.enum(["sync", "webhook", "both"], "sync, webhook or both").default("sync").meta(
    plain("What bills a Bland call: the sync, a verified webhook, or both", "both"),
  ),
  BLAND_LOOKBACK_DAYS: wholeNumber(1, 90).default(7).meta(
    plain("How many days back the sync looks for calls", "7"),
  ),
  TELNYX_API_KEY: secretText(1).optional().meta(hidden("Turns Telnyx on", "KEY…")),
  TELNYX_BASE_URL: webAddress.default("https://api.telnyx.com/v2").meta(
    plain("Telnyx's API", "https://api.telnyx.com/v2"),
  ),
  TELNYX_PUBLIC_KEY: oneOrTwo("an Ed25519 key as 44 characters of base64", isPublicKey)
    .optional().meta(
      plain(
        "Proves Telnyx's webhooks, also two with a comma between; unset closes them",
        "2QyZ3vbQO9n3o0X5sJk1rX1t8uW4m7c6Yp0aLr9dE1g=",
      ),
    ),
  TWILIO_ACCOUNT_SID: z.string().regex(/^AC\w+$/, "an account SID, AC and 32 characters")
    .optional().meta(
      plain("Turns Twilio on, with its token", "ACxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"),
    ),
  TWILIO_AUTH_TOKEN: oneOrTwo("a token", isSecret).optional().meta(
    hidden(
      "Reads from Twilio and proves its webhooks; one more after a comma only proves",
      "32 characters",
    ),
  ),
  TWILIO_BASE_URL: webAddress.default("https://api.twilio.com").meta(
    plain("Twilio's API", "https://api.twilio.com"),
  ),
  SIPPY_URL: webAddress.optional().meta(
    plain(
      "Turns Sippy on, with its user and password: the whole address of its XML-RPC",
      "https://sippy.example.com/xmlapi/xmlapi",
    ),
  ),
  SIPPY_USERNAME: z.string().optional().meta(plain("Sippy's API user", "tollkeeper")),
  SIPPY_PASSWORD: secretText(1).optional().meta(
    hidden("The API user's password", "the password of Sippy's API user"),
  ),
  SIPPY_SETTLE_SECONDS: wholeNumber(1, 86_400).default(300).meta(
    plain("How long an unanswered debit may still appear before it is looked up", "300"),
  ),
  SMS_BILLING_DEFAULT_FREQUENCY: z.enum(
    ["daily", "weekly", "monthly", "threshold"],
    "daily, weekly, monthly or threshold",
  ).default("daily").meta(plain("When SMS is billed, until settings say otherwise", "weekly")),
  SMS_BILLING_DEFAULT_CURRENCY: z.string().refine(isCurrency, "a currency code of ISO 4217")
    .default("USD").meta(plain("The currency of SMS bills, until settings say otherwise", "EUR")),
  SMS_BILLING_AUTO_PROCESS: flag.default(true).meta(
    plain("Whether a closed SMS bill is collected at once", "false"),
  ),
  SMS_BILLING_NOTIFICATION_ENABLED: flag.default(true).meta(
    plain("Whether people hear of SMS bills", "false"),
  ),
  SMTP_URL: z.string().refine(isMailServer, "an address like smtps://user:password@host:465")
    .optional().meta(
      hidden(
        "Sends notices by e-mail, together with MAIL_FROM",
        "smtps://user:password@mail.example.com:465",
      ),
    ),
  MAIL_FROM: z.string().refine(isSender, "an e-mail address, or Name <address>").optional().meta(
    plain("The sender of those e-mails", "Billing <billing@example.com>"),
  ),
  EVENT_RETENTION_DAYS: wholeNumber(1, 3_650).default(30).meta(
    plain("How long handled webhook events are kept", "30"),
  ),
  BILL_RETENTION_MONTHS: wholeNumber(1, 1_200).default(12).meta(
    plain("How long paid and cancelled SMS bills are kept", "24"),
  ),
  LOG_LEVEL: z.enum(LOG_LEVELS, "debug, info, warn or error").default("info").meta(
    plain("The quietest lines still written", "debug"),
  ),
  LOG_FORMAT: z.enum(LOG_FORMATS, "json or text").default("json").meta(
    plain("Lines for machines or for people", "text"),
  ),
});

/** What README and a refused start say of a variable of this program. */
export function meaningOf(name: string): Meaning {
  const shape: Readonly<Record<string, z.ZodType>> = VARIABLES.shape;
  return MEANING.parse(shape[name]?.meta());
}

/** The table of README's configuration chapter: name, default, meaning, secret. */
export function configTable(): string {
  const rows = Object.entries(VARIABLES.shape).map(([name, schema]) => {
    const { description, secret, without } = meaningOf(name);
    const value = schema.parse(undefined) ?? without;
    const cells = [`\`${name}\``, value === undefined ? "unset" : `\`${value}\``, description];
    return `| ${[...cells, secret ? "secret" : ""].join(" | ")} |`;
  });
  return ["| name | default | meaning | secret |", "|---|---|---|---|", ...rows].join("\n");
}
