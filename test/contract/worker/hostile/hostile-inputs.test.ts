import { expect, test } from "vitest";
import { HOSTILE_CASES } from "./cases.ts";
import { WORKER_ROWS } from "./rows.ts";

test("every row of hostile inputs has a test, and titles are unique", () => {
  const rows = Object.keys(WORKER_ROWS).map(Number);
  expect([...new Set(HOSTILE_CASES.map(({ row }) => row))].toSorted((a, b) => a - b)).toEqual(rows);
  expect(rows).toEqual([...Array.from({ length: 16 }, (_, index) => index + 1), 25, 26, 27]);
  expect(new Set(HOSTILE_CASES.map(({ row, title }) => `${row} ${title}`)).size).toBe(HOSTILE_CASES.length);
});

// oxlint-disable-next-line vitest/expect-expect -- each case expects for itself
test.concurrent.for(HOSTILE_CASES)("row $row: $title", async (hostile, context) => {
  await hostile.run((cleanUp) => context.onTestFinished(cleanUp));
});
