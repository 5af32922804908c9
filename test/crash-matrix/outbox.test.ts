import fs from "node:fs";
import path from "node:path";
import { expect, it } from "vitest";
import { createTurns } from "../harness/runtime/turns.ts";
import { OUTBOX_FAULTS, OUTBOX_SCENARIOS } from "./outbox/outbox-cells.ts";
import { measureOutbox } from "./outbox/outbox-matrix.ts";

const DOCUMENT = path.resolve(import.meta.dirname, "../../docs/crash-matrix.md");
const SNAPSHOT = path.join(import.meta.dirname, "outbox/outbox.snapshot.txt");

/** Requests wait for a second or a few, so not all tables share the processor at once. */
const inTurn = createTurns(6);

/** A table takes seconds, and minutes on a busy machine. */
const TIMEOUT_MS = 480_000;

it.concurrent.for(OUTBOX_SCENARIOS)(
  "holds whatever goes wrong: $title",
  { timeout: TIMEOUT_MS },
  async (scenario, { expect }) => {
    const { rows, violations } = await inTurn(() => measureOutbox(scenario));
    if (process.env["CRASH_MATRIX"] === "write") document(scenario.title, rows);
    if (process.env["CRASH_MATRIX"] === "print") process.stdout.write(`${tableOf(scenario.title, rows)}\n`);

    expect(violations).toEqual([]);
    expect(rows).toEqual(documented().get(scenario.title));
  },
);

it("documents each await of the relay, of requests that move a task, and of hops, and no other", () => {
  expect([...documented().keys()]).toEqual(OUTBOX_SCENARIOS.map(({ title }) => title));
});

it("the document says how many tables and cells there are", () => {
  const text = fs.readFileSync(DOCUMENT, "utf8");
  const tables = OUTBOX_SCENARIOS.length;

  expect(text).toContain(`The outbox has ${tables} smaller tables, ${tables * OUTBOX_FAULTS.length} cells:`);
});

/** The rows of each table, by its title. */
function documented(): ReadonlyMap<string, readonly string[]> {
  const tables = fs.readFileSync(SNAPSHOT, "utf8").trim().split("\n\n");
  return new Map(
    tables.map((table) => {
      const [title = "", ...rows] = table.split("\n");
      return [title, rows.map((row) => row.trim())];
    }),
  );
}

/** Writes a table into the snapshot: its place is that of its scenario. */
function document(title: string, rows: readonly string[]): void {
  const all = new Map([...documented(), [title, rows]]);
  const tables = OUTBOX_SCENARIOS.flatMap((one) =>
    all.has(one.title) ? [tableOf(one.title, all.get(one.title))] : [],
  );
  fs.writeFileSync(SNAPSHOT, tables.join("\n"));
}

function tableOf(title: string, rows: readonly string[] = []): string {
  return [title, ...rows.map((row) => `  ${row}`), ""].join("\n");
}
