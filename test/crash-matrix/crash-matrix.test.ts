import { expect, test } from "vitest";
import { documentedCells, documentedCounts, documentedTitles } from "./document.ts";
import { HANDLER_FAULTS, MATRIX_FAULTS } from "./process/matrix-faults.ts";
import { MOMENTS, SCENES } from "./cell/scenarios.ts";

test("the document has a table for each await of the worker's flow, and no other", () => {
  expect(documentedTitles()).toEqual(SCENES.map(({ title }) => title));
});

test("the document says how many cells there are", () => {
  const faultsOf = ({ at }: (typeof SCENES)[number]) => (at === "handler" ? HANDLER_FAULTS : MATRIX_FAULTS).length;
  const sum = (numbers: number[]) => numbers.reduce((total, number) => total + number, 0);

  expect(documentedCounts()).toEqual({
    tables: SCENES.length,
    cells: sum(SCENES.map((scene) => faultsOf(scene) * MOMENTS.length)),
    unreached: sum(SCENES.map((scene) => faultsOf(scene) * Object.keys(scene.unreached).length)),
  });
});

test.each(SCENES)("the table has an entry for every moment: $title", ({ title }) => {
  const cells = documentedCells(title);

  expect(cells.length).toBeGreaterThan(1);
  expect(cells[0]).toEqual(["fault", ...MOMENTS]);
  expect(cells.filter((line) => line.length !== MOMENTS.length + 1 || line.includes(""))).toEqual([]);
});
