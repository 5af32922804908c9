import * as fc from "fast-check";
import { database, documentId, documentName, collectionId, parent } from "./arbitrary-names.ts";
import { fieldPath } from "./arbitrary-paths.ts";
import { anyFields, anyValue, numberValue } from "./arbitrary-values.ts";
import { mostly } from "./mostly.ts";
import type { Operation } from "./operation.ts";
import type { JsonObject } from "./json.ts";

/** Paths of server times: no query sorts by them, since the two emulators write at different times. */
const TIME_PATHS = ["at", "on.at"];

/** An object without the members that are undefined. */
export function given(members: Readonly<Record<string, JsonObject[string] | undefined>>): JsonObject {
  const kept: Record<string, JsonObject[string]> = {};
  for (const [name, value] of Object.entries(members)) if (value !== undefined) kept[name] = value;
  return kept;
}

/** A mask of documents. */
export function mask(): fc.Arbitrary<JsonObject> {
  return fc.array(fieldPath(), { maxLength: 3 }).map((fieldPaths) => ({ fieldPaths }));
}

/** Now and then. */
export function seldom<T>(arbitrary: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> {
  return fc.option(arbitrary, { freq: 4, nil: undefined });
}

/** Hardly ever: once in `times` and one. */
export const rarely = <T>(arbitrary: fc.Arbitrary<T>, times = 12): fc.Arbitrary<T | undefined> =>
  mostly<T | undefined>(fc.constant(undefined), arbitrary, times);

const precondition = (): fc.Arbitrary<JsonObject> =>
  fc.oneof(
    fc.boolean().map((exists) => ({ exists })),
    fc
      .tuple(fc.nat(8), fc.constantFrom("", " +1"))
      .map(([operation, offset]) => ({ updateTime: `<time ${operation}${offset}>` })),
    fc.constant({}),
  );

const elements = (): fc.Arbitrary<JsonObject> => fc.array(anyValue(), { maxLength: 3 }).map((values) => ({ values }));

const transform = (): fc.Arbitrary<JsonObject> => {
  const operand = mostly(
    fc.oneof(
      numberValue(),
      fc.constantFrom<JsonObject[]>({ integerValue: "1" }, { doubleValue: 1 }, { integerValue: "2" }),
    ),
    anyValue(),
    20,
  );
  const path = fc.oneof(fc.constantFrom("a", "b"), fieldPath());
  const operator = fc.oneof(
    operand.map((increment): JsonObject => ({ increment })),
    operand.map((maximum): JsonObject => ({ maximum })),
    operand.map((minimum): JsonObject => ({ minimum })),
    elements().map((appendMissingElements): JsonObject => ({ appendMissingElements })),
    elements().map((removeAllFromArray): JsonObject => ({ removeAllFromArray })),
  );
  const serverTime = fc
    .constantFrom(...TIME_PATHS)
    .map((path) => ({ fieldPath: path, setToServerValue: "REQUEST_TIME" }));
  const odd = fc.constantFrom<JsonObject[]>(
    { fieldPath: "a" },
    { fieldPath: "a", setToServerValue: 0 },
    { setToServerValue: 1 },
  );
  return fc.oneof(
    { arbitrary: fc.tuple(path, operator).map(([path, given]) => ({ fieldPath: path, ...given })), weight: 12 },
    { arbitrary: serverTime, weight: 3 },
    { arbitrary: odd, weight: 1 },
  );
};

const transforms = (): fc.Arbitrary<JsonObject[]> => fc.array(transform(), { minLength: 1, maxLength: 3 });

/** One write. */
function write(name: fc.Arbitrary<string> = documentName()): fc.Arbitrary<JsonObject> {
  const update = fc
    .record({
      update: fc.record({ name, fields: anyFields() }),
      updateMask: seldom(mask()),
      updateTransforms: seldom(transforms()),
      currentDocument: seldom(precondition()),
    })
    .map(given);
  const remove = fc
    .record({
      delete: name,
      currentDocument: seldom(precondition()),
      updateMask: rarely(mask()),
      updateTransforms: rarely(transforms()),
    })
    .map(given);
  const transformed = fc
    .record({
      transform: fc.record({ document: name, fieldTransforms: fc.oneof(transforms(), fc.constant([])) }),
      currentDocument: seldom(precondition()),
      updateMask: rarely(mask()),
      updateTransforms: rarely(transforms()),
    })
    .map(given);
  return fc.oneof(
    { arbitrary: update, weight: 60 },
    { arbitrary: remove, weight: 15 },
    { arbitrary: transformed, weight: 8 },
    { arbitrary: fc.constant({}), weight: 1 },
  );
}

const operation =
  (call: string) =>
  (request: JsonObject): Operation => ({ call, request });

/** Several writes, all or none. */
export function commit(): fc.Arbitrary<Operation> {
  return fc.record({ database: database(), writes: fc.array(write(), { maxLength: 4 }) }).map(operation("Commit"));
}

/** Several writes, each for itself. */
export function batchWrite(): fc.Arbitrary<Operation> {
  return fc
    .record({
      database: database(),
      writes: fc.array(write(), { maxLength: 4 }),
      labels: rarely(fc.constant({ a: "b" })),
    })
    .map(given)
    .map(operation("BatchWrite"));
}

/** The calls that write one document. */
export function singleWrite(): fc.Arbitrary<Operation> {
  const create = fc
    .record({
      parent: parent(),
      collectionId: collectionId(),
      documentId: documentId().filter((id) => id !== ""), // without one, the emulator makes one up
      document: rarely(fc.constant(undefined)).chain(() => anyFields().map((inner) => ({ fields: inner }))),
      mask: seldom(mask()),
    })
    .map(given)
    .map(operation("CreateDocument"));
  const update = fc
    .record({
      document: fc.record({ name: documentName(), fields: anyFields() }),
      updateMask: seldom(mask()),
      mask: seldom(mask()),
      currentDocument: seldom(precondition()),
    })
    .map(given)
    .map(operation("UpdateDocument"));
  const remove = fc
    .record({ name: documentName(), currentDocument: seldom(precondition()) })
    .map(given)
    .map(operation("DeleteDocument"));
  return fc.oneof(create, update, remove);
}
