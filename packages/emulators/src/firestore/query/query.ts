import type { StoredDocument } from "../store/document.ts";
import { parseFieldPath, projectFields } from "../values/field-path.ts";
import { parseFilter } from "./filter-tree.ts";
import { compileFilter } from "./query-filter.ts";
import { type IndexUsed, planIndexes } from "./index-plan.ts";
import { compileNearest } from "./nearest.ts";
import { compareNames, compareValues } from "../values/ordering.ts";
import type { QueryField } from "./query-field.ts";
import { compareByKeys, sortKeys } from "./query-order.ts";
import type { SortKey } from "./query-order.ts";
import { checkQuery } from "./query-rules.ts";
import { queryScope } from "./query-scope.ts";
import type { QueryScope } from "./query-scope.ts";
import type { Cursor, StructuredQuery } from "./structured-query.ts";
import { readValue } from "../values/value-intake.ts";
import type { Value } from "../values/value.ts";

/** A valid query, ready to run. */
export interface CompiledQuery extends QueryScope {
  /** Whether a document in scope matches the filter, has all fields of the order, and is between the cursors. */
  matches(document: StoredDocument): boolean;
  /** The result for documents in scope: ordered, with offset and limit, or the nearest neighbours; not projected. */
  run(documents: Iterable<StoredDocument>): QueryResult;
  /** The order of two different documents that match. */
  compare(a: StoredDocument, b: StoredDocument): number;
  /** The document as the query selects it. */
  project(document: StoredDocument): StoredDocument;
  /** Whether it searches for nearest neighbours. */
  readonly searchesVectors: boolean;
  /** The indexes that the service would use. */
  plan(): IndexUsed[];
}

/** The result of a query. */
export interface QueryResult {
  readonly documents: readonly StoredDocument[];
  /** How many entries of an index lead to it, with those that the offset skips and those that are not near enough. */
  readonly scanned: number;
}

/**
 * Compiles a query.
 *
 * @param parent the root of a database's documents, or a document.
 * @param alsoOrderedBy more fields that each result must have, and by which it is ordered last; for aggregations.
 * @throws RpcError when Firestore would refuse the query.
 */
export function compileQuery(
  parent: string,
  query: StructuredQuery,
  alsoOrderedBy: readonly QueryField[] = [],
): CompiledQuery {
  const filter = query.where ? parseFilter(query.where) : null;
  const order = sortKeys(query.orderBy ?? [], filter, alsoOrderedBy);
  const passes = filter ? compileFilter(filter) : () => true;
  const isBetweenCursors = compileCursors(order, query);
  const project = compileProjection(query);
  checkQuery({ parent, query, filter, order, aggregated: alsoOrderedBy });
  const nearest = query.findNearest ? compileNearest(query.findNearest, query) : null;

  const rowOf = (document: StoredDocument): Row | null => {
    if (!passes(document)) return null;
    const values = sortValues(order, document);
    return values && isBetweenCursors(values) ? { document, values } : null;
  };
  const scope = queryScope(parent, query.from?.[0]);
  const byOrder = compileRowOrder(order, (scope.collection ?? parent).length + 1);
  const asRow = (document: StoredDocument): Row => ({ document, values: sortValues(order, document) ?? [] });
  return {
    ...scope,
    matches: (document) => rowOf(document) !== null,
    run(documents) {
      const found = page(matchingRows(documents, rowOf).toSorted(byOrder), query);
      return nearest ? { ...found, documents: nearest.select(found.documents) } : found;
    },
    compare: (a, b) => byOrder(asRow(a), asRow(b)),
    project,
    searchesVectors: nearest !== null,
    plan() {
      const queryScope = query.from?.[0]?.allDescendants ? "Collection group" : "Collection";
      return planIndexes({ filter, order, nearest, queryScope });
    },
  };
}

/** A document in the result, with the values that decide its position. */
interface Row {
  readonly document: StoredDocument;
  readonly values: readonly Value[];
}

function sortValues(order: readonly SortKey[], document: StoredDocument): Value[] | null {
  const values: Value[] = [];
  for (const { field } of order) {
    const value = field.valueOf(document);
    if (value === undefined) return null;
    values.push(value);
  }
  return values;
}

function compileCursors(order: readonly SortKey[], { startAt, endAt }: StructuredQuery) {
  const start = startAt && position(startAt);
  const end = endAt && position(endAt);
  return (values: readonly Value[]): boolean => {
    const fromStart = start ? compareByKeys(order, values, start.values) : 1;
    if (fromStart < 0 || (fromStart === 0 && !start?.before)) return false;
    const fromEnd = end ? compareByKeys(order, values, end.values) : -1;
    return fromEnd < 0 || (fromEnd === 0 && !end?.before);
  };
}

function position(cursor: Cursor): { values: readonly Value[]; before: boolean } {
  return { values: (cursor.values ?? []).map(readValue), before: cursor.before ?? false };
}

function matchingRows(documents: Iterable<StoredDocument>, rowOf: (document: StoredDocument) => Row | null): Row[] {
  const rows: Row[] = [];
  for (const document of documents) {
    const row = rowOf(document);
    if (row) rows.push(row);
  }
  return rows;
}

/** Compares rows by their keys. `sharedLength` is how many characters at the start of all names are the same. */
function compileRowOrder(order: readonly SortKey[], sharedLength: number): (a: Row, b: Row) => number {
  const comparisons = order.map(({ field, descending }, i) => {
    const ascending = field.isKey
      ? (a: Row, b: Row) => compareNames(a.document.name, b.document.name, sharedLength)
      : (a: Row, b: Row) => compareOptional(a.values[i], b.values[i]);
    return descending ? (a: Row, b: Row) => ascending(b, a) : ascending;
  });
  return (a, b) => {
    for (const compare of comparisons) {
      const rank = compare(a, b);
      if (rank !== 0) return rank;
    }
    return 0;
  };
}

function compareOptional(a: Value | undefined, b: Value | undefined): number {
  return a && b ? compareValues(a, b) : 0;
}

function page(rows: readonly Row[], { offset = 0, limit }: StructuredQuery): QueryResult {
  const end = limit ? Math.min(rows.length, offset + (limit.value ?? 0)) : rows.length;
  return { documents: rows.slice(offset, end).map((row) => row.document), scanned: end };
}

function compileProjection({ select }: StructuredQuery): (document: StoredDocument) => StoredDocument {
  if (!select) return (document) => document;
  // `__name__` is ignored: the name is always included, and no field has that name.
  const paths = (select.fields ?? []).map(({ fieldPath }) => parseFieldPath(fieldPath ?? ""));
  if (paths.length === 0) return (document) => document;
  return (document) => ({ ...document, fields: projectFields(document.fields, paths) });
}
