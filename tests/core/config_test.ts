import assert from "node:assert/strict";
import fc from "fast-check";
import { type Config, readConfig } from "../../core/config.ts";
import { configTable, meaningOf, VARIABLES } from "../../core/config_variables.ts";

const NAMES = Object.keys(VARIABLES.shape);

function read(env: Record<string, string>): Config {
  const outcome = readConfig(env);
  assert(outcome.status === "ok", outcome.status === "invalid" ? outcome.message : "");
  return outcome.config;
}

function problemsOf(env: Record<string, string>) {
  const outcome = readConfig(env);
  assert(outcome.status === "invalid", "expected a problem");
  return outcome;
}

Deno.test("an empty environment starts with the defaults of the contract", () => {
  assert.deepEqual(read({}), {
    port: 8000,
    kvPath: null,
    publicUrl: "http://127.0.0.1:8000",
    firstAdmin: null,
    adminApiKey: null,
    cronSecret: null,
    sessionSecret: null,
    metricsToken: null,
    bland: null,
    telnyx: null,
    twilio: null,
    sippy: null,
    smsBilling: {
      defaultFrequency: "daily",
      defaultCurrency: "USD",
      autoProcess: true,
      notificationEnabled: true,
    },
    mail: null,
    eventRetentionDays: 30,
    billRetentionMonths: 12,
    logLevel: "info",
    logFormat: "json",
  });
});

Deno.test("an empty or blank variable counts as unset", () => {
  const blank = Object.fromEntries(NAMES.map((name, index) => [name, index % 2 ? "" : "  "]));
  assert.deepEqual(read(blank), read({}));
});

Deno.test("variables that are not ours are left alone", () => {
  assert.deepEqual(read({ PATH: "/bin", port: "x", __proto__x: "1" }), read({}));
});

Deno.test("every variable has a meaning, and its example is accepted when all are set", () => {
  const examples = Object.fromEntries(NAMES.map((name) => [name, meaningOf(name).example]));
  const config = read(examples);
  assert.equal(config.bland?.billing, "both");
  assert.equal(config.twilio?.authToken.reveal(), "32 characters");
  assert.equal(config.firstAdmin?.email, "ada@example.com");
  assert.equal(config.mail?.smtpUrl.reveal(), "smtps://user:password@mail.example.com:465");
  assert.equal(config.logLevel, "debug");
  assert.equal(config.smsBilling.autoProcess, false);
});

Deno.test("a carrier is on when its key is set, with the contract's defaults", () => {
  const config = read({
    BLAND_API_KEY: "b",
    TELNYX_API_KEY: "t",
    TWILIO_ACCOUNT_SID: "ACtest",
    TWILIO_AUTH_TOKEN: "w",
    SIPPY_URL: "https://sippy.example.com/xmlapi/xmlapi",
    SIPPY_USERNAME: "u",
    SIPPY_PASSWORD: "p",
  });
  const { bland, telnyx, twilio, sippy } = config;
  assert(bland && telnyx && twilio && sippy);
  assert.equal(bland.baseUrl, "https://api.bland.ai");
  assert.deepEqual(bland.webhookSecrets, []);
  assert.equal(bland.billing, "sync");
  assert.equal(bland.lookbackDays, 7);
  assert.equal(telnyx.baseUrl, "https://api.telnyx.com/v2");
  assert.deepEqual(telnyx.publicKeys, []);
  assert.equal(twilio.baseUrl, "https://api.twilio.com");
  assert.equal(sippy.url, "https://sippy.example.com/xmlapi/xmlapi");
  assert.equal(sippy.settleSeconds, 300);
  assert.equal(sippy.password.reveal(), "p");
});

Deno.test("a whole configuration can be printed without showing a secret", () => {
  const env = Object.fromEntries(NAMES.map((name) => {
    const { example, secret } = meaningOf(name);
    return [name, secret && name !== "SMTP_URL" ? "hush-hush-hush-hush" : example];
  }));
  const config = read({ ...env, SMTP_URL: "smtp://u:hush@mail.example.com" });
  assert(!JSON.stringify(config).includes("hush"));
  assert(!Deno.inspect(config, { depth: 10 }).includes("hush"));
});

const WEB_ADDRESSES: [string, string | null][] = [
  ["https://api.example.com", "https://api.example.com"],
  ["https://api.example.com/", "https://api.example.com"],
  ["https://API.example.com:443/v2//", "https://api.example.com/v2"],
  ["http://127.0.0.1:9000", "http://127.0.0.1:9000"],
  ["http://localhost:9000/x/", "http://localhost:9000/x"],
  ["http://api.example.com", null],
  ["http://127.0.0.2:9000", null],
  ["http://127.0.0.1.example.com", null],
  ["http://localhost.example.com", null],
  ["http://[::1]:9000", null],
  ["https://user:pass@api.example.com", null],
  ["https://api.example.com?key=1", null],
  ["https://api.example.com?", null],
  ["https://api.example.com#", null],
  ["https:api.example.com", null],
  ["ftp://127.0.0.1", null],
  ["file:///etc/hostname", null],
  ["api.example.com", null],
];

for (const [found, kept] of WEB_ADDRESSES) {
  Deno.test(`PUBLIC_URL and base addresses: ${found} is ${kept ?? "refused"}`, () => {
    for (const name of ["PUBLIC_URL", "BLAND_BASE_URL", "TELNYX_BASE_URL", "TWILIO_BASE_URL"]) {
      if (kept === null) {
        assert.deepEqual(problemsOf({ [name]: found }).problems.map((p) => p.variable), [name]);
        continue;
      }
      const on = { BLAND_API_KEY: "b", TELNYX_API_KEY: "t", TWILIO_ACCOUNT_SID: "AC1" };
      const config = read({ ...on, TWILIO_AUTH_TOKEN: "w", [name]: found });
      const urls = [config.publicUrl, config.bland?.baseUrl, config.telnyx?.baseUrl];
      assert([...urls, config.twilio?.baseUrl].includes(kept), name);
    }
  });
}

const WRONG: [string, string][] = [
  ["PORT", "65536"],
  ["PORT", "-1"],
  ["PORT", "8000.0"],
  ["PORT", "0x50"],
  ["PORT", "8e3"],
  ["PORT", "٨"],
  ["PORT", "99999999999999999999"],
  ["KV_PATH", ":memory:"],
  ["ADMIN_API_KEY", "1234567"],
  ["CRON_SECRET", "1234567"],
  ["METRICS_TOKEN", "1234567"],
  ["SESSION_SECRET", "123456789012345"],
  ["BLAND_BILLING", "Sync"],
  ["BLAND_LOOKBACK_DAYS", "0"],
  ["BLAND_LOOKBACK_DAYS", "91"],
  ["SIPPY_SETTLE_SECONDS", "0"],
  ["SMS_BILLING_DEFAULT_FREQUENCY", "hourly"],
  ["SMS_BILLING_DEFAULT_CURRENCY", "usd"],
  ["SMS_BILLING_DEFAULT_CURRENCY", "XXY"],
  ["SMS_BILLING_AUTO_PROCESS", "yes"],
  ["SMS_BILLING_NOTIFICATION_ENABLED", "1"],
  ["EVENT_RETENTION_DAYS", "0"],
  ["BILL_RETENTION_MONTHS", "0"],
  ["LOG_LEVEL", "verbose"],
  ["LOG_FORMAT", "xml"],
];

for (const [name, value] of WRONG) {
  Deno.test(`${name} refuses ${value}`, () => {
    const { problems } = problemsOf({ [name]: value });
    assert.deepEqual(problems.map((problem) => problem.variable), [name]);
  });
}

Deno.test("the shortest accepted secrets are one character longer than the longest refused", () => {
  read({ ADMIN_API_KEY: "12345678", CRON_SECRET: "12345678", METRICS_TOKEN: "12345678" });
  read({ SESSION_SECRET: "1234567890123456" });
  read({ ADMIN_EMAIL: "a@example.com", ADMIN_PASSWORD: "12345678" });
  problemsOf({ ADMIN_EMAIL: "a@example.com", ADMIN_PASSWORD: "1234567" });
});

const HALF: [Record<string, string>, string[]][] = [
  [{ ADMIN_EMAIL: "a@example.com" }, ["ADMIN_PASSWORD"]],
  [{ ADMIN_PASSWORD: "12345678" }, ["ADMIN_EMAIL"]],
  [{ TWILIO_ACCOUNT_SID: "ACx" }, ["TWILIO_AUTH_TOKEN"]],
  [{ TWILIO_AUTH_TOKEN: "x" }, ["TWILIO_ACCOUNT_SID"]],
  [{ SIPPY_URL: "https://a.example/x" }, ["SIPPY_USERNAME", "SIPPY_PASSWORD"]],
  [{ SIPPY_USERNAME: "u", SIPPY_PASSWORD: "p" }, ["SIPPY_URL"]],
  [{ SMTP_URL: "smtp://mail.example.com" }, ["MAIL_FROM"]],
  [{ MAIL_FROM: "a@example.com" }, ["SMTP_URL"]],
  [{ BLAND_WEBHOOK_SECRET: "x" }, ["BLAND_API_KEY"]],
  [{ TELNYX_PUBLIC_KEY: meaningOf("TELNYX_PUBLIC_KEY").example }, ["TELNYX_API_KEY"]],
  [{ BLAND_API_KEY: "x", BLAND_BILLING: "webhook" }, ["BLAND_WEBHOOK_SECRET"]],
  [{ BLAND_API_KEY: "x", BLAND_BILLING: "both" }, ["BLAND_WEBHOOK_SECRET"]],
];

for (const [env, missing] of HALF) {
  Deno.test(`${Object.keys(env).join(" and ")} without ${missing.join(" and ")} is a problem`, () => {
    assert.deepEqual(problemsOf(env).problems.map((problem) => problem.variable), missing);
  });
}

Deno.test("Telnyx without its public key is fine: its webhooks are closed", () => {
  assert.deepEqual(read({ TELNYX_API_KEY: "x" }).telnyx?.publicKeys, []);
});

Deno.test("what proves webhooks may be two with a comma between; requests use the first alone", () => {
  const key = meaningOf("TELNYX_PUBLIC_KEY").example;
  const other = `B${key.slice(1)}`;
  const carriers = { BLAND_API_KEY: "b", TELNYX_API_KEY: "t", TWILIO_ACCOUNT_SID: "ACx" };
  const { bland, telnyx, twilio } = read({
    ...carriers,
    BLAND_WEBHOOK_SECRET: "next,last",
    TELNYX_PUBLIC_KEY: `${key},${other}`,
    TWILIO_AUTH_TOKEN: "primary,secondary",
  });
  assert.deepEqual(bland?.webhookSecrets.map((one) => one.reveal()), ["next", "last"]);
  assert.deepEqual(telnyx?.publicKeys, [key, other]);
  assert.equal(twilio?.authToken.reveal(), "primary");
  assert.deepEqual(twilio.webhookTokens.map((one) => one.reveal()), ["primary", "secondary"]);
  const bad = ["a,b,c", "a,", ",b", ",", "a, b", "a,,b"];
  for (const name of ["BLAND_WEBHOOK_SECRET", "TELNYX_PUBLIC_KEY", "TWILIO_AUTH_TOKEN"]) {
    for (const shape of bad) {
      const text = shape.replaceAll(/[abc]/g, key);
      const env = { ...carriers, TWILIO_AUTH_TOKEN: "w", [name]: text };
      const { problems } = problemsOf(env);
      assert.deepEqual(problems.map(({ variable }) => variable), [name], text);
      assert.match(problems[0]!.expected, /, or two with nothing but a comma between$/);
    }
  }
});

Deno.test("every problem stands in one message, with an example and no secret", () => {
  const { message, problems } = problemsOf({
    PORT: "eighty",
    CRON_SECRET: "hush",
    ADMIN_EMAIL: "ada",
    LOG_LEVEL: "loud\n",
    PUBLIC_URL: "http://user:hush@example.com",
  });
  assert.deepEqual(problems.map((problem) => problem.variable), [
    "PORT",
    "PUBLIC_URL",
    "ADMIN_EMAIL",
    "CRON_SECRET",
    "LOG_LEVEL",
    "LOG_LEVEL",
    "ADMIN_PASSWORD",
  ]);
  const lines = message.split("\n");
  assert.equal(lines[0], "Cannot start: 7 problems in the environment");
  assert.equal(lines.length, 8);
  assert.equal(
    lines[1],
    '  PORT: found "eighty"; expected a whole number from 0 to 65535, for example 8000',
  );
  assert.match(message, /CRON_SECRET: found \[secret\] of 4 characters; expected a secret of at/);
  assert(!message.includes("hush"), message);
});

Deno.test("no secret is ever quoted, whatever is in the environment", () => {
  const values = fc.string({ minLength: 12, maxLength: 60, unit: "grapheme" })
    .filter((text) => text.trim() === text);
  fc.assert(fc.property(fc.constantFrom(...NAMES), values, (name, value) => {
    const outcome = readConfig({ [name]: value });
    if (outcome.status === "ok" || !meaningOf(name).secret) return;
    assert(!outcome.message.includes(value));
  }));
});

Deno.test("README's table has a row for each variable and shows no secret's default", () => {
  const lines = configTable().split("\n");
  assert.equal(lines.length, NAMES.length + 2);
  assert.equal(lines[0], "| name | default | meaning | secret |");
  assert(lines.includes("| `PORT` | `8000` | The port it listens on; 0 takes a free one |  |"));
  assert(lines.every((line) => line.split("|").length === 6), "a cell holds a bar");
});
