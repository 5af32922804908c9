import { it } from "vitest";
import { cellsToDocument, document, documentedCells, tableOf } from "./snapshot.ts";
import { measureScenario } from "./measure.ts";
import type { Scenario } from "./cell/scenarios.ts";

/** A table takes seconds, and minutes on a busy machine. */
const TIMEOUT_MS = 480_000;

/** Registers the tests of some tables: no violation occurs, and the document says what happens. */
export function testTables(scenarios: readonly Scenario[]): void {
  it.concurrent.for(scenarios)(
    "holds whatever goes wrong: $title",
    { timeout: TIMEOUT_MS },
    async (scenario, { expect }) => {
      const { rows, violations } = await measureScenario(scenario);
      const cells = cellsToDocument(rows);
      if (process.env["CRASH_MATRIX"] === "write") document(scenario.title, cells);
      if (process.env["CRASH_MATRIX"] === "print") process.stdout.write(`${tableOf(scenario.title, cells)}\n`);

      expect(violations).toEqual([]);
      expect(cells).toEqual(documentedCells(scenario.title));
    },
  );
}
