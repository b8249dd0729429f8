import assert from "node:assert/strict";
import fc from "fast-check";
import {
  createLog,
  LOG_TEXT_CHARS_MAX,
  type LogFormat,
  type LogLevel,
  maskNumber,
} from "../../core/log.ts";
import { secret } from "../../core/secret.ts";

/** Everything written by one call. */
function linesOf(
  options: { format: LogFormat; level?: LogLevel },
  message: string,
  facts?: Record<string, unknown>,
): string[] {
  const lines: string[] = [];
  const log = createLog({
    level: options.level ?? "info",
    format: options.format,
    clock: { now: () => 1_795_168_800_123 },
    write: (line) => lines.push(line),
  });
  log("info", message, facts);
  return lines;
}

const jsonOf = (message: string, facts?: Record<string, unknown>): Record<string, unknown> =>
  JSON.parse(linesOf({ format: "json" }, message, facts).join("\n"));

const textOf = (message: string, facts?: Record<string, unknown>): string =>
  linesOf({ format: "text" }, message, facts).join("\n");

Deno.test("a JSON line holds time, level, message and facts, in that order", () => {
  const [line] = linesOf({ format: "json" }, "[BILLING] billed", {
    callId: "a",
    amountMicros: 12n,
  });
  assert.equal(
    line,
    '{"ts":"2026-11-20T10:00:00.123Z","level":"info","msg":"[BILLING] billed","callId":"a","amountMicros":"12"}',
  );
});

Deno.test("a text line is for people: facts as words, quoted when they are more than one", () => {
  assert.equal(
    textOf("[BILLING] billed", {
      callId: "a",
      count: 3,
      note: "two words",
      gone: undefined,
      no: null,
    }),
    '2026-11-20T10:00:00.123Z INFO  [BILLING] billed callId=a count=3 note="two words" no=null',
  );
});

Deno.test("lines below the level are dropped", () => {
  const written: string[] = [];
  const log = createLog({
    level: "warn",
    format: "text",
    clock: { now: () => 0 },
    write: (line, level) => written.push(`${level} ${line.slice(-1)}`),
  });
  for (const level of ["debug", "info", "warn", "error"] as const) log(level, level[0] ?? "");
  assert.deepEqual(written, ["warn w", "error e"]);
});

Deno.test("the console gets one line per call when no writer is given", async () => {
  const log = new URL("../../core/log.ts", import.meta.url).href;
  const program = `import { createLog } from ${JSON.stringify(log)};
    const log = createLog({ level: "info", format: "text", clock: { now: () => 0 } });
    log("info", "100%s done %c"); log("error", "failed");`;
  const command = new Deno.Command(Deno.execPath(), { args: ["eval", program] });
  const { stdout, stderr } = await command.output();
  const read = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
  assert.equal(read(stdout), "1970-01-01T00:00:00.000Z INFO  100%s done %c\n");
  assert.equal(read(stderr), "1970-01-01T00:00:00.000Z ERROR failed\n");
});

for (
  const name of [
    "secret",
    "webhookSecret",
    "accessToken",
    "password",
    "Authorization",
    "apiKey",
    "api_key",
    "x-api-key",
    "cookie",
    "Set-Cookie",
    "x-twilio-signature",
  ]
) {
  Deno.test(`a fact named ${name} prints [secret], at any depth and of any type`, () => {
    for (const value of ["hush", ["hush"], { a: "hush" }, 12345678]) {
      assert.equal(jsonOf("m", { [name]: value })[name], "[secret]");
      assert.deepEqual(jsonOf("m", { a: [{ [name]: value }] })["a"], [{ [name]: "[secret]" }]);
      assert(!textOf("m", { a: { [name]: value } }).includes("hush"));
    }
    assert.equal(jsonOf("m", { [name]: null })[name], null);
  });
}

Deno.test("a wrapped secret prints [secret] wherever it is put, and is revealed on request", () => {
  const key = secret("hush");
  assert.equal(key.reveal(), "hush");
  const facts = { key, list: [key] };
  const inspected = Deno.inspect(facts, { depth: 9 });
  const shown = [
    `${key}`,
    String(key),
    JSON.stringify(facts),
    inspected,
    textOf(`m ${key}`, facts),
  ];
  for (const text of [...shown, JSON.stringify(jsonOf("m", facts))]) {
    assert(text.includes("[secret]") && !text.includes("hush"), text);
  }
});

Deno.test("keys in a message or an address are left out", () => {
  const text = textOf("sent Authorization: Bearer abc.DEF-123= to smtp://user:pass@host:25/x", {
    url: "https://user:pass@host/x",
    note: "basic dXNlcjpwYXNz",
  });
  for (const piece of ["abc", "DEF", "pass", "dXN"]) assert(!text.includes(piece), text);
  assert(text.includes("@host:25/x"));
});

const NUMBERS: [string, string][] = [
  ["+14155550123", "***0123"],
  ["(415) 555-0123", "***0123"],
  ["14155550123", "***0123"],
  ["88222", "***8222"],
  ["8822", "8822"],
  ["anonymous", "anonymous"],
  ["", ""],
];

for (const [number, masked] of NUMBERS) {
  Deno.test(`the number ${JSON.stringify(number)} is shown as ${JSON.stringify(masked)}`, () => {
    assert.equal(maskNumber(number), masked);
    for (const name of ["from", "to", "number", "phone", "fromNumber", "phoneNumber"]) {
      assert.equal(jsonOf("m", { [name]: number })[name], masked);
      assert.deepEqual(jsonOf("m", { a: { [name]: [number] } })["a"], { [name]: [masked] });
    }
  });
}

Deno.test("a number given as a number is masked too, and a count stays a count", () => {
  assert.equal(jsonOf("m", { to: 14155550123 })["to"], "***0123");
  assert.equal(jsonOf("m", { attemptNumber: 3 })["attemptNumber"], 3);
});

Deno.test("every +E.164 number within a text is masked, in messages, facts and errors", () => {
  const digits = fc.stringMatching(/^[1-9][0-9]{7,14}$/);
  const around = fc.constantFrom("", " ", ",", "sip:", "(", "a");
  fc.assert(fc.property(digits, around, around, (number, before, after) => {
    const text = `${before}+${number}${after}`;
    const facts = { note: text, list: [text], error: new Error(text) };
    for (const line of [textOf(text, facts), JSON.stringify(jsonOf(text, facts))]) {
      assert(!line.includes(number), line);
      assert(line.includes(`***${number.slice(-4)}`), line);
    }
  }));
});

Deno.test("an amount with a plus sign or a longer row of digits is no telephone number", () => {
  assert.equal(jsonOf("+1.50 and +1234567")["msg"], "+1.50 and +1234567");
  assert.equal(jsonOf("+1234567890123456")["msg"], "+1234567890123456");
});

Deno.test("an error is its name and message, with its stack at debug alone", () => {
  const error = new RangeError("Cannot post: too large");
  assert.equal(jsonOf("m", { error })["error"], "RangeError: Cannot post: too large");
  const [line = ""] = linesOf({ format: "json", level: "debug" }, "m", { error });
  const shown = JSON.parse(line).error;
  assert.equal(shown.error, "RangeError: Cannot post: too large");
  assert(shown.stack.some((frame: string) => frame.includes("log_test.ts")));
});

Deno.test("a fact cannot take the place of time, level or message", () => {
  const line = jsonOf("real", { msg: "false", level: "error", ts: 0 });
  assert.equal(line["msg"], "real");
  assert.equal(line["level"], "info");
  assert.equal(line["msg_"], "false");
});

Deno.test("long texts, deep and endless facts are cut; what cannot be read is said so", () => {
  const endless: Record<string, unknown> = {};
  endless["self"] = endless;
  const line = jsonOf("x".repeat(5_000), {
    endless,
    list: Array(1_000).fill(1),
    bytes: new Uint8Array(9),
    get thrown() {
      return {
        toJSON: () => {
          throw new Error("no");
        },
      };
    },
    not: NaN,
  });
  assert.equal(String(line["msg"]).length, LOG_TEXT_CHARS_MAX + 1);
  assert.equal((line["list"] as number[]).length, 50);
  assert.equal(line["bytes"], "[9 bytes]");
  assert.equal(line["thrown"], "[unprintable]");
  assert.equal(line["not"], "NaN");
  assert(JSON.stringify(line["endless"]).includes("[deeper]"));
});

Deno.test("facts that throw when read do not stop the line", () => {
  const facts = Object.defineProperty({}, "a", {
    enumerable: true,
    get: () => {
      throw new Error("no");
    },
  });
  assert.equal(jsonOf("m", facts)["facts"], "[unprintable]");
});

// deno-lint-ignore no-control-regex
const UNPRINTABLE = /[\u0000-\u001f\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069]/;

Deno.test("nothing a stranger sends starts a line, forges a fact or paints the terminal", () => {
  const nasty = fc.oneof(
    fc.string({ unit: "binary" }),
    fc.constantFrom(
      "a\nb",
      "a\r\n2026-11-20 ERROR forged",
      "\u001b[2J",
      "\u2028x",
      "\u0085x",
      "\u202ex",
    ),
    fc.constantFrom('", "level":"error', "x amountMicros=5", '" amountMicros="5', "\\", "\ud800"),
  );
  fc.assert(fc.property(nasty, nasty, (message, value) => {
    const facts = { value, nested: { value: [value] }, error: new Error(value) };
    for (const format of ["json", "text"] as const) {
      const lines = linesOf({ format }, message, facts);
      assert.equal(lines.length, 1);
      assert(!UNPRINTABLE.test(lines[0] ?? ""), JSON.stringify(lines[0]));
    }
    const line = jsonOf(message, facts);
    assert.deepEqual(Object.keys(line), ["ts", "level", "msg", "value", "nested", "error"]);
    assert.equal(line["level"], "info");
    const [, written = ""] = / fixed value=(.*)$/.exec(textOf("fixed", { value })) ?? [];
    if (/[\s="]/.test(value)) assert(written.startsWith('"') && written.endsWith('"'), written);
  }));
});
