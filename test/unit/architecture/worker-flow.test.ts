import fs from "node:fs";
import path from "node:path";
import { expect, test } from "vitest";
import { CHECKOUT } from "./plant.ts";
import { loadProgram, reachable } from "./program.ts";
import { resultTypes } from "./result-types.ts";

/**
 * How much there is to read for whoever follows a delivery through claim, run and settle. Counted is what `deliver.ts`
 * imports when it runs, directly or not, of `services/worker/` and `shared/records/`. Aside, neither counted nor followed,
 * is what this question is not about: see `ASIDE`. What these modules return is counted by `resultTypes`.
 *
 * By the same count, commit 2faf111 had 21 modules, 1,391 lines and 17 result types: at a path of that time, the places
 * aside are `handlers.ts`, `delivery-trace.ts`, `report-outcome.ts`, `authenticate.ts`, `parse-delivery.ts`, `respond.ts`
 * and `shutdown.ts`.
 */
const ENTRY = "services/worker/deliver.ts";

const COUNTED = ["services/worker/", "shared/records/"];

const ASIDE: readonly string[] = [
  // The user's, and what only watches.
  "services/worker/handlers/",
  "services/worker/telemetry/",
  // The edges of a delivery: who sent it, what it says, and the response.
  "services/worker/authenticate.ts",
  "services/worker/parse-delivery.ts",
  "services/worker/respond.ts",
  // The process, which outlives its deliveries.
  "services/worker/runner/shutdown.ts",
  // The documents' formats.
  "shared/records/task-record.ts",
  "shared/records/dead-letter.ts",
];

const MOST_MODULES = 12;
const MOST_RESULT_TYPES = 8;
const MOST_LINES = 300;

const program = loadProgram(CHECKOUT, (file) => file === ENTRY);
const modules = reachable(program, ENTRY, (file) => isIn(COUNTED, file) && !isIn(ASIDE, file));

function isIn(places: readonly string[], file: string): boolean {
  return places.some((place) => (place.endsWith("/") ? file.startsWith(place) : file === place));
}

test("each place that is left aside is there", () => {
  expect(ASIDE.filter((place) => !fs.existsSync(path.join(CHECKOUT, place)))).toEqual([]);
});

test("claim, run and settle take few modules", () => {
  expect(modules.length).toBeGreaterThan(3);
  expect(modules.length, modules.join("\n")).toBeLessThanOrEqual(MOST_MODULES);
});

test("claim, run and settle return few types", () => {
  const types = resultTypes(program, modules);
  const report = types.map(({ name, returnedBy }) => `${name}, returned by ${returnedBy.join(", ")}`).join("\n");
  expect(types.length).toBeGreaterThan(1);
  expect(types.length, report).toBeLessThanOrEqual(MOST_RESULT_TYPES);
});

test("none of these modules is long", () => {
  const long = [ENTRY, ...modules].filter((file) => program.source(file).getLineStarts().length - 1 > MOST_LINES);
  expect(long).toEqual([]);
});
