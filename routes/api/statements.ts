/**
 * Statements: a period of a ledger with its opening and its closing, streamed as JSON or CSV.
 *
 * Goes to: `core/wallet/statement.ts`, `core/csv.ts`.
 *
 * @module
 */
import { type Context, Hono } from "hono";
import { z } from "zod";
import { formatInstant, utcDay } from "../../core/clock.ts";
import { formatCsvLine } from "../../core/csv.ts";
import { formatMicros, formatMoney } from "../../core/money.ts";
import type { Entry } from "../../core/wallet/entry.ts";
import { openStatement, readStatement, type Statement } from "../../core/wallet/statement.ts";
import type { AppEnv } from "../caller.ts";
import type { AppDeps } from "../deps.ts";
import { doc, valid } from "../openapi.ts";
import { problem } from "../problem.ts";
import {
  idParam,
  instantShape,
  isPeriod,
  moneyShape,
  PERIOD_ORDER,
  periodFields,
} from "./shapes/fields.ts";
import { entryShape, showEntry } from "./shapes/wallet.ts";

const statementQuery = z.strictObject({
  ...periodFields,
  format: z.enum(["json", "csv"]).optional()
    .meta({ description: "Goes before the Accept header" }),
}).refine(isPeriod, PERIOD_ORDER);

/** A statement as JSON; its closing is its opening plus the sum of its entries. */
export const statementShape = z.object({
  accountId: z.string(),
  currency: z.string(),
  from: instantShape.nullable().meta({ description: "Null: from the beginning" }),
  to: instantShape.nullable().meta({ description: "Exclusive; null: up to now" }),
  opening: moneyShape,
  closing: moneyShape,
  entries: z.array(entryShape).meta({ description: "Oldest first" }),
}).meta({ id: "Statement" });

/** The first line of the CSV; times are UTC. */
export const STATEMENT_COLUMNS = [
  "seq",
  "at",
  "kind",
  "description",
  "amount",
  "balance_after",
  "currency",
  "source_type",
  "source_id",
] as const;

/** Entries put together before they are sent on. */
const ENTRIES_PER_CHUNK = 200;

/** `/api/v1/accounts/:id/statement`. */
export function statementRoutes(deps: AppDeps): Hono<AppEnv> {
  return new Hono<AppEnv>().get(
    "/accounts/:id/statement",
    doc({
      summary: "Read a statement",
      description: "`from` inclusive, `to` exclusive. JSON: `{accountId,currency,from,to,opening," +
        "closing,entries}`, entries oldest first as in `/entries`. CSV with `Accept: text/csv` or " +
        "`?format=csv`: its first line after the head is `opening`, its last one `closing`.",
      tags: ["entries"],
      // Without a schema: an answer is described in one type, and this one comes in two.
      responses: { 200: { description: "The statement, as JSON or as CSV" } },
    }),
    valid("param", z.object({ id: idParam })),
    valid("query", statementQuery),
    async (c) => {
      const accountId = c.req.valid("param").id;
      const { from: fromMs, to: untilMs, format } = c.req.valid("query");
      const statement = await openStatement(deps.store, { accountId, fromMs, untilMs });
      if (!statement) return problem(c, { code: "account_not_found" });
      const asked: Asked = { statement, fromMs, untilMs, nowMs: deps.clock.now() };
      const isCsv = (format ?? acceptedFormat(c)) === "csv";
      const parts = isCsv ? csvOf(deps, asked) : jsonOf(deps, asked);
      return stream(c, { parts, asked, format: isCsv ? "csv" : "json" });
    },
  );
}

interface Asked {
  statement: Statement;
  fromMs: number | undefined;
  untilMs: number | undefined;
  nowMs: number;
}

function acceptedFormat(c: Context<AppEnv>): "csv" | "json" {
  const first = (c.req.header("accept") ?? "").split(",")[0]!.split(";")[0]!.trim();
  return first.toLowerCase() === "text/csv" ? "csv" : "json";
}

const TYPES = { csv: "text/csv; charset=utf-8", json: "application/json" } as const;

/** Sends the parts as they are read, so that a long ledger needs no more room than a short one. */
function stream(
  c: Context<AppEnv>,
  { parts, asked, format }: {
    parts: AsyncGenerator<string>;
    asked: Asked;
    format: keyof typeof TYPES;
  },
): Response {
  const { statement, fromMs, nowMs } = asked;
  const name = `statement-${statement.accountId}-${utcDay(fromMs ?? nowMs)}.${format}`;
  c.header("content-type", TYPES[format]);
  c.header("content-disposition", `attachment; filename="${name}"`);
  return c.body(ReadableStream.from(parts).pipeThrough(new TextEncoderStream()));
}

async function* csvOf({ store }: AppDeps, asked: Asked): AsyncGenerator<string> {
  const { statement, fromMs, untilMs, nowMs } = asked;
  const { currency } = statement;
  const balanceLine = (kind: string, { atMs, micros }: { atMs: number; micros: bigint }) =>
    formatCsvLine(["", formatInstant(atMs), kind, "", "", formatMicros(micros), currency, "", ""]);
  yield formatCsvLine(STATEMENT_COLUMNS);
  yield balanceLine("opening", { atMs: fromMs ?? 0, micros: statement.openingMicros });
  for await (const entries of chunksOf(readStatement(store, statement))) {
    yield entries.map((entry) => csvLineOf(entry, currency)).join("");
  }
  yield balanceLine("closing", { atMs: untilMs ?? nowMs, micros: statement.closingMicros });
}

function csvLineOf(entry: Entry, currency: string): string {
  return formatCsvLine([
    String(entry.seq),
    formatInstant(entry.atMs),
    entry.kind,
    entry.description,
    formatMicros(entry.amountMicros),
    formatMicros(entry.balanceAfterMicros),
    currency,
    entry.source.type,
    entry.source.id,
  ]);
}

async function* jsonOf({ store }: AppDeps, asked: Asked): AsyncGenerator<string> {
  const { statement, fromMs, untilMs } = asked;
  const { accountId, currency } = statement;
  const head = {
    accountId,
    currency,
    from: fromMs === undefined ? null : formatInstant(fromMs),
    to: untilMs === undefined ? null : formatInstant(untilMs),
    opening: formatMoney(statement.openingMicros, currency),
    closing: formatMoney(statement.closingMicros, currency),
  };
  yield `${JSON.stringify(head).slice(0, -1)},"entries":[`;
  let comma = "";
  for await (const entries of chunksOf(readStatement(store, statement))) {
    yield comma + entries.map((entry) => JSON.stringify(showEntry(entry, currency))).join(",");
    comma = ",";
  }
  yield "]}";
}

async function* chunksOf(entries: AsyncIterable<Entry>): AsyncGenerator<Entry[]> {
  let chunk: Entry[] = [];
  for await (const entry of entries) {
    chunk.push(entry);
    if (chunk.length < ENTRIES_PER_CHUNK) continue;
    yield chunk;
    chunk = [];
  }
  if (chunk.length > 0) yield chunk;
}
