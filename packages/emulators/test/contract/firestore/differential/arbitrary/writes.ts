import * as fc from "fast-check";
import { collectionId, database, documentId, documentName, parent } from "./names.ts";
import { fieldPath } from "./paths.ts";
import { transforms } from "./transforms.ts";
import { anyFields } from "./values.ts";
import type { JsonObject } from "../json.ts";
import { given, rarely, seldom } from "../mostly.ts";
import type { Operation } from "../operation.ts";

/** A document mask. */
export function mask(): fc.Arbitrary<JsonObject> {
  return fc.array(fieldPath(), { maxLength: 3 }).map((fieldPaths) => ({ fieldPaths }));
}

const precondition = (): fc.Arbitrary<JsonObject> =>
  fc.oneof(
    fc.boolean().map((exists) => ({ exists })),
    fc
      .tuple(fc.nat(8), fc.constantFrom("", " +1"))
      .map(([operation, offset]) => ({ updateTime: `<time ${operation}${offset}>` })),
    fc.constant({}),
  );

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

/** An atomic commit of several writes. */
export function commit(): fc.Arbitrary<Operation> {
  return fc.record({ database: database(), writes: fc.array(write(), { maxLength: 4 }) }).map(operation("Commit"));
}

/** A BatchWrite of several writes. */
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
      documentId: documentId().filter((id) => id !== ""), // without one, the emulator chooses one
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
