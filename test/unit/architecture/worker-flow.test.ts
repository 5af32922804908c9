import fs from "node:fs";
import path from "node:path";
import { expect, test } from "vitest";
import { CHECKOUT } from "./plant.ts";
import { loadProgram, reachable } from "./program.ts";
import { resultTypes } from "./result-types.ts";

/**
 * How much there is to read for whoever follows a delivery through claim, run and settle. Counted is what `deliver.ts`
 * imports when it runs, directly or not, of `services/worker/` and `shared/records/`. Left aside, neither counted nor
 * followed, is what the question is not about: see `ASIDE`. Of these modules the types that they return are counted, too:
 * see `resultTypes`.
 *
 * The same count found 21 modules, 1,391 lines and 17 result types in commit 2faf111. Aside were then `handlers.ts`,
 * `delivery-trace.ts`, `report-outcome.ts`, `authenticate.ts`, `parse-delivery.ts`, `respond.ts`, `shutdown.ts` and the
 * documents' formats.
 */
const ENTRY = "services/worker/deliver.ts";

const COUNTED = ["services/worker/", "shared/records/"];

const ASIDE: readonly string[] = [
  // The user's, and what only watches.
  "services/worker/handlers/",
  "services/worker/telemetry/",
  // The edge of a delivery: who sent it, and what it says.
  "services/worker/authenticate.ts",
  "services/worker/parse-delivery.ts",
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

/** All of them where they are too many, so that a failure names them. */
function ifTooMany(found: readonly string[], most: number): readonly string[] {
  return found.length > most ? found : [];
}

test("each place that is left aside is there", () => {
  expect(ASIDE.filter((place) => !fs.existsSync(path.join(CHECKOUT, place)))).toEqual([]);
});

test("claim, run and settle take few modules", () => {
  expect(modules.length).toBeGreaterThan(3);
  expect(ifTooMany(modules, MOST_MODULES)).toEqual([]);
});

test("claim, run and settle return few types", () => {
  const types = resultTypes(program, modules);
  const report = types.map(({ name, returnedBy }) => `${name}, returned by ${returnedBy.join(", ")}`);
  expect(types.length).toBeGreaterThan(1);
  expect(ifTooMany(report, MOST_RESULT_TYPES)).toEqual([]);
});

test("none of these modules is long", () => {
  const long = [ENTRY, ...modules].filter((file) => program.source(file).getLineStarts().length - 1 > MOST_LINES);
  expect(long).toEqual([]);
});
