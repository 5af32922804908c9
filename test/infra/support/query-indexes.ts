import type { Query } from "@google-cloud/firestore";
import { startFirestoreEmulator } from "handoff-emulators/firestore";
import { loadProtos } from "../../../packages/emulators/src/rpc/proto.ts";
import { connectToEmulator } from "../../harness/firestore/connect-to-emulator.ts";
import { startFaultProxy } from "../../harness/network/fault-proxy.ts";
import { expect } from "vitest";
import * as z from "zod";

const GRPC_PREFIX_BYTES = 5;

const PACKAGES = ["google.firestore.v1", "google.protobuf", "google.rpc", "google.type"];

const field = z.object({ fieldPath: z.string() });
const filter = z.object({
  fieldFilter: z.object({
    field,
    op: z.enum(["EQUAL", "IN", "GREATER_THAN", "GREATER_THAN_OR_EQUAL", "LESS_THAN", "LESS_THAN_OR_EQUAL"]),
  }),
});
const requestSchema = z.object({
  structuredQuery: z.strictObject({
    select: z.unknown().optional(),
    from: z.tuple([z.strictObject({ collectionId: z.string() })]),
    where: z
      .union([
        filter.transform((one) => [one]),
        z
          .object({ compositeFilter: z.object({ op: z.literal("AND"), filters: z.array(filter) }) })
          .transform(({ compositeFilter }) => compositeFilter.filters),
      ])
      .default([]),
    orderBy: z.array(z.object({ field, direction: z.enum(["ASCENDING", "DESCENDING"]) })).default([]),
    startAt: z.unknown().optional(),
    limit: z.unknown().optional(),
  }),
});

/** A query as Firestore gets it: its filters, and its order. */
export type SentQuery = z.output<typeof requestSchema>["structuredQuery"];

/** Makes queries with Google's client, and reads off the wire what they ask for. */
export async function queriesSent(make: (db: Query["firestore"]) => readonly Query[]): Promise<SentQuery[]> {
  const protos = loadProtos({ npmPackage: "@google-cloud/firestore-api" }, PACKAGES);
  const request = protos.lookupType("google.firestore.v1.RunQueryRequest");
  const sent: SentQuery[] = [];
  const emulator = await startFirestoreEmulator();
  const proxy = await startFaultProxy(emulator, {
    onRelayed: ({ rpc, request: frames }) => {
      if (rpc !== "RunQuery") return;
      const decoded = request.decode(frames.subarray(GRPC_PREFIX_BYTES));
      sent.push(requestSchema.parse(request.toObject(decoded, { enums: String })).structuredQuery);
    },
  });
  const db = connectToEmulator(proxy);
  for (const query of make(db)) await query.get();
  await db.terminate();
  await proxy.stop();
  await emulator.stop();
  return sent;
}

/**
 * The composite indexes that a query needs if single fields have none, each as "collection: field field desc". A list of
 * values is as many queries with one value each, and a range must be of the field that orders the results. Several
 * equalities need one index each that ends in the same order, since Firestore merges those
 * (https://firebase.google.com/docs/firestore/query-data/index-overview#taking_advantage_of_index_merging). A query by id
 * alone needs none.
 *
 * @param shared a field that every index may begin with, as every query names it.
 */
export function indexesFor({ from: [{ collectionId }], where, orderBy }: SentQuery, shared: string): string[] {
  const fieldsBy = (isEqual: boolean): string[] =>
    where
      .filter(({ fieldFilter: { op } }) => (op === "EQUAL" || op === "IN") === isEqual)
      .map(({ fieldFilter }) => fieldFilter.field.fieldPath);
  const equal = fieldsBy(true);
  expect(new Set([orderBy[0]?.field.fieldPath, ...fieldsBy(false)]).size).toBe(1);
  const named = orderBy.filter(({ field: { fieldPath } }) => fieldPath !== "__name__");
  // An index ends in the document's name, in the direction of its last field. Another one would need an index of its own.
  const [last, name] = [named.at(-1), orderBy.at(named.length)];
  if (last && name) expect(name.direction).toBe(last.direction);
  const order = named.map(({ field: { fieldPath }, direction }) =>
    direction === "DESCENDING" ? `${fieldPath} desc` : fieldPath,
  );
  if (equal.length === 0 && order.length === 0) return [];
  const others = equal.filter((fieldPath) => fieldPath !== shared);
  const begins = equal.includes(shared) ? [shared] : [];
  const groups = others.length === 0 ? [begins] : others.map((other) => [...begins, other]);
  return groups.map((group) => `${collectionId}: ${[...group, ...order].join(" ")}`);
}
