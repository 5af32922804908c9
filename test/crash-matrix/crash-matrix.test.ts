import { expect, test } from "vitest";
import { documentedCells, documentedCounts, documentedTitles } from "./snapshot.ts";
import { HANDLER_FAULTS, MATRIX_FAULTS } from "./process/matrix-faults.ts";
import { MOMENTS, SCENARIOS } from "./cell/scenarios.ts";

test("the snapshot has a table for each await of the worker's flow, and no other", () => {
  expect(documentedTitles()).toEqual(SCENARIOS.map(({ title }) => title));
});

test("the document says how many cells there are", () => {
  const faultsOf = ({ at }: (typeof SCENARIOS)[number]) => (at === "handler" ? HANDLER_FAULTS : MATRIX_FAULTS).length;
  const sum = (numbers: number[]) => numbers.reduce((total, number) => total + number, 0);

  expect(documentedCounts()).toEqual({
    tables: SCENARIOS.length,
    cells: sum(SCENARIOS.map((scenario) => faultsOf(scenario) * MOMENTS.length)),
    unreached: sum(SCENARIOS.map((scenario) => faultsOf(scenario) * Object.keys(scenario.unreached).length)),
  });
});

test.each(SCENARIOS)("the table has an entry for every moment: $title", ({ title }) => {
  const cells = documentedCells(title);

  expect(cells.length).toBeGreaterThan(1);
  expect(cells[0]).toEqual(["fault", ...MOMENTS]);
  expect(cells.filter((line) => line.length !== MOMENTS.length + 1 || line.includes(""))).toEqual([]);
});
