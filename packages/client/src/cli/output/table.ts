import { plain } from "./plain.ts";

/** A table's column: its title, and its text for a row. */
export interface Column<Row> {
  readonly title: string;
  readonly of: (row: Row) => string | number | undefined;
  readonly align?: "right";
}

const GAP = "  ";
const MAX_CELL_LENGTH = 80;

/** A table's lines, with its heading unless it continues an earlier page. */
export function tableLines<Row>(
  rows: readonly Row[],
  columns: readonly Column<Row>[],
  { head, bold = (text) => text }: { readonly head: boolean; readonly bold?: (text: string) => string },
): string[] {
  const cells = rows.map((row) => columns.map(({ of }) => cut(plain(String(of(row) ?? "")))));
  const titles = columns.map(({ title }) => title);
  const widths = titles.map((title, at) => Math.max(title.length, ...cells.map((row) => row[at]?.length ?? 0)));
  const line = (row: readonly string[]): string =>
    row
      .map((cell, at) =>
        columns[at]?.align === "right" ? cell.padStart(widths[at] ?? 0) : cell.padEnd(widths[at] ?? 0),
      )
      .join(GAP)
      .trimEnd();
  return [...(head ? [bold(line(titles))] : []), ...cells.map(line)];
}

/** Names and values, one per line. Undefined and empty values are left out. */
export function fieldLines(fields: Readonly<Record<string, string | number | undefined>>): string[] {
  const known = Object.entries(fields).filter(([, value]) => value !== undefined && value !== "");
  const width = Math.max(0, ...known.map(([name]) => name.length));
  return known.map(([name, value]) => `${name.padEnd(width)}${GAP}${plain(String(value))}`);
}

function cut(cell: string): string {
  return cell.length <= MAX_CELL_LENGTH ? cell : `${cell.slice(0, MAX_CELL_LENGTH - 1)}…`;
}
