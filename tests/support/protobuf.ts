/**
 * The protobuf wire format, as far as KV Connect uses it: varints and length-delimited fields.
 *
 * Comes from: `tests/support/kv_connect_store.ts`.
 *
 * Source: the public encoding guide of Protocol Buffers.
 *
 * @module
 */

/** One field to write: its number, and a whole number or bytes (text and messages are bytes too). */
export type Field = readonly [number: number, value: number | Uint8Array];

/** A message that was read; a field that is absent reads as 0, no bytes or no messages. */
export interface Message {
  /** The last value of a varint field, from 0 to 2^53 - 1, else -1 (a negative int64 among them). */
  number(field: number): number;
  /** The last value of a bytes field: a view into the message that was read. */
  bytes(field: number): Uint8Array<ArrayBuffer>;
  /** Every value of a repeated message field, in order. */
  messages(field: number): Message[];
}

const VARINT = 0;
const DELIMITED = 2;

/** Reads a message; throws when the bytes end early or hold another wire type. */
export function readMessage(bytes: Uint8Array<ArrayBuffer>): Message {
  const numbers = new Map<number, number>();
  const chunks = new Map<number, Uint8Array<ArrayBuffer>[]>();
  const cursor = { bytes, at: 0 };
  while (cursor.at < bytes.length) {
    const tag = readVarint(cursor);
    const field = Math.floor(tag / 8);
    if (tag % 8 === VARINT) numbers.set(field, readVarint(cursor));
    else if (tag % 8 === DELIMITED) {
      const chunk = readChunk(cursor);
      const earlier = chunks.get(field);
      if (earlier) earlier.push(chunk);
      else chunks.set(field, [chunk]);
    } else throw new RangeError(`Cannot read a message: wire type ${tag % 8} in field ${field}`);
  }
  return {
    number: (field) => numbers.get(field) ?? 0,
    bytes: (field) => chunks.get(field)?.at(-1) ?? new Uint8Array(),
    messages: (field) => (chunks.get(field) ?? []).map(readMessage),
  };
}

/** Writes a message with its fields in the order given. */
export function writeMessage(fields: readonly Field[]): Uint8Array<ArrayBuffer> {
  const parts = fields.flatMap(([field, value]) =>
    typeof value === "number"
      ? [writeVarints(field * 8 + VARINT, value)]
      : [writeVarints(field * 8 + DELIMITED, value.length), value]
  );
  const message = new Uint8Array(parts.reduce((size, part) => size + part.length, 0));
  let at = 0;
  for (const part of parts) {
    message.set(part, at);
    at += part.length;
  }
  return message;
}

interface Cursor {
  bytes: Uint8Array<ArrayBuffer>;
  at: number;
}

function readVarint(cursor: Cursor): number {
  let value = 0;
  for (let scale = 1; scale < 2 ** 70; scale *= 128) {
    const byte = cursor.bytes[cursor.at++];
    if (byte === undefined) throw new RangeError("Cannot read a message: it ends inside a number");
    value += (byte & 0x7f) * scale;
    if (byte < 0x80) return Number.isSafeInteger(value) ? value : -1;
  }
  throw new RangeError("Cannot read a message: a number is longer than 64 bits");
}

function readChunk(cursor: Cursor): Uint8Array<ArrayBuffer> {
  const length = readVarint(cursor);
  const end = cursor.at + length;
  if (length < 0 || end > cursor.bytes.length) {
    throw new RangeError("Cannot read a message: a field reaches past its end");
  }
  const chunk = cursor.bytes.subarray(cursor.at, end);
  cursor.at = end;
  return chunk;
}

function writeVarints(...values: number[]): Uint8Array {
  const out: number[] = [];
  for (let value of values) {
    while (value >= 0x80) {
      out.push((value % 128) | 0x80);
      value = Math.floor(value / 128);
    }
    out.push(value);
  }
  return Uint8Array.from(out);
}
