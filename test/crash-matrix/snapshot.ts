import fs from "node:fs";
import path from "node:path";
import { ERROR_NAMES } from "./process/matrix-faults.ts";
import type { Row } from "./measure.ts";
import { MOMENTS } from "./cell/scenarios.ts";

const SNAPSHOT = path.join(import.meta.dirname, "crash-matrix.snapshot.md");
const DOCUMENT = path.resolve(import.meta.dirname, "../../docs/crash-matrix.md");

/** A table's lines as cells, without its heading. */
export type Cells = readonly (readonly string[])[];

/** The lines under a title in the snapshot; empty if it has no such table. */
export function documentedCells(title: string): Cells {
  const section = sectionOf(read(), title);
  const lines = section.split("\n").filter((line) => line.startsWith("|"));
  return lines.map(cellsOf).filter(([first = ""]) => !/^-+$/.test(first));
}

/** The titles of the snapshot's tables, in order. */
export function documentedTitles(): string[] {
  return [...read().matchAll(/^### (.+)$/gm)].map(([, title = ""]) => title);
}

/** How many tables and cells the document claims to have, and how many of them can't be reached. */
export function documentedCounts() {
  const [, tables, cells, unreached] =
    /(\d+) tables, ([\d,]+) cells, of which ([\d,]+) say why/.exec(fs.readFileSync(DOCUMENT, "utf8")) ?? [];
  const count = (text = ""): number => Number(text.replaceAll(",", ""));
  return { tables: count(tables), cells: count(cells), unreached: count(unreached) };
}

/** The cells that the snapshot should have: errors with the same result share a line. */
export function cellsToDocument(rows: readonly Row[]): Cells {
  const merged = new Map<string, { faults: string[]; entries: readonly string[] }>();
  for (const { fault, entries } of rows) {
    const [, error = "", when = ""] = /^(.+), (before|after)$/.exec(fault) ?? [];
    const key = ERROR_NAMES.includes(error) ? [when, ...entries].join("|") : fault;
    const line = merged.get(key);
    if (line) line.faults.push(fault);
    else merged.set(key, { faults: [fault], entries });
  }
  return [["fault", ...MOMENTS], ...[...merged.values()].map(({ faults, entries }) => [nameOf(faults), ...entries])];
}

/** Writes a table into the snapshot, replacing the one with the same title. */
export function document(title: string, cells: Cells): void {
  const text = read();
  const section = sectionOf(text, title);
  if (section === "") throw new Error(`The snapshot has no section "${title}".`);
  fs.writeFileSync(
    SNAPSHOT,
    text.replace(section, () => tableOf(title, cells)),
  );
}

/** A table under its title. */
export function tableOf(title: string, [head = [], ...lines]: Cells): string {
  const table = [head, head.map(() => "---"), ...lines].map((line) => `| ${line.join(" | ")} |`).join("\n");
  return `### ${title}\n\n${table}\n`;
}

/** `any error` stands for all of them. */
function nameOf(faults: readonly string[]): string {
  const [first = ""] = faults;
  const when = first.slice(first.lastIndexOf(","));
  if (faults.length === 1) return first;
  if (faults.length === ERROR_NAMES.length) return `any error${when}`;
  return faults.map((fault) => fault.slice(0, fault.lastIndexOf(","))).join(", ") + when;
}

function sectionOf(text: string, title: string): string {
  const start = text.indexOf(`### ${title}\n`);
  if (start < 0) return "";
  const next = text.indexOf("\n#", start);
  return next < 0 ? text.slice(start) : text.slice(start, next);
}

const cellsOf = (line: string): string[] =>
  line
    .slice(1, -1)
    .split("|")
    .map((cell) => cell.trim());

const read = (): string => fs.readFileSync(SNAPSHOT, "utf8");
