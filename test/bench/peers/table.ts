import type { Beside, Row } from "./rows/row.ts";

const HEADINGS = ["what", "unit", "before", "now", "aim", "beside it", "ratio to the first"];

/** The rows as a table of Markdown, in columns that align. */
export function tableOf(rows: readonly Row[]): string {
  const cells = [HEADINGS, ...rows.map(cellsOf)];
  const widths = HEADINGS.map((_, column) => Math.max(...cells.map((row) => row[column]?.length ?? 0)));
  const line = (row: readonly string[]): string =>
    `| ${widths.map((width, column) => (row[column] ?? "").padEnd(width)).join(" | ")} |`;
  const [headings = [], ...rest] = cells;
  return [line(headings), line(widths.map((width) => "-".repeat(width))), ...rest.map(line)].join("\n");
}

function cellsOf({ what, unit, before, ours, aim, isRate = false, beside }: Row): string[] {
  const [first] = beside;
  const isMet = aim !== undefined && (isRate ? ours >= aim : ours <= aim);
  return [
    what,
    unit,
    before === undefined ? "" : figureText(before),
    `${figureText(ours)}${isMet ? " ✓" : ""}`,
    aim === undefined ? "" : `${isRate ? "≥" : "≤"} ${figureText(aim)}`,
    beside.map(besideText).join("; "),
    first === undefined ? "" : (ours / first.value).toFixed(2),
  ];
}

function besideText({ name, value, isFiled = false }: Beside): string {
  return `${name} ${figureText(value)}${isFiled ? " (as filed)" : ""}`;
}

const DIGITS = 3;
const WHOLE_FROM = 100;

/** Three digits that count. */
function figureText(value: number): string {
  if (Math.abs(value) >= WHOLE_FROM) return Math.round(value).toLocaleString("en-US");
  return String(Number(value.toPrecision(DIGITS)));
}
