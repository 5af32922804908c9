import { RpcCode, RpcError } from "../../rpc/rpc-error.ts";
import type { StoredDocument } from "../store/document.ts";
import { queryField } from "./query-field.ts";
import type { QueryField } from "./query-field.ts";
import { DistanceMeasure } from "./structured-query.ts";
import type { FindNearest, StructuredQuery } from "./structured-query.ts";
import { TypeOrder, putField, typeOrder, vectorElements } from "../values/value.ts";
import type { Value } from "../values/value.ts";
import { readValue } from "../values/value-intake.ts";

/** A search for the vectors that are nearest to one. */
export interface Nearest {
  readonly field: QueryField;
  readonly dimensions: number;
  /** The nearest of the documents, nearest first, with their distances if the query asks for them. */
  select(documents: readonly StoredDocument[]): StoredDocument[];
}

/** https://firebase.google.com/docs/firestore/vector-search#limitations */
const MAX_NEIGHBOURS = 1_000;

/** As of the fields of documents: https://firebase.google.com/docs/firestore/quotas#limits */
const MAX_FIELD_NAME_BYTES = 1_500;

/**
 * Compiles the search for the nearest neighbours in a query's result. It is exact: each distance is computed. Documents
 * without a vector of as many dimensions are left out. Equal distances keep the query's order.
 *
 * @throws RpcError INVALID_ARGUMENT for a search that Firestore refuses, in the words of Google's emulator.
 */
export function compileNearest(findNearest: FindNearest, query: StructuredQuery): Nearest {
  checkQuery(query);
  const field = queryField(findNearest.vectorField);
  const wanted = queryVectorOf(findNearest);
  const measure = MEASURES.get(findNearest.distanceMeasure ?? 0);
  if (!measure) throw invalid("Unknown Distance Measure.");
  const limit = findNearest.limit?.value ?? 0;
  if (limit < 1 || limit > MAX_NEIGHBOURS) {
    throw invalid(`FindNearest.limit must be a positive integer of no more than ${MAX_NEIGHBOURS}`);
  }
  const isNear = compileThreshold(findNearest, measure);
  const withDistance = compileDistanceField(findNearest);
  return {
    field,
    dimensions: wanted.length,
    select: (documents) =>
      documents
        .flatMap((document) => {
          const vector = vectorOf(field.valueOf(document));
          if (vector?.length !== wanted.length) return [];
          const distance = measure.distance(vector, wanted);
          return isNear(distance) ? { document, distance, rank: rankOf(distance, measure) } : [];
        })
        .toSorted((a, b) => (a.rank === b.rank ? 0 : a.rank - b.rank))
        .slice(0, limit)
        .map(({ document, distance }) => withDistance(document, distance)),
  };
}

/** A search has a limit of its own, and no other part of the result than its beginning. */
function checkQuery({ limit, offset, startAt, endAt }: StructuredQuery): void {
  if (limit) throw invalid("A query limit cannot be used with FindNearest");
  if (offset) throw invalid("A query offset cannot be used with FindNearest");
  if (startAt || endAt) throw invalid("A cursor cannot be used with FindNearest");
}

function queryVectorOf({ queryVector }: FindNearest): readonly number[] {
  const vector = vectorOf(readValue(queryVector ?? {}));
  if (!vector) throw invalid("Query Value must be of type vector.");
  return vector;
}

/** The numbers of a vector. Undefined for what is none. */
function vectorOf(value: Value | undefined): readonly number[] | undefined {
  if (!value || typeOrder(value) !== TypeOrder.vector) return undefined;
  return vectorElements(value).map(({ doubleValue = 0 }) => doubleValue);
}

/** How two vectors compare. */
interface Measure {
  /** Whether the distance of vectors that are alike is large. */
  readonly isSimilarity: boolean;
  distance(a: readonly number[], b: readonly number[]): number;
}

const MEASURES: ReadonlyMap<number, Measure> = new Map([
  [DistanceMeasure.EUCLIDEAN, { isSimilarity: false, distance: euclideanDistance }],
  [DistanceMeasure.COSINE, { isSimilarity: false, distance: cosineDistance }],
  [DistanceMeasure.DOT_PRODUCT, { isSimilarity: true, distance: dotProduct }],
]);

function euclideanDistance(a: readonly number[], b: readonly number[]): number {
  return Math.hypot(...a.map((x, i) => x - (b[i] ?? 0)));
}

function cosineDistance(a: readonly number[], b: readonly number[]): number {
  return 1 - dotProduct(a, b) / Math.sqrt(dotProduct(a, a) * dotProduct(b, b));
}

function dotProduct(a: readonly number[], b: readonly number[]): number {
  return a.reduce((sum, x, i) => sum + x * (b[i] ?? 0), 0);
}

/** The place of a distance in the order. NaN, of a vector without a direction, comes last. */
function rankOf(distance: number, { isSimilarity }: Measure): number {
  if (Number.isNaN(distance)) return Number.POSITIVE_INFINITY;
  return isSimilarity ? -distance : distance;
}

function compileThreshold(
  { distanceThreshold }: FindNearest,
  { isSimilarity }: Measure,
): (distance: number) => boolean {
  if (!distanceThreshold) return () => true;
  const { value = 0 } = distanceThreshold;
  if (!Number.isFinite(value)) throw invalid("distanceThreshold must be a finite number.");
  return isSimilarity ? (distance) => distance >= value : (distance) => distance <= value;
}

/** The field is a name rather than a path, and replaces a field with that name. */
function compileDistanceField({ distanceResultField: name = "" }: FindNearest) {
  if (/^__.+__$/s.test(name)) throw invalid(`The distanceResultField.property.name "${name}" is reserved.`);
  if (Buffer.byteLength(name) > MAX_FIELD_NAME_BYTES) {
    throw invalid(`The distanceResultField.property.name is longer than ${MAX_FIELD_NAME_BYTES} bytes.`);
  }
  return (document: StoredDocument, distance: number): StoredDocument => {
    if (name === "") return document;
    const fields: Record<string, Value> = { ...document.fields };
    putField(fields, name, { doubleValue: distance });
    return { ...document, fields };
  };
}

const invalid = (message: string): RpcError => new RpcError(RpcCode.INVALID_ARGUMENT, message);
