import fs from "node:fs";
import path from "node:path";
import { expect, test } from "vitest";
import { CHECKOUT } from "../plant.ts";
import { product } from "./product.ts";
import { reachable } from "./program.ts";
import { resultTypes } from "./result-types.ts";

/**
 * How much you have to read to follow a delivery through claim, run and settle. It counts the modules of
 * `services/worker/` and `shared/records/` that `deliver.ts` imports at run time, directly or not, and the types that
 * they return (see `resultTypes`). What the question is not about is neither counted nor followed (see `ASIDE`).
 *
 * The same count gives 21 modules, 1,391 lines and 17 result types for commit 2faf111, where `handlers.ts`,
 * `delivery-trace.ts`, `report-outcome.ts`, `authenticate.ts`, `parse-delivery.ts`, `respond.ts`, `shutdown.ts` and the
 * two document formats are left aside.
 */
const ENTRY = "services/worker/deliver.ts";

const COUNTED = ["services/worker/", "shared/records/"];

const ASIDE: readonly string[] = [
  // The user's code, and what only observes.
  "services/worker/handlers/",
  "services/worker/telemetry/",
  // The edge: who sent the delivery, and what it says.
  "services/worker/authenticate.ts",
  "services/worker/parse-delivery.ts",
  // The formats of the documents.
  "shared/records/task-record.ts",
  "shared/records/letters/dead-letter.ts",
];

const MAX_MODULES = 12;
const MAX_RESULT_TYPES = 8;
const MAX_LINES = 300;

const modules = reachable(product, ENTRY, (file) => isIn(COUNTED, file) && !isIn(ASIDE, file));

function isIn(places: readonly string[], file: string): boolean {
  return places.some((place) => (place.endsWith("/") ? file.startsWith(place) : file === place));
}

/** Everything found, if that is too many, so that a failure names it all; else nothing. */
function ifTooMany(found: readonly string[], most: number): readonly string[] {
  return found.length > most ? found : [];
}

test("each excluded place exists", () => {
  expect(ASIDE.filter((place) => !fs.existsSync(path.join(CHECKOUT, place)))).toEqual([]);
});

test("claim, run and settle use few modules", () => {
  expect(modules.length).toBeGreaterThan(3);
  expect(ifTooMany(modules, MAX_MODULES)).toEqual([]);
});

test("a whole delivery uses few modules of the worker, apart from handlers and telemetry", () => {
  const aside = ["services/worker/handlers/", "services/worker/telemetry/"];
  const ofWorker = reachable(product, ENTRY, (file) => isIn(["services/worker/"], file) && !isIn(aside, file));
  expect(ofWorker.length).toBeGreaterThan(3);
  expect(ifTooMany([ENTRY, ...ofWorker], MAX_MODULES)).toEqual([]);
});

test("claim, run and settle return few types", () => {
  const types = resultTypes(product, modules);
  const report = types.map(({ name, returnedBy }) => `${name}, returned by ${returnedBy.join(", ")}`);
  expect(types.length).toBeGreaterThan(1);
  expect(ifTooMany(report, MAX_RESULT_TYPES)).toEqual([]);
});

test("none of these modules is long", () => {
  const long = [ENTRY, ...modules].filter((file) => product.source(file).getLineStarts().length - 1 > MAX_LINES);
  expect(long).toEqual([]);
});
