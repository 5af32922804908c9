import * as fc from "fast-check";
import { storedPath } from "./names.ts";
import { documentFields } from "./values.ts";
import { mostly } from "../mostly.ts";
import { runAggregationQuery, runQuery } from "./queries.ts";
import { lists, readDocuments } from "./reads.ts";
import { transaction } from "./transactions.ts";
import { transformation } from "./transforms.ts";
import { batchWrite, commit, singleWrite } from "./writes.ts";
import { type Json, asObject, mapJson } from "../json.ts";
import { DATABASE, DATABASES, ROOT } from "../operation.ts";
import type { Operation } from "../operation.ts";

const MAX_DOCUMENTS = 10;
const MAX_OPERATIONS = 12;
const MAX_QUERIES = 16;

const READ_TRANSFORMED: Operation = {
  call: "BatchGetDocuments",
  request: { database: DATABASE, documents: ["c/a", "c/b"].map((path) => `${ROOT}/${path}`) },
};

/** Operations that start without documents and write some first. */
export function anyCase(): fc.Arbitrary<Operation[]> {
  const one = (operation: fc.Arbitrary<Operation>): fc.Arbitrary<Operation[]> =>
    fc
      .tuple(operation, mostly(fc.constant(DATABASE), fc.constantFrom(...DATABASES), 8))
      .map(([each, database]) => [moved(each, database)]);
  const documents = fc
    .array(
      fc.oneof(
        { arbitrary: one(commit()), weight: 4 },
        { arbitrary: one(singleWrite()), weight: 4 },
        { arbitrary: one(batchWrite()), weight: 1 },
        { arbitrary: one(readDocuments()), weight: 3 },
        { arbitrary: lists(), weight: 2 },
        { arbitrary: one(runQuery()), weight: 1 },
      ),
      { minLength: 1, maxLength: MAX_OPERATIONS },
    )
    .map((groups) => groups.flat());
  const queries = fc.array(
    fc.oneof({ arbitrary: runQuery(), weight: 4 }, { arbitrary: runAggregationQuery(), weight: 1 }),
    { minLength: 1, maxLength: MAX_QUERIES },
  );
  const transforms = fc
    .array(transformation(), { minLength: 1, maxLength: MAX_OPERATIONS })
    .map((commits) => commits.flatMap((each) => [each, READ_TRANSFORMED]));
  const transactions = fc.oneof(
    transaction(0),
    fc.tuple(transaction(0), transaction(1)).map(([first, second]) => [...first, ...second]),
  );
  return fc
    .tuple(
      firstDocuments(),
      fc.oneof(
        { arbitrary: documents, weight: 4 },
        { arbitrary: queries, weight: 4 },
        { arbitrary: transactions, weight: 4 },
        transforms,
      ),
    )
    .map(([first, rest]) => [first, ...rest]);
}

/** The same operation in another database. */
function moved({ call, request }: Operation, database: string): Operation {
  const move = (json: Json): Json =>
    typeof json === "string" ? json.replace(DATABASE, database) : mapJson(json, move);
  return { call, request: asObject(move(request)) };
}

/** One commit for each document, so that a refused one doesn't affect the others. */
function firstDocuments(): fc.Arbitrary<Operation> {
  const document = fc.record({ path: storedPath(), fields: documentFields() });
  return fc
    .uniqueArray(document, { minLength: 3, maxLength: MAX_DOCUMENTS, selector: ({ path }) => path })
    .map((documents) => ({
      call: "BatchWrite",
      request: {
        database: DATABASE,
        writes: documents.map(({ path, fields }) => ({ update: { name: `${ROOT}/${path}`, fields } })),
      },
    }));
}
