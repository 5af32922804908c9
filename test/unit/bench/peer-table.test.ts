import { expect, test } from "vitest";
import { tableOf } from "../../bench/peers/table.ts";

/** The cells of the table's only row. */
function cellsOf(row: Parameters<typeof tableOf>[0][number]): string[] {
  const [, , line = ""] = tableOf([row]).split("\n");
  return line
    .split("|")
    .slice(1, -1)
    .map((cell) => cell.trim());
}

test("a row shows our figure before and now, the target, and the ratio to the first peer", () => {
  const beside = [
    { name: "Express", value: 1.61 },
    { name: "Rust", value: 0.04, isFiled: true },
  ];
  const row = { what: "worker, claim", unit: "CPU ms", before: 1.27, ours: 0.7912, aim: 0.8, beside };

  expect(cellsOf(row)).toEqual([
    "worker, claim",
    "CPU ms",
    "1.27",
    "0.791 ✓",
    "≤ 0.8",
    "Express 1.61; Rust 0.04 (as filed)",
    "0.49",
  ]);
});

test("a rate meets its target from below", () => {
  const row = { what: "end to end", unit: "tasks/s", isRate: true, before: 296, aim: 610, beside: [] };

  expect(cellsOf({ ...row, ours: 1_204.4 }).slice(2, 5)).toEqual(["296", "1,204 ✓", "≥ 610"]);
  expect(cellsOf({ ...row, ours: 609 }).slice(2, 5)).toEqual(["296", "609", "≥ 610"]);
});
