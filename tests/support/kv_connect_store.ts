/**
 * The database behind the KV Connect fault server: rows in byte order, read and written by protobuf requests.
 *
 * Comes from: `tests/support/kv_connect.ts`.
 * Goes to: `tests/support/protobuf.ts`, `tests/support/sorted_keys.ts`.
 *
 * It keeps the limits of the standalone `denokv` server, whose 10 checks are the tightest of all hosts.
 * Expiries are kept and never acted upon: real hosts may show an expired row for a minute and more.
 * Source: denoland/denokv, `proto/kv-connect.md`, `proto/schema/datapath.proto`, `proto/limits.rs`.
 *
 * @module
 */
import { Buffer } from "node:buffer";
import { type Message, readMessage, writeMessage } from "./protobuf.ts";
import { createSortedKeys } from "./sorted_keys.ts";

/** One stored row, as the last commit left it. */
export interface StoredRow {
  /** The value's bytes, in its encoding. */
  value: Uint8Array<ArrayBuffer>;
  /** 1 V8, 2 little-endian 64-bit integer, 3 bytes. */
  encoding: number;
  /** The commit that wrote it: 20 hex characters. */
  versionstamp: string;
  /** When the host may drop it; null for never. */
  expiresAtMs: number | null;
}

/** The store: what it holds, and the two requests of the data path. */
export interface KvConnectStore {
  /** The rows as they are now, by {@link storedKey}; a live view, in no order. */
  rows: ReadonlyMap<string, StoredRow>;
  /** Answers a SnapshotRead; throws {@link RefusedRequest} beyond a limit. */
  snapshotRead(body: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer>;
  /** Does an AtomicWrite whole or not at all; throws {@link RefusedRequest} beyond a limit. */
  atomicWrite(body: Uint8Array<ArrayBuffer>): AtomicOutcome;
}

/** What an AtomicWrite came to, and the reply that says so. */
export interface AtomicOutcome {
  /** Whether it was written. */
  status: "committed" | "check_failed";
  /** The AtomicWriteOutput. */
  reply: Uint8Array<ArrayBuffer>;
}

/** A request the server answers with 400: the client throws and does not send it again. */
export class RefusedRequest extends Error {}

/** The key of a row in `rows()`: a KV key of text parts, encoded as Deno does, one character a byte. */
export function storedKey(...parts: string[]): string {
  return parts.map((part) => `\x02${latin1(encoder.encode(part)).replaceAll("\0", "\0\xff")}\0`)
    .join("");
}

/** An empty store. */
export function createKvConnectStore(): KvConnectStore {
  const rows = new Map<string, StoredRow>();
  const keys = createSortedKeys();
  let commits = 0;

  function readRange(range: Message): Uint8Array {
    const [start, end] = [latin1(range.bytes(1)), latin1(range.bytes(2))];
    const found = keys.between({
      start,
      end,
      limit: range.number(3),
      isReverse: !!range.number(4),
    });
    return writeMessage(found.map((key) => [1, writeEntry(key, rows.get(key)!)]));
  }

  function apply(mutation: Message, versionstamp: string): void {
    const key = latin1(mutation.bytes(1));
    if (mutation.number(3) === DELETE) {
      if (rows.delete(key)) keys.remove(key);
      return;
    }
    const [value, expiresAtMs] = [readMessage(mutation.bytes(2)), mutation.number(4)];
    if (!rows.has(key)) keys.add(key);
    rows.set(key, {
      value: value.bytes(1).slice(),
      encoding: value.number(2),
      versionstamp,
      expiresAtMs: expiresAtMs > 0 ? expiresAtMs : null,
    });
  }

  function snapshotRead(body: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> {
    const ranges = parse(body).messages(1);
    assertReadable(ranges);
    const outputs = ranges.map((range) => [1, readRange(range)] as const);
    return writeMessage([...outputs, [4, 1], [8, 1]]); // strongly consistent, success
  }

  function atomicWrite(body: Uint8Array<ArrayBuffer>): AtomicOutcome {
    const request = parse(body);
    const [checks, mutations] = [request.messages(1), request.messages(2)];
    assertWritable({ checks, mutations, enqueues: request.messages(3) });
    const failed = checks.flatMap((check, index) => {
      const versionstamp = rows.get(latin1(check.bytes(1)))?.versionstamp ?? "";
      return check.bytes(2).toHex() === versionstamp ? [] : [[4, index] as const];
    });
    if (failed.length > 0) {
      return { status: "check_failed", reply: writeMessage([[1, 2], ...failed]) };
    }
    // Eight bytes count commits; the last two are the place in a batch, always the first here.
    const versionstamp = (++commits).toString(16).padStart(16, "0") + "0000";
    for (const mutation of mutations) apply(mutation, versionstamp);
    const reply = writeMessage([[1, 1], [2, Uint8Array.fromHex(versionstamp)]]);
    return { status: "committed", reply };
  }

  return { rows, snapshotRead, atomicWrite };
}

const SET = 1;
const DELETE = 2;
const KEY_BYTES_MAX = 2_048;
const VALUE_BYTES_MAX = 65_536;
const READ_RANGES_MAX = 10;
const READ_ENTRIES_MAX = 1_000;
const CHECKS_MAX = 10;
const MUTATIONS_MAX = 1_000;
const WRITE_BYTES_MAX = 819_200;
const encoder = new TextEncoder();

function latin1(bytes: Uint8Array<ArrayBuffer>): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString("latin1");
}

function parse(body: Uint8Array<ArrayBuffer>): Message {
  try {
    return readMessage(body);
  } catch (error) {
    throw new RefusedRequest("Request protobuf is invalid", { cause: error });
  }
}

function refuseIf(isBeyond: boolean, reason: string): void {
  if (isBeyond) throw new RefusedRequest(reason);
}

function assertReadable(ranges: Message[]): void {
  refuseIf(ranges.length > READ_RANGES_MAX, "Too many read ranges requested");
  refuseIf(ranges.some((range) => range.number(3) < 1), "The read range limit is invalid");
  const entries = ranges.reduce((sum, range) => sum + range.number(3), 0);
  refuseIf(entries > READ_ENTRIES_MAX, "The total number of entries requested is too large");
}

function assertWritable(write: Record<"checks" | "mutations" | "enqueues", Message[]>): void {
  const { checks, mutations, enqueues } = write;
  refuseIf(enqueues.length > 0, "Queues are not supported");
  refuseIf(checks.length > CHECKS_MAX, "Too many checks included in atomic write");
  refuseIf(mutations.length > MUTATIONS_MAX, "Too many mutations included in atomic write");
  let bytes = checks.reduce((sum, check) => sum + check.bytes(1).length, 0);
  for (const mutation of mutations) {
    const keyBytes = mutation.bytes(1).length;
    const valueBytes = parse(mutation.bytes(2)).bytes(1).length;
    refuseIf(![SET, DELETE].includes(mutation.number(3)), "Only set and delete are supported");
    refuseIf(keyBytes > KEY_BYTES_MAX, "A key exceeds the key size limit");
    refuseIf(valueBytes > VALUE_BYTES_MAX, "A value exceeds the value size limit");
    bytes += keyBytes + valueBytes;
  }
  refuseIf(bytes > WRITE_BYTES_MAX, "The total size of the atomic write is too large");
}

function writeEntry(key: string, row: StoredRow): Uint8Array {
  return writeMessage([
    [1, Buffer.from(key, "latin1")],
    [2, row.value],
    [3, row.encoding],
    [4, Uint8Array.fromHex(row.versionstamp)],
  ]);
}
