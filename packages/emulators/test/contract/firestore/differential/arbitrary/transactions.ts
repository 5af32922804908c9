import * as fc from "fast-check";
import { given, mostly, rarely } from "../mostly.ts";
import { runAggregationQuery, runQuery } from "./queries.ts";
import { lists, readDocuments } from "./reads.ts";
import { commit, singleWrite } from "./writes.ts";
import { DATABASE } from "../operation.ts";
import type { Operation } from "../operation.ts";
import { type JsonObject, without } from "../json.ts";

/** Invalid ids of transactions. */
const NO_IDS = [Buffer.from("x").toString("base64"), Buffer.alloc(16, 1).toString("base64"), "<transaction 9>"];

const options = (readOnly: boolean): fc.Arbitrary<JsonObject | undefined> =>
  readOnly
    ? rarely(fc.constantFrom("<time 0>", "<time 1>", { seconds: "1" })).map((readTime) => ({
        readOnly: given({ readTime }),
      }))
    : fc.constantFrom<(JsonObject | undefined)[]>(
        { readWrite: {} },
        {},
        undefined,
        { readWrite: { retryTransaction: "<transaction 0>" } },
        { readWrite: { retryTransaction: Buffer.from("x").toString("base64") } },
      );

const begin = (readOnly: boolean): fc.Arbitrary<Operation> =>
  fc.oneof(
    {
      arbitrary: options(readOnly).map((how) => ({
        call: "BeginTransaction",
        request: given({ database: DATABASE, options: how }),
      })),
      weight: 3,
    },
    {
      arbitrary: fc
        .tuple(fc.oneof(readDocuments(), runQuery(), runAggregationQuery()), options(readOnly))
        .map(([{ call, request }, how]) => ({
          call,
          request: { ...without(request, "readTime"), newTransaction: how ?? {} },
        })),
      weight: 2,
    },
  );

/** Sometimes with one of the invalid ids, by default including the empty one, which a commit treats as none. */
const inTransaction = (read: fc.Arbitrary<Operation>, id: string, ids = ["", ...NO_IDS]): fc.Arbitrary<Operation> =>
  fc
    .tuple(read, mostly(fc.constant(id), fc.constantFrom(...ids), 30))
    .map(([{ call, request }, transaction]) => ({ call, request: { ...without(request, "readTime"), transaction } }));

const reads = (): fc.Arbitrary<Operation> =>
  fc.oneof(readDocuments(), readDocuments(), runQuery(), runAggregationQuery(), oneList());

const oneList = (): fc.Arbitrary<Operation> => lists().chain((pages) => fc.constantFrom(...pages.slice(0, 1)));

const end = (id: string): fc.Arbitrary<Operation> =>
  fc.oneof(
    { arbitrary: inTransaction(commit(), id, NO_IDS), weight: 3 },
    {
      arbitrary: mostly(fc.constant(id), fc.constantFrom(...NO_IDS), 12).map((transaction) => ({
        call: "Rollback",
        request: { database: DATABASE, transaction },
      })),
      weight: 1,
    },
  );

/**
 * A transaction from its beginning to calls after its end. Nothing else writes while it may hold locks: the emulators
 * resolve conflicts differently, and other tests cover those.
 */
export function transaction(index: number): fc.Arbitrary<Operation[]> {
  const id = `<transaction ${index}>`;
  return fc.boolean().chain((readOnly) => {
    const others = readOnly ? fc.oneof(commit(), singleWrite(), reads()) : reads();
    return fc
      .tuple(
        begin(readOnly),
        fc.array(fc.oneof({ arbitrary: inTransaction(reads(), id), weight: 3 }, others), { maxLength: 4 }),
        end(id),
        fc.constant({ call: "Rollback", request: { database: DATABASE, transaction: id } }),
        fc.array(fc.oneof(inTransaction(reads(), id), end(id), reads(), commit()), { maxLength: 3 }),
      )
      .map(([first, middle, last, surely, after]) => [first, ...middle, last, surely, ...after]);
  });
}
