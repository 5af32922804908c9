import { expect, test } from "vitest";
import { documentedCells, documentedTitles } from "./crash-matrix/document.ts";
import { MOMENTS, SCENES } from "./crash-matrix/scenes.ts";

test("the document has a table for each await of the worker's flow, and no other", () => {
  expect(documentedTitles()).toEqual(SCENES.map(({ title }) => title));
});

test.each(SCENES)("the table has an entry for every moment: $title", ({ title }) => {
  const cells = documentedCells(title);

  expect(cells.length).toBeGreaterThan(1);
  expect(cells[0]).toEqual(["fault", ...MOMENTS]);
  expect(cells.filter((line) => line.length !== MOMENTS.length + 1 || line.includes(""))).toEqual([]);
});
