import { RpcCode, RpcError } from "../../rpc/rpc-error.ts";
import { valueSize } from "../store/document-size.ts";
import { conditionsOf } from "./filter-tree.ts";
import type { Condition, FilterTree } from "./filter-tree.ts";
import { inequalityFields, sortKeys } from "./query-order.ts";
import type { QueryField } from "./query-field.ts";
import type { SortKey } from "./query-order.ts";
import { checkCollectionId } from "../store/resource-name.ts";
import type { Cursor, StructuredQuery } from "./structured-query.ts";
import { kindOf } from "../values/value.ts";
import type { Value } from "../values/value.ts";

/** What a query is made of, for the rules on how its parts go together. */
export interface QueryParts {
  readonly parent: string;
  readonly query: StructuredQuery;
  readonly filter: FilterTree | null;
  readonly order: readonly SortKey[];
  /** The fields that are summed or averaged. */
  readonly aggregated: readonly QueryField[];
}

/** Limits of one query: https://firebase.google.com/docs/firestore/query-data/queries#query_limitations */
const QUERY_LIMITS = {
  disjunctions: 30,
  inValues: 30,
  notInValues: 10,
  inequalityFields: 10,
  filtersAndOrders: 100,
  /** Of an indexed value: https://firebase.google.com/docs/firestore/quotas#indexes */
  operandBytes: 1_500,
} as const;

/** Throws what Firestore answers to a query that it does not run. */
export function checkQuery(parts: QueryParts): void {
  const { query, filter } = parts;
  if (query.findNearest) throw new RpcError(RpcCode.UNIMPLEMENTED, "This emulator has no vector search.");
  if ((query.offset ?? 0) < 0) throw invalid("The offset is negative.");
  if ((query.limit?.value ?? 0) < 0) throw invalid("The limit is negative.");
  checkScope(parts);
  if (filter) checkFilter(filter, databaseOf(parts.parent));
  checkOrder(parts);
  checkCursor(query.startAt, parts);
  checkCursor(query.endAt, parts);
  checkSize(parts);
  checkAggregated(parts);
  checkIndex(parts);
}

function checkScope({ parent, query, filter, order }: QueryParts): void {
  if (segmentsBelow(databaseOf(parent), parent) % 2 !== 0) throw invalid(`The parent "${parent}" is not a document.`);
  const from = query.from ?? [];
  if (from.length > 1) throw invalid("A query ranges over one collection, or one group of them.");
  const id = from[0]?.collectionId ?? "";
  if (id !== "") return checkCollectionId(id);

  const foreign = filter && [...conditionsOf(filter)].find(({ field }) => !field.isKey);
  if (foreign) throw invalid(`A filter on "${foreign.field.name}" needs a collection.`);
  const asked = order.slice(0, query.orderBy?.length ?? 0);
  if (asked.some((key) => !key.field.isKey || key.descending))
    throw invalid("Without a collection, only ascending names can be the order.");
}

function checkFilter(filter: FilterTree, database: string): void {
  const conditions = [...conditionsOf(filter)];
  for (const condition of conditions) {
    checkOperands(condition);
    if (condition.field.isKey) checkKeyCondition(condition, database);
  }
  if (mostArrayContains(filter) > 1)
    throw invalid("A disjunction has at most one array-contains or array-contains-any.");
  if (conditions.filter(excludesValues).length > 1)
    throw invalid("A query has at most one of !=, not-in, is-not-null and is-not-nan.");
  if (conditions.some(({ kind }) => kind === "not-in") && hasAlternatives(filter)) {
    throw invalid("not-in does not go together with in, array-contains-any or OR.");
  }
  const disjunctions = countDisjunctions(filter);
  if (disjunctions > QUERY_LIMITS.disjunctions) {
    throw invalid(`The filter comes to ${disjunctions} disjunctions; ${QUERY_LIMITS.disjunctions} are the limit.`);
  }
  const ranges = inequalityFields(filter);
  if (ranges.length > QUERY_LIMITS.inequalityFields) {
    throw invalid(`Inequalities on ${ranges.length} fields; ${QUERY_LIMITS.inequalityFields} are the limit.`);
  }
  const fixesKey = conditions.some(({ field, kind }) => field.isKey && (kind === "==" || kind === "in"));
  if (fixesKey && ranges.length > 0 && !ranges.some((field) => field.isKey)) {
    throw invalid("A filter by the very name does not go together with inequalities on other fields alone.");
  }
}

function checkOperands(condition: Condition): void {
  if ("operand" in condition) checkOperandSize(condition.operand, condition);
  if (!("operands" in condition)) return;
  const limit = condition.kind === "not-in" ? QUERY_LIMITS.notInValues : QUERY_LIMITS.inValues;
  if (condition.operands.length > limit) throw invalid(`"${condition.kind}" takes at most ${limit} values.`);
  for (const operand of condition.operands) checkOperandSize(operand, condition);
}

function checkOperandSize(operand: Value, { field }: Condition): void {
  if (valueSize(operand) <= QUERY_LIMITS.operandBytes) return;
  throw invalid(`The value for "${field.name}" is longer than an index entry's ${QUERY_LIMITS.operandBytes} bytes.`);
}

function checkKeyCondition(condition: Condition, database: string): void {
  switch (condition.kind) {
    case "array-contains":
    case "array-contains-any":
    case "is-null":
    case "is-nan":
    case "is-not-null":
    case "is-not-nan":
      throw invalid(`"${condition.kind}" does not apply to __name__.`);
    case "in":
    case "not-in":
      for (const operand of condition.operands) checkKey(operand, database);
      return;
    case "<":
    case "<=":
    case ">":
    case ">=":
    case "==":
    case "!=":
      checkKey(condition.operand, database);
  }
}

/** How many array-contains come together in one disjunction once the filter is a list of alternatives. */
function mostArrayContains(filter: FilterTree): number {
  switch (filter.kind) {
    case "and":
      return sum(filter.parts.map(mostArrayContains));
    case "or":
      return Math.max(...filter.parts.map(mostArrayContains));
    case "array-contains":
    case "array-contains-any":
      return 1;
    default:
      return 0;
  }
}

/** How many alternatives the filter has once it is a list of them. */
function countDisjunctions(filter: FilterTree): number {
  switch (filter.kind) {
    case "and":
      return filter.parts.reduce((product, part) => product * countDisjunctions(part), 1);
    case "or":
      return sum(filter.parts.map(countDisjunctions));
    case "in":
    case "array-contains-any":
      return filter.operands.length;
    default:
      return 1;
  }
}

function hasAlternatives(filter: FilterTree): boolean {
  if (filter.kind === "and") return filter.parts.some(hasAlternatives);
  return filter.kind === "or" || filter.kind === "in" || filter.kind === "array-contains-any";
}

function excludesValues({ kind }: Condition): boolean {
  return kind === "!=" || kind === "not-in" || kind === "is-not-null" || kind === "is-not-nan";
}

/** The order must be one that an index can have: nothing after the name, and no field twice. */
function checkOrder({ query, order, aggregated }: QueryParts): void {
  const names = order.map(({ field }) => field.name);
  const key = order.findIndex(({ field }) => field.isKey);
  const asked = query.orderBy?.length ?? 0;
  const isAggregated = (name: string): boolean => aggregated.some((field) => field.name === name);
  // What is only aggregated has a rule of its own, which comes later.
  const afterKey = names.filter((name, i) => i > key && (i < asked || !isAggregated(name)));
  if (afterKey.length > 0) throw invalid("The order cannot go on after the document's name.");
  if (new Set(names).size < names.length) throw invalid("The order names a field twice.");
}

/** Rules that Google's emulator has for sums and averages; the documentation is silent on them. */
function checkAggregated({ query, filter, aggregated }: QueryParts): void {
  if (aggregated.length === 0) return;
  if (query.select) throw invalid("A query that is summed or averaged selects no fields.");
  if (filter === null || ![...conditionsOf(filter)].some(({ field }) => field.isKey)) return;
  const ordered = new Set(sortKeys(query.orderBy ?? [], filter, []).map(({ field }) => field.name));
  const missing = aggregated.find((field) => !ordered.has(field.name));
  if (missing) throw invalid(`A filter by name needs an order by "${missing.name}", which is summed or averaged.`);
}

/** No index is by descending names alone, and none goes on after the name. */
function checkIndex({ order, filter }: QueryParts): void {
  const [first] = order;
  const byNamesDown = first?.field.isKey && first.descending;
  const hasFieldFilter = filter !== null && [...conditionsOf(filter)].some(({ field }) => !field.isKey);
  if (byNamesDown && !hasFieldFilter) {
    throw new RpcError(RpcCode.FAILED_PRECONDITION, "There is no index by descending document names alone.");
  }
  if (!order.at(-1)?.field.isKey) throw invalid("The order cannot go on after the document's name.");
}

function checkCursor(cursor: Cursor | null | undefined, { parent, query, order }: QueryParts): void {
  const values = cursor?.values ?? [];
  if (values.length > (query.orderBy ?? []).length)
    throw invalid("A cursor has more values than the query has orders.");
  for (const [i, value] of values.entries()) if (order[i]?.field.isKey) checkKey(value, databaseOf(parent));
}

function checkKey(value: Value, database: string): void {
  const name = kindOf(value) === "referenceValue" ? (value.referenceValue ?? "") : "";
  if (!name.startsWith(`${database}/`)) throw invalid("__name__ compares with references into the same database only.");
  if (segmentsBelow(database, name) % 2 !== 0) throw invalid(`The reference "${name}" is not to a document.`);
}

function checkSize({ parent, query, filter }: QueryParts): void {
  const filters = filter ? [...conditionsOf(filter)].length : 0;
  const ancestors = segmentsBelow(databaseOf(parent), parent) > 0 ? 1 : 0;
  if (filters + (query.orderBy ?? []).length + ancestors > QUERY_LIMITS.filtersAndOrders) {
    throw invalid(`Filters, orders and the parent come to more than ${QUERY_LIMITS.filtersAndOrders}.`);
  }
}

/** "projects/p/databases/d/documents", the start of every name in the database. */
function databaseOf(parent: string): string {
  return parent.split("/", 5).join("/");
}

function segmentsBelow(database: string, name: string): number {
  return name.split("/").length - database.split("/").length;
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}

function invalid(message: string): RpcError {
  return new RpcError(RpcCode.INVALID_ARGUMENT, message);
}
