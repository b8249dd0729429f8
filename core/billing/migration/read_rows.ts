/**
 * Reads the usage of another system from CSV or JSON: rows that are whole, and where the others stand.
 *
 * @module
 */
import { parse } from "csv-parse/sync";
import { z } from "zod";
import { AMOUNT_MICROS_MAX, parseAmount } from "../../money.ts";

/** One account's messages to one place in one month. */
export interface MigrationRow {
  /** Line of the file, from 1; in JSON the place in the list, from 1. */
  line: number;
  /** 1 to 64 of `A-Z a-z 0-9 _ -`. */
  accountId: string;
  /** For an account that has to be opened. */
  name: string;
  /** See {@link MigrationRow.name}; null when empty. */
  email: string | null;
  /** `YYYY-MM`, UTC. */
  month: string;
  /** 0 or more. */
  messages: number;
  /** 0 or more. */
  segments: number;
  /** ISO 3166 alpha-2; null when empty. */
  country: string | null;
  /** Calling code with `+`; null when empty. */
  prefix: string | null;
  /** 0 or more, in the account's currency. */
  costMicros: bigint;
}

/** A row that cannot be used, and why. */
export interface BrokenRow {
  /** See {@link MigrationRow.line}. */
  line: number;
  /** In words. */
  reason: string;
}

/** What a file holds. */
export interface MigrationFile {
  /** In the file's order. */
  rows: MigrationRow[];
  /** In the file's order. */
  broken: BrokenRow[];
}

const count = z.string().trim().regex(/^\d{1,9}$/, "is not a whole number").transform(Number);
const orNull = (schema: z.ZodType<string, string>) =>
  z.union([z.literal("").transform(() => null), schema]).default(null);

const rowShape = z.object({
  accountId: z.string().trim().regex(/^[A-Za-z0-9_-]{1,64}$/, "is not an account id"),
  name: z.string().trim().max(200).default(""),
  email: orNull(z.string().trim().pipe(z.email("is not an e-mail address"))),
  month: z.string().trim().regex(/^\d{4}-(0[1-9]|1[0-2])$/, "is not a month such as 2026-11"),
  messages: count,
  segments: z.string().trim().optional(),
  country: orNull(z.string().trim().regex(/^[A-Z]{2}$/, "is not a country such as US")),
  prefix: orNull(z.string().trim().regex(/^\+?\d{1,4}$/, "is not a calling code such as +1")),
  cost: z.string().trim().transform((text, context) => {
    const micros = parseAmount(text);
    if (micros !== null && micros >= 0n && micros <= AMOUNT_MICROS_MAX) return micros;
    context.addIssue({ code: "custom", message: "is not an amount such as 12.50" });
    return z.NEVER;
  }),
});

/** Rows of a CSV file with a header line, or of a JSON list of objects. Throws when it is neither. */
export function readMigrationFile({ name, text }: { name: string; text: string }): MigrationFile {
  const found = name.toLowerCase().endsWith(".json") ? readJson(text) : readCsv(text);
  const rows: MigrationRow[] = [];
  const broken: BrokenRow[] = [...found.broken];
  for (const { line, fields } of found.rows) {
    const row = readRow(line, fields);
    if ("reason" in row) broken.push(row);
    else rows.push(row);
  }
  return { rows, broken: broken.toSorted((a, b) => a.line - b.line) };
}

interface RawFile {
  rows: { line: number; fields: unknown }[];
  broken: BrokenRow[];
}

function readCsv(text: string): RawFile {
  const broken: BrokenRow[] = [];
  const records = parse(text, {
    bom: true,
    columns: (header: string[]) => header.map((name) => name.trim()),
    info: true,
    skip_empty_lines: true,
    skip_records_with_error: true,
    on_skip: (error) => {
      if (error) broken.push({ line: Number(error.lines ?? 0), reason: error.code });
      return undefined;
    },
  }) as unknown as { info: { lines: number }; record: Record<string, string> }[];
  return {
    rows: records.map(({ info, record }) => ({ line: info.lines, fields: record })),
    broken,
  };
}

function readJson(text: string): RawFile {
  const list: unknown = JSON.parse(text);
  if (!Array.isArray(list)) throw new TypeError("Cannot read the file: it is not a list of rows");
  return { rows: list.map((fields, i) => ({ line: i + 1, fields: asText(fields) })), broken: [] };
}

/** Numbers of a JSON row as text, so that one set of rules reads both kinds of file. */
function asText(fields: unknown): unknown {
  if (fields === null || typeof fields !== "object") return fields;
  return Object.fromEntries(
    Object.entries(fields).filter(([, value]) => value !== null).map(([name, value]) => [
      name,
      typeof value === "number" ? String(value) : value,
    ]),
  );
}

function readRow(line: number, fields: unknown): MigrationRow | BrokenRow {
  const parsed = rowShape.safeParse(fields);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    return { line, reason: `${issue?.path.join(".") || "row"}: ${issue?.message}` };
  }
  const { cost, segments, name, prefix, ...row } = parsed.data;
  const parts = segments === undefined || segments === "" ? row.messages : Number(segments);
  if (!Number.isSafeInteger(parts) || parts < 0) {
    return { line, reason: "segments: is not a whole number" };
  }
  return {
    ...row,
    line,
    name: name === "" ? row.accountId : name,
    segments: parts,
    prefix: prefix === null || prefix.startsWith("+") ? prefix : `+${prefix}`,
    costMicros: cost,
  };
}
