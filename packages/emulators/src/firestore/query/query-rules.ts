import { RpcCode, RpcError } from "../../rpc/rpc-error.ts";
import { checkFilter } from "./filter-rules.ts";
import { conditionsOf } from "./filter-tree.ts";
import type { FilterTree } from "./filter-tree.ts";
import { sortKeys } from "./query-order.ts";
import { queryField } from "./query-field.ts";
import type { QueryField } from "./query-field.ts";
import type { SortKey } from "./query-order.ts";
import { checkCollectionId } from "../store/resource-name.ts";
import type { Cursor, StructuredQuery } from "./structured-query.ts";
import { kindOf } from "../values/value.ts";
import type { Value } from "../values/value.ts";

/** The parts of a query. */
export interface QueryParts {
  readonly parent: string;
  readonly query: StructuredQuery;
  readonly filter: FilterTree | null;
  readonly order: readonly SortKey[];
  /** The fields that are summed or averaged. */
  readonly aggregated: readonly QueryField[];
}

/** https://firebase.google.com/docs/firestore/query-data/queries#query_limitations */
const MAX_FILTERS_AND_ORDERS = 100;

/**
 * Checks the rules for queries. Refusals are in the service's words, as far as they or those of Google's emulator are
 * known.
 *
 * @throws RpcError when Firestore would refuse the query.
 */
export function checkQuery(parts: QueryParts): void {
  const { query, filter } = parts;
  checkAggregatedSelection(parts);
  if ((query.offset ?? 0) < 0) throw invalid("offset is negative");
  if ((query.limit?.value ?? 0) < 0) throw invalid("limit is negative");
  checkScope(parts);
  if (filter) checkFilter(filter, databaseOf(parts.parent));
  checkOrder(parts);
  checkCursor(query.startAt, parts);
  checkCursor(query.endAt, parts);
  checkSize(parts);
  checkDescendingNames(parts);
  checkAggregated(parts);
  checkEnd(parts);
}

function checkScope(parts: QueryParts): void {
  const { parent, query } = parts;
  if (segmentsBelow(databaseOf(parent), parent) % 2 !== 0) throw invalid(`The parent "${parent}" is not a document.`);
  const from = query.from ?? [];
  if (from.length > 1) throw invalid("StructuredQuery.from cannot have more than one collection selector.");
  if (isGroupBelowDocument(parts)) checkGroupBelowDocument(parts);
  const id = from[0]?.collectionId ?? "";
  if (id === "") checkWithoutCollection(parts);
  else checkCollectionId(id);
}

/** No field has an index of the documents below one document, at any depth. */
function checkGroupBelowDocument({ query, filter, order }: QueryParts): void {
  const asked = order.slice(0, query.orderBy?.length ?? 0).map(({ field }) => field);
  const filtered = filter ? [...conditionsOf(filter)].map(({ field }) => field) : [];
  if ([...asked, ...filtered].some((field) => !field.isKey)) {
    throw invalid("collection group queries are only allowed at the root parent");
  }
}

/** The only index of documents of all collections is that of ascending names. */
function checkWithoutCollection({ query, filter, order }: QueryParts): void {
  const foreign = filter && [...conditionsOf(filter)].find(({ field }) => !field.isKey);
  if (foreign) throw invalid(`kind is required for filter: ${foreign.field.name}`);
  const asked = order.slice(0, query.orderBy?.length ?? 0);
  if (asked.some((key) => !key.field.isKey || key.descending))
    throw invalid("kind is required for all orders except __key__ ascending");
}

/** An index must be able to have the order: nothing after the name, and no field twice. */
function checkOrder({ query, order, aggregated }: QueryParts): void {
  const names = order.map(({ field }) => field.name);
  const key = order.findIndex(({ field }) => field.isKey);
  const asked = query.orderBy?.length ?? 0;
  const isAggregated = (name: string): boolean => aggregated.some((field) => field.name === name);
  // Fields that are only aggregated have a rule of their own, below.
  const afterKey = names.filter((name, i) => i > key && (i < asked || !isAggregated(name)));
  if (afterKey.length > 0) throw invalid("order by clause cannot contain more fields after the key");
  const repeated = names.find((name, i) => names.indexOf(name) < i);
  if (repeated !== undefined) throw invalid(`order by clause cannot contain duplicate fields ${repeated}`);
}

/** A query whose fields are summed or averaged can't select any. */
function checkAggregatedSelection({ query, aggregated }: QueryParts): void {
  if (!query.select || aggregated.length === 0) return;
  const selected = new Set((query.select.fields ?? []).map((field) => queryField(field).name));
  const missing = aggregated.find(({ name }) => !selected.has(name));
  if (missing && selected.size > 0) {
    throw invalid(`The aggregation property ${missing.name} is not present in the base query's property mask.`);
  }
  throw invalid("Cannot apply property masks when aggregation fields are present.");
}

/** Sums and averages come after the names in the index wherever the query selects or orders by names. Undocumented. */
function checkAggregated(parts: QueryParts): void {
  const { query, filter, aggregated } = parts;
  if (aggregated.length === 0) return;
  const filtersNames = filter !== null && [...conditionsOf(filter)].some(({ field }) => field.isKey);
  const ordersNames = sortKeys(query.orderBy ?? [], null, []).length === query.orderBy?.length;
  if (!filtersNames && !ordersNames && !isGroupBelowDocument(parts)) return;
  const ordered = new Set(sortKeys(query.orderBy ?? [], filter, []).map(({ field }) => field.name));
  const missing = aggregated.map(({ name }) => name).filter((name) => !ordered.has(name));
  if (missing.length > 0) {
    throw invalid(
      `This query requires an index with fields [${[...new Set(missing)].join(", ")}] after __name__ and Firestore does ` +
        "not currently support such an index. Please try the query again with additional ordering on those fields.",
    );
  }
}

/** No index has only descending names. */
function checkDescendingNames({ order, filter }: QueryParts): void {
  const [first] = order;
  const byNamesDown = first?.field.isKey && first.descending;
  const hasFieldFilter = filter !== null && [...conditionsOf(filter)].some(({ field }) => !field.isKey);
  if (byNamesDown && !hasFieldFilter) {
    throw new RpcError(RpcCode.FAILED_PRECONDITION, "The query requires an index.");
  }
}

/** No index has anything after the name. */
function checkEnd({ order }: QueryParts): void {
  if (!order.at(-1)?.field.isKey) throw invalid("order by clause cannot contain more fields after the key");
}

function checkCursor(cursor: Cursor | null | undefined, { parent, query, order }: QueryParts): void {
  const values = cursor?.values ?? [];
  if (values.length > (query.orderBy ?? []).length) throw invalid("Cursor has too many values.");
  for (const [i, value] of values.entries()) if (order[i]?.field.isKey) checkCursorKey(value, databaseOf(parent));
}

function checkCursorKey(value: Value, database: string): void {
  if (kindOf(value) !== "referenceValue") throw invalid("Cursor __key__ value is not a document reference.");
  if (value.referenceValue?.startsWith(`${database}/`)) return;
  throw invalid("The cursor key is in a different database than the query");
}

function checkSize({ parent, query, filter }: QueryParts): void {
  const filters = filter ? [...conditionsOf(filter)].length : 0;
  const orders = query.orderBy?.length ?? 0;
  const ancestors = isBelowDocument(parent) ? 1 : 0;
  if (filters + orders + ancestors > MAX_FILTERS_AND_ORDERS) {
    throw invalid(
      `The query may not have more than ${MAX_FILTERS_AND_ORDERS} filters + sort orders + ancestor total. Currently there ` +
        `are ${filters} filters, ${orders} sort orders, and ${ancestors === 0 ? "no" : "one"} ancestor filter.`,
    );
  }
}

function isGroupBelowDocument({ parent, query }: QueryParts): boolean {
  return query.from?.[0]?.allDescendants === true && isBelowDocument(parent);
}

const isBelowDocument = (parent: string): boolean => segmentsBelow(databaseOf(parent), parent) > 0;

/** `projects/p/databases/d/documents`, with which all names in the database start. */
function databaseOf(parent: string): string {
  return parent.split("/", 5).join("/");
}

function segmentsBelow(database: string, name: string): number {
  return name.split("/").length - database.split("/").length;
}

function invalid(message: string): RpcError {
  return new RpcError(RpcCode.INVALID_ARGUMENT, message);
}
