/**
 * Tables: captioned, sortable by link, and scrolling inside themselves where they are too wide.
 *
 * @module
 */
import type { Child } from "hono/jsx";
import type { JSX } from "hono/jsx/jsx-runtime";
import { safeUrl } from "./links.ts";

/** One column. */
export interface Column<Key extends string> {
  /** Names the column in a row. */
  key: Key;
  /** Its head. */
  label: string;
  /** `number`: right aligned, digits under digits. `text`: may break into lines. Else one line. */
  kind?: "number" | "text" | undefined;
  /** Makes the head a link; with `direction` the table is sorted by this column now. */
  sort?: { href: string; direction?: "ascending" | "descending" | undefined } | undefined;
}

/** What {@link Table} shows. */
export interface TableProps<Key extends string> {
  /** What the rows are; also the name of the scrolling region. */
  caption: string;
  /** Keeps the caption for those who cannot see, where a heading right above says the same. */
  isCaptionUnseen?: boolean | undefined;
  /** The first column is the head of its row: a name, an id, a time. */
  columns: readonly Column<Key>[];
  /** In order; each has a cell for every column. */
  rows: readonly Readonly<Record<Key, Child>>[];
  /** A row of totals under the others. */
  totals?: Readonly<Record<Key, Child>> | undefined;
}

/** A table in a region that can be reached by keyboard and scrolled sideways. */
export function Table<Key extends string>(props: TableProps<Key>): JSX.Element {
  const { caption, columns, rows, totals } = props;
  return (
    <div class="scroll" role="region" tabindex={0} aria-label={caption}>
      <table>
        <caption class={props.isCaptionUnseen ? "unseen" : undefined}>{caption}</caption>
        <thead>
          <tr>{columns.map((column) => <HeadCell key={column.key} column={column} />)}</tr>
        </thead>
        <tbody>
          {rows.map((row, index) => <Row key={index} columns={columns} row={row} />)}
        </tbody>
        {totals && (
          <tfoot>
            <Row columns={columns} row={totals} />
          </tfoot>
        )}
      </table>
    </div>
  );
}

function HeadCell<Key extends string>({ column }: { column: Column<Key> }): JSX.Element {
  const { label, sort } = column;
  return (
    <th scope="col" class={column.kind} aria-sort={sort?.direction}>
      {sort ? <a href={safeUrl(sort.href)}>{label}</a> : label}
    </th>
  );
}

interface RowProps<Key extends string> {
  columns: readonly Column<Key>[];
  row: Readonly<Record<Key, Child>>;
}

function Row<Key extends string>({ columns, row }: RowProps<Key>): JSX.Element {
  return (
    <tr>
      {columns.map(({ key, kind }, index) =>
        index === 0
          ? <th key={key} scope="row" class={kind}>{row[key]}</th>
          : <td key={key} class={kind}>{row[key]}</td>
      )}
    </tr>
  );
}
