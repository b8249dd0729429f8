/**
 * How a row becomes bytes: UTF-8 JSON with a schema version, and back.
 *
 * Bytes that we write ourselves can be read by every runtime, older and newer. Names that end in
 * `Micros` hold bigint in memory and decimal text in the bytes (also inside a list or record of that
 * name), so no amount ever passes through a float. Anything JSON would bend silently is refused.
 *
 * @module
 */
import type { Key } from "./keys.ts";

/** Rows of a kind are at this version unless listed in {@link VERSIONS}. */
const FIRST_VERSION = 1;
/** Kinds whose shape has changed: the version written now, and how to read the one before. */
const VERSIONS: Record<string, { version: number; upgrade: (row: Fields) => Fields }> = {};

/** No value may be larger; the database itself ends at 64 KiB. */
export const VALUE_BYTES_MAX = 60 * 1024;

type Fields = Record<string, unknown>;
const encoder = new TextEncoder();
const decoder = new TextDecoder("utf-8", { fatal: true });

/** Bytes of a row. Throws on a float, an unsafe integer, a lone surrogate, or more than 60 KiB. */
export function encodeRow(key: Key, row: object): Uint8Array {
  const version = VERSIONS[key[0]!]?.version ?? FIRST_VERSION;
  const bytes = encoder.encode(JSON.stringify({ ...(plain(row, "") as Fields), v: version }));
  if (bytes.length > VALUE_BYTES_MAX) {
    throw new RangeError(
      `Cannot encode ${key[0]}: ${bytes.length} bytes are more than ${VALUE_BYTES_MAX}`,
    );
  }
  return bytes;
}

/** The row in the bytes. Accepts this version and the one before; throws on any other. */
export function decodeRow<T>(key: Key, bytes: unknown): T {
  if (!(bytes instanceof Uint8Array)) throw new TypeError(`Cannot decode ${key[0]}: not bytes`);
  const row = JSON.parse(decoder.decode(bytes)) as Fields;
  reviveMicros(row);
  const expected = VERSIONS[key[0]!]?.version ?? FIRST_VERSION;
  if (row.v === expected) return row as T;
  if (row.v === expected - 1 && VERSIONS[key[0]!]) return VERSIONS[key[0]!]!.upgrade(row) as T;
  throw new TypeError(`Cannot decode ${key[0]}: version ${row.v} is not ${expected}`);
}

function plain(value: unknown, name: string): unknown {
  if (name.endsWith("Micros")) return plainMicros(value, name);
  switch (typeof value) {
    case "string":
      if (!value.isWellFormed()) throw new TypeError(`Cannot encode ${name}: not well-formed text`);
      return value;
    case "number":
      if (!Number.isSafeInteger(value) || Object.is(value, -0)) {
        throw new TypeError(`Cannot encode ${name}: ${value} is not a safe integer`);
      }
      return value;
    case "bigint":
      throw new TypeError(`Cannot encode ${name}: a bigint needs a name that ends in Micros`);
    case "boolean":
      return value;
    case "object":
      return value === null ? null : plainObject(value, name);
    default:
      throw new TypeError(`Cannot encode ${name}: ${typeof value}`);
  }
}

/** An amount, none, or amounts in a list or record: a number or text here would not come back as one. */
function plainMicros(value: unknown, name: string): unknown {
  if (typeof value === "bigint") return String(value);
  if (typeof value === "object") return value === null ? null : plainObject(value, name);
  throw new TypeError(`Cannot encode ${name}: ${typeof value} is not an amount`);
}

function plainObject(value: object, name: string): unknown {
  if (Array.isArray(value)) return Array.from(value, (item) => plain(item, name));
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype !== Object.prototype && prototype !== null) {
    throw new TypeError(`Cannot encode ${name}: not a plain object`);
  }
  const copy: Fields = {};
  for (const [field, inner] of Object.entries(value)) {
    if (inner === undefined) continue;
    copy[field] = plain(inner, name.endsWith("Micros") ? name : field);
  }
  return copy;
}

// Every row that is read comes through here: the type first, since most members are neither text nor deeper.
function reviveMicros(row: Fields): void {
  for (const field of Object.keys(row)) {
    const value = row[field];
    if (typeof value === "string") {
      if (field.endsWith("Micros")) row[field] = BigInt(value);
    } else if (typeof value === "object" && value !== null) {
      if (field.endsWith("Micros")) row[field] = toBigint(value);
      else reviveMicros(value as Fields);
    }
  }
}

function toBigint(value: unknown): unknown {
  if (typeof value === "string") return BigInt(value);
  if (Array.isArray(value)) return value.map(toBigint);
  if (value === null || typeof value !== "object") return value;
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, toBigint(inner)]));
}
