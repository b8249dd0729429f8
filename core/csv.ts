/**
 * Lines of CSV (RFC 4180) that neither break nor come alive in a spreadsheet.
 *
 * Written here rather than taken from a package: the guards that those offer against formulas also put a
 * quote before `-1.50` and `+14155550123`, which are what our exports are full of.
 *
 * @module
 */

/** Decimals and E.164 numbers: they begin like formulas and are none. */
const PLAIN = /^-?\d+(\.\d+)?$|^\+[1-9]\d{6,14}$/;
/** What makes a spreadsheet compute a cell, in the wide forms of East Asian keyboards too. */
const FORMULA = /^[=+\-@\t\r\n＝＋－＠]/;

/** One line with its line break. */
export function formatCsvLine(cells: readonly string[]): string {
  return `${cells.map(formatCsvCell).join(",")}\r\n`;
}

/** A cell: text that a spreadsheet would compute gets a quote before it, text with separators is quoted. */
export function formatCsvCell(value: string): string {
  const safe = FORMULA.test(value) && !PLAIN.test(value) ? `'${value}` : value;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}
