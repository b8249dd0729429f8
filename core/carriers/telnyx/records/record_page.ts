/**
 * A page of Telnyx's detail records, whatever they are about.
 *
 * @module
 */
import { z } from "zod";
import { parseWhole } from "../fields.ts";

/** Rows of one page, and how many pages there are. */
export interface TelnyxPage<Row> {
  /** The envelope was right; single rows may still be unreadable. */
  status: "page";
  /** In Telnyx's order. */
  rows: Row[];
  /** `meta.total_pages`: 0 when there is nothing. Never inferred from a full page. */
  totalPages: number;
  /** `meta.total_results`; null when Telnyx does not say. */
  totalResults: number | null;
}

/** Reads `{data, meta}`; unreadable without rows or without `meta.total_pages`. */
export function parsePage<Row>(
  value: unknown,
  parseRow: (row: unknown) => Row,
): TelnyxPage<Row> | { status: "unreadable"; reason: string } {
  const parsed = pageSchema.safeParse(value);
  if (!parsed.success) return { status: "unreadable", reason: "not a page of records" };
  const { data: rows, meta } = parsed.data;
  const totalPages = parseWhole(meta.total_pages);
  if (totalPages === null) return { status: "unreadable", reason: "no meta.total_pages" };
  const totalResults = parseWhole(meta.total_results);
  return { status: "page", rows: rows.map(parseRow), totalPages, totalResults };
}

const pageSchema = z.object({
  data: z.array(z.unknown()).max(1_000),
  meta: z.object({ total_pages: z.unknown().optional(), total_results: z.unknown().optional() }),
});
