import * as fc from "fast-check";
import { collectionId, database, documentName, parent } from "./names.ts";
import { given, mostly, rarely, seldom } from "../mostly.ts";
import { mask } from "./writes.ts";
import type { Operation } from "../operation.ts";
import type { JsonObject } from "../json.ts";

const operation =
  (call: string) =>
  (request: JsonObject): Operation => ({ call, request });

/** A read time, valid or not. */
const readTime = (): fc.Arbitrary<string | JsonObject> =>
  mostly<string | JsonObject>(
    fc.nat(6).map((index) => `<time ${index}>`),
    fc.constantFrom({ seconds: "1" }, { seconds: "99999999999" }, { seconds: "-1", nanos: 5 }),
    8,
  );

/** Reads of documents by name. */
export function readDocuments(): fc.Arbitrary<Operation> {
  const get = fc
    .record({ name: documentName(), mask: seldom(mask()), readTime: rarely(readTime()) })
    .map(given)
    .map(operation("GetDocument"));
  const batchGet = fc
    .record({
      database: database(),
      documents: fc.array(documentName(), { maxLength: 4 }),
      mask: seldom(mask()),
      readTime: rarely(readTime()),
    })
    .map(given)
    .map(operation("BatchGetDocuments"));
  return fc.oneof(get, batchGet);
}

/** Lists of documents and of collections, sometimes page by page. */
export function lists(): fc.Arbitrary<Operation[]> {
  const pageToken = rarely(fc.constantFrom("x", "AAAA", "%"));
  const pageSize = seldom(mostly(fc.integer({ min: 0, max: 3 }), fc.constant(-1), 12));
  const documents = fc
    .record({
      parent: parent(),
      collectionId: mostly(collectionId(), fc.constantFrom("", "s"), 10),
      pageSize,
      pageToken,
      orderBy: rarely(fc.constantFrom(...ORDERS)),
      mask: seldom(mask()),
      showMissing: seldom(fc.constant(true)),
      readTime: rarely(readTime()),
    })
    .map(given)
    .map(operation("ListDocuments"));
  const collections = fc
    .record({ parent: parent(), pageSize, pageToken, readTime: rarely(readTime()) })
    .map(given)
    .map(operation("ListCollectionIds"));
  const list = fc.oneof({ arbitrary: documents, weight: 2 }, { arbitrary: collections, weight: 1 });
  return fc
    .tuple(list, fc.nat(2))
    .map(([first, more]) => [first, ...Array.from({ length: more }, () => nextPage(first))]);
}

const ORDERS = [
  "__name__",
  "a",
  "a desc",
  "a, b DESC",
  "__name__ desc",
  "__name__ asc",
  "-",
  "a b",
  "`x.y`",
  "a,a",
  " a",
  "a,",
];

const nextPage = ({ call, request }: Operation): Operation => ({ call, request: { ...request, pageToken: "<page>" } });
