import * as fc from "fast-check";
import { fieldPath } from "./paths.ts";
import { anyValue, commonValue, numberValue } from "./values.ts";
import type { JsonObject } from "../json.ts";
import { mostly } from "../mostly.ts";
import { DATABASE, type Operation, ROOT } from "../operation.ts";

/** Transforms of one document, sometimes an invalid one. */
export function transforms(): fc.Arbitrary<JsonObject[]> {
  const operand = mostly(numberValue(), anyValue(), 20);
  const any = fc.tuple(fieldPath(), operator(operand, anyValue())).map(at);
  const transform = fc.oneof(
    { arbitrary: any, weight: 12 },
    { arbitrary: fc.constantFrom(...TIMES), weight: 3 },
    { arbitrary: fc.constantFrom(...ODD_TRANSFORMS), weight: 1 },
  );
  return fc.array(transform, { minLength: 1, maxLength: 3 });
}

/** A commit of valid transforms to a few fields with a few values. */
export function transformation(): fc.Arbitrary<Operation> {
  const operand = fc.oneof(numberValue(), fc.constantFrom(...COMMON_NUMBERS));
  const transform = fc
    .tuple(fc.constantFrom("a", "b", "m.a", "l", "m.value"), operator(operand, commonValue()))
    .map(at);
  const write = fc
    .tuple(fc.constantFrom("c/a", "c/b"), fc.array(transform, { minLength: 1, maxLength: 4 }))
    .map(([path, fieldTransforms]) => ({ transform: { document: `${ROOT}/${path}`, fieldTransforms } }));
  return fc
    .array(write, { minLength: 1, maxLength: 3 })
    .map((writes) => ({ call: "Commit", request: { database: DATABASE, writes } }));
}

/** No query sorts by these fields, since the two emulators write at different times. */
const TIMES: JsonObject[] = ["at", "on.at"].map((path) => ({ fieldPath: path, setToServerValue: "REQUEST_TIME" }));

const ODD_TRANSFORMS: JsonObject[] = [
  { fieldPath: "a" },
  { fieldPath: "a", setToServerValue: 0 },
  { setToServerValue: 1 },
];

const COMMON_NUMBERS: JsonObject[] = [
  { integerValue: "1" },
  { doubleValue: 1 },
  { integerValue: "0" },
  { doubleValue: 0 },
  { doubleValue: "-0" },
  { integerValue: "-1" },
];

function operator(operand: fc.Arbitrary<JsonObject>, element: fc.Arbitrary<JsonObject>): fc.Arbitrary<JsonObject> {
  const elements = fc.array(element, { maxLength: 3 }).map((values) => ({ values }));
  return fc.oneof(
    operand.map((increment): JsonObject => ({ increment })),
    operand.map((maximum): JsonObject => ({ maximum })),
    operand.map((minimum): JsonObject => ({ minimum })),
    elements.map((appendMissingElements): JsonObject => ({ appendMissingElements })),
    elements.map((removeAllFromArray): JsonObject => ({ removeAllFromArray })),
  );
}

const at = ([path, operation]: [string, JsonObject]): JsonObject => ({ fieldPath: path, ...operation });
