/**
 * Every schema that a route puts before itself, against everything: it parses or refuses, soon, and
 * nothing that came in reaches a prototype.
 *
 * @module
 */
import assert from "node:assert/strict";
import fc from "fast-check";
import { z } from "zod";
import { strictly } from "../../routes/read_input.ts";
import { openApp } from "../support/app.ts";
import {
  bent,
  conforming,
  HINTS,
  hostileValue,
  type JsonSchema,
} from "../support/schema_values.ts";

const SCHEMA = Symbol.for("tollkeeper.schema");
/** No request may keep the process busy for longer: a slow parser is a way to stop everybody. */
const PARSE_MS_MAX = 250;

/** Good bodies of schemas that check across their members, which chance alone does not hit. */
const WHOLE: unknown[] = [
  { messages: [{ messageId: "m", accountId: "acme", to: "+14155550123", segments: 1 }] },
  { messageId: "m", accountId: "acme", to: "+14155550123", segments: 1 },
];

interface Found {
  name: string;
  schema: z.ZodType;
}

const found: Found[] = await (async () => {
  using world = await openApp({ isSandbox: true });
  return world.app.routes.flatMap(({ method, path, handler }) => {
    const tag = (handler as { [SCHEMA]?: { target: string; schema: z.ZodType } })[SCHEMA];
    return tag ? [{ name: `${method} ${path} ${tag.target}`, schema: strictly(tag.schema) }] : [];
  });
})();

function parse({ name, schema }: Found, value: unknown): boolean {
  const startMs = performance.now();
  const outcome = schema.safeParse(value);
  const tookMs = performance.now() - startMs;
  assert(
    tookMs < PARSE_MS_MAX,
    `${name} took ${tookMs} ms for ${JSON.stringify(value)?.slice(0, 200)}`,
  );
  if (!outcome.success) assert(outcome.error.issues.length > 0, name);
  assert.equal(({} as { polluted?: boolean }).polluted, undefined);
  return outcome.success;
}

Deno.test("the routes have schemas to try", () => assert(found.length > 50, String(found.length)));

for (const one of found) {
  Deno.test(`the schema of ${one.name} takes good values and refuses bad ones without throwing`, () => {
    const json = z.toJSONSchema(one.schema, { io: "input", unrepresentable: "any" }) as JsonSchema;
    const world = { root: json, hints: HINTS };
    const seed = 20_260_131;
    let taken = 0;
    fc.assert(
      fc.property(conforming(world, json), (value) => {
        if (parse(one, value)) taken++;
      }),
      { seed, numRuns: 60 },
    );
    if (taken === 0) taken = WHOLE.filter((value) => parse(one, value)).length;
    assert(
      taken > 0,
      "not one good value was taken: add one to WHOLE, or a hint to schema_values.ts",
    );
    fc.assert(
      fc.property(fc.oneof(bent(world, json), hostileValue), (value) => {
        parse(one, value);
        // As it comes from the wire, with members that mean something to the language.
        parse(one, JSON.parse(JSON.stringify(value) ?? "null"));
      }),
      { seed, numRuns: 150 },
    );
  });
}

Deno.test("a text of 256 KiB in any place of any schema is refused or taken at once", () => {
  const texts = ["a", "a.", "0", "-", "+", " ", "\u0000", "a@a.", "9.", "é"].map((part) =>
    part.repeat(Math.floor(256 * 1024 / part.length))
  );
  for (const one of found) {
    const json = z.toJSONSchema(one.schema, { io: "input", unrepresentable: "any" }) as JsonSchema;
    for (const name of Object.keys((json["properties"] ?? {}) as object)) {
      for (const text of texts) parse(one, { [name]: text });
    }
  }
});
