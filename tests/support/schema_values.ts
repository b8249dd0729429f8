/**
 * Values from JSON schemas, for tests that send everything to everybody: such as conform, and such as
 * were bent in one place.
 *
 * Goes to: `tests/support/every_route.ts`.
 *
 * @module
 */
import fc from "fast-check";
import { HOSTILE_TEXTS } from "./every_route.ts";

/** A JSON schema, as far as zod writes them. */
export type JsonSchema = { [name: string]: unknown };

/** Where references lead, and what good values of a member look like, by its name. */
export interface SchemaWorld {
  /** The document that `#/…` starts in. */
  root?: unknown;
  /** Values that exist in the world, so that requests get further than "not found". */
  hints?: Readonly<Record<string, readonly unknown[]>>;
}

/** Good values of the tests' world by the name of their member; a schema that checks across members
 * needs one of its own here. */
export const HINTS: NonNullable<SchemaWorld["hints"]> = {
  account: ["acme", "kiwi"],
  accountId: ["acme", "kiwi"],
  userId: ["acme", "kiwi"],
  currency: ["USD"],
  timezone: ["Europe/Berlin"],
  number: ["+12025550100", "+12025550177"],
  to: ["+14155550123", "2026-02-28T00:00:00Z"],
  from: ["+12025550100", "2026-01-01T00:00:00Z"],
  day: ["2026-01-30"],
  amount: ["25.00", "0.000001"],
  country: ["US"],
  service: ["bland_voice"],
  ratePlans: [{ bland_voice: "bland_voice" }],
  versions: [[{ effectiveFrom: null, kind: "per_minute", rate: "0.06" }]],
};

/** Values that conform, as far as a schema says everything. */
export function conforming(
  world: SchemaWorld,
  schema: JsonSchema,
  name = "",
): fc.Arbitrary<unknown> {
  const known = world.hints?.[name];
  const plain = plainValue(world, schema, name);
  return known && schema["enum"] === undefined
    ? fc.oneof({ weight: 3, arbitrary: fc.constantFrom(...known) }, { weight: 1, arbitrary: plain })
    : plain;
}

function plainValue(world: SchemaWorld, schema: JsonSchema, name: string): fc.Arbitrary<unknown> {
  const at = (one: unknown) => conforming(world, (one ?? {}) as JsonSchema, name);
  if (typeof schema["$ref"] === "string") return at(follow(world, schema["$ref"]));
  if ("const" in schema) return fc.constant(schema["const"]);
  if (Array.isArray(schema["enum"])) return fc.constantFrom(...schema["enum"]);
  const choices = schema["anyOf"] ?? schema["oneOf"];
  if (Array.isArray(choices)) return fc.oneof(...choices.map(at));
  if (Array.isArray(schema["type"])) {
    return fc.oneof(...schema["type"].map((type) => at({ ...schema, type })));
  }
  switch (schema["type"]) {
    case "string":
      return text(schema);
    case "integer":
    case "number":
      return wholeNumber(schema);
    case "boolean":
      return fc.boolean();
    case "null":
      return fc.constant(null);
    case "array":
      return fc.array(at(schema["items"]), {
        minLength: Number(schema["minItems"] ?? 0),
        maxLength: Math.min(4, Number(schema["maxItems"] ?? 4)),
      });
    case "object":
      return record(world, schema);
    default:
      return fc.constantFrom("anything", 1, null);
  }
}

function follow({ root }: SchemaWorld, pointer: string): unknown {
  return pointer.split("/").slice(1).reduce<unknown>((at, part) => (at as JsonSchema)[part], root);
}

function text(schema: JsonSchema): fc.Arbitrary<string> {
  if (typeof schema["pattern"] === "string") {
    return fc.stringMatching(new RegExp(schema["pattern"]), { maxLength: 60 });
  }
  const instants = fc.date({
    min: new Date("2025-01-01T00:00:00Z"),
    max: new Date("2027-01-01T00:00:00Z"),
    noInvalidDate: true,
  }).map((date) => date.toISOString());
  if (schema["format"] === "date-time") return instants;
  if (schema["format"] === "date") return instants.map((instant) => instant.slice(0, 10));
  const minLength = Number(schema["minLength"] ?? 0);
  const maxLength = Math.min(30, Number(schema["maxLength"] ?? 30));
  return fc.string({ minLength, maxLength });
}

function wholeNumber(schema: JsonSchema): fc.Arbitrary<number> {
  const above = schema["exclusiveMinimum"];
  const min = Number(schema["minimum"] ?? (above === undefined ? -1_000 : Number(above) + 1));
  return fc.integer({
    min: Math.max(min, -1_000),
    max: Math.min(Number(schema["maximum"] ?? 1_000), 1_000),
  });
}

function record(world: SchemaWorld, schema: JsonSchema): fc.Arbitrary<unknown> {
  const members = Object.entries((schema["properties"] ?? {}) as Record<string, JsonSchema>);
  const required = (schema["required"] ?? []) as string[];
  const fixed = fc.record(
    Object.fromEntries(members.map(([name, one]) => [name, conforming(world, one, name)])),
    { requiredKeys: required, noNullPrototype: true },
  );
  const { additionalProperties: more, propertyNames: names } = schema;
  if (typeof more !== "object" || more === null || members.length > 0) return fixed;
  const name = names ? conforming(world, names as JsonSchema) : fc.string({ minLength: 1 });
  return fc.dictionary(name as fc.Arbitrary<string>, conforming(world, more as JsonSchema), {
    maxKeys: 3,
    noNullPrototype: true,
  });
}

/** What no schema expects: wrong types, huge numbers, broken text, lists for scalars, deep nests. */
export const hostileValue: fc.Arbitrary<unknown> = fc.constantFrom(
  ...HOSTILE_TEXTS,
  ...[null, true, false, 0, -1, 1.5, -1e-7, 1e21, 1e308, 2 ** 53, -(2 ** 63)],
  ...[[], [[]], ["a", "a"], {}, { a: 1 }],
  own("__proto__", { polluted: true }),
  { constructor: { prototype: { polluted: true } } },
  { toString: 1, valueOf: null, length: 1e9 },
  JSON.parse("[".repeat(2_000) + "]".repeat(2_000)),
  JSON.parse(`{"a":`.repeat(500) + "1" + "}".repeat(500)),
);

/** Conforming values of which one place was bent, taken away, or given too much. */
export function bent(world: SchemaWorld, schema: JsonSchema): fc.Arbitrary<unknown> {
  return fc.tuple(conforming(world, schema), fc.nat(), hostileValue, fc.nat(5))
    .map(([value, at, bad, way]) => way === 0 ? bad : bend(value, { at, bad, way }));
}

function bend(
  value: unknown,
  { at, bad, way }: { at: number; bad: unknown; way: number },
): unknown {
  if (typeof value !== "object" || value === null) return bad;
  const names = Object.keys(value);
  if (names.length === 0 || way === 1) {
    const extra = way === 1 ? ["__proto__", "constructor", "isAdmin"][at % 3]! : "x";
    return Array.isArray(value) ? [...value, bad] : { ...value, ...own(extra, bad) };
  }
  const name = names[at % names.length]!;
  const member = (value as Record<string, unknown>)[name];
  const goesDeeper = typeof member === "object" && member !== null && way > 3;
  const next = goesDeeper ? bend(member, { at: at >> 3, bad, way }) : bad;
  if (Array.isArray(value)) return value.with(Number(name), next);
  const { [name]: _, ...others } = value as Record<string, unknown>;
  return way === 2 ? others : { ...others, ...own(name, next) };
}

/** An object with a member of this name, even where the name means something to the language. */
function own(name: string, value: unknown): Record<string, unknown> {
  return JSON.parse(`{${JSON.stringify(name)}:${JSON.stringify(value) ?? "null"}}`);
}
