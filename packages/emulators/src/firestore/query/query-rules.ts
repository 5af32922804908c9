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

/** The parts of a query. */
export interface QueryParts {
  readonly parent: string;
  readonly query: StructuredQuery;
  readonly filter: FilterTree | null;
  readonly order: readonly SortKey[];
  /** The fields that are summed or averaged. */
  readonly aggregated: readonly QueryField[];
}

/** Limits of a query: https://firebase.google.com/docs/firestore/query-data/queries#query_limitations */
const QUERY_LIMITS = {
  disjunctions: 30,
  inValues: 30,
  notInValues: 10,
  inequalityFields: 10,
  filtersAndOrders: 100,
  /** Of an indexed value: https://firebase.google.com/docs/firestore/quotas#indexes */
  operandBytes: 1_500,
} as const;

/**
 * Checks the rules for queries.
 *
 * @throws RpcError when Firestore would refuse the query.
 */
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
  if (from.length > 1) throw invalid("A query can have only one collection or collection group.");
  const id = from[0]?.collectionId ?? "";
  if (id !== "") return checkCollectionId(id);

  const foreign = filter && [...conditionsOf(filter)].find(({ field }) => !field.isKey);
  if (foreign) throw invalid(`A filter on "${foreign.field.name}" needs a collection.`);
  const asked = order.slice(0, query.orderBy?.length ?? 0);
  if (asked.some((key) => !key.field.isKey || key.descending))
    throw invalid("Without a collection, a query can only be ordered by ascending names.");
}

function checkFilter(filter: FilterTree, database: string): void {
  const conditions = [...conditionsOf(filter)];
  for (const condition of conditions) {
    checkOperands(condition);
    if (condition.field.isKey) checkKeyCondition(condition, database);
  }
  if (mostArrayContains(filter) > 1)
    throw invalid("A disjunction can have at most one array-contains or array-contains-any.");
  if (conditions.filter(excludesValues).length > 1)
    throw invalid("A query can have at most one of !=, not-in, is-not-null and is-not-nan.");
  if (conditions.some(({ kind }) => kind === "not-in") && hasAlternatives(filter)) {
    throw invalid("not-in can't be combined with in, array-contains-any or OR.");
  }
  const disjunctions = countDisjunctions(filter);
  if (disjunctions > QUERY_LIMITS.disjunctions) {
    throw invalid(`The filter has ${disjunctions} disjunctions; the limit is ${QUERY_LIMITS.disjunctions}.`);
  }
  const ranges = inequalityFields(filter);
  if (ranges.length > QUERY_LIMITS.inequalityFields) {
    throw invalid(
      `The query has inequalities on ${ranges.length} fields; the limit is ${QUERY_LIMITS.inequalityFields}.`,
    );
  }
  const fixesKey = conditions.some(({ field, kind }) => field.isKey && (kind === "==" || kind === "in"));
  if (fixesKey && ranges.length > 0 && !ranges.some((field) => field.isKey)) {
    throw invalid("A filter for an exact name can't be combined with inequalities on other fields only.");
  }
}

function checkOperands(condition: Condition): void {
  if ("operand" in condition) checkOperandSize(condition.operand, condition);
  if (!("operands" in condition)) return;
  const limit = condition.kind === "not-in" ? QUERY_LIMITS.notInValues : QUERY_LIMITS.inValues;
  if (condition.operands.length > limit) throw invalid(`"${condition.kind}" can have at most ${limit} values.`);
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

/** The most array-contains in one disjunction, once the filter is in disjunctive normal form. */
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

/** How many disjunctions the filter has in disjunctive normal form. */
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

/** An index must be able to have the order: nothing after the name, and no field twice. */
function checkOrder({ query, order, aggregated }: QueryParts): void {
  const names = order.map(({ field }) => field.name);
  const key = order.findIndex(({ field }) => field.isKey);
  const asked = query.orderBy?.length ?? 0;
  const isAggregated = (name: string): boolean => aggregated.some((field) => field.name === name);
  // Fields that are only aggregated have a rule of their own, below.
  const afterKey = names.filter((name, i) => i > key && (i < asked || !isAggregated(name)));
  if (afterKey.length > 0) throw invalid("The order can't continue after the document's name.");
  if (new Set(names).size < names.length) throw invalid("The order has a field twice.");
}

/** Undocumented rules of Google's emulator for sums and averages. */
function checkAggregated({ query, filter, aggregated }: QueryParts): void {
  if (aggregated.length === 0) return;
  if (query.select) throw invalid("A query with sums or averages can't select fields.");
  if (filter === null || ![...conditionsOf(filter)].some(({ field }) => field.isKey)) return;
  const ordered = new Set(sortKeys(query.orderBy ?? [], filter, []).map(({ field }) => field.name));
  const missing = aggregated.find((field) => !ordered.has(field.name));
  if (missing)
    throw invalid(
      `With a filter by name, the query must be ordered by "${missing.name}", which is summed or averaged.`,
    );
}

/** No index has only descending names, or anything after the name. */
function checkIndex({ order, filter }: QueryParts): void {
  const [first] = order;
  const byNamesDown = first?.field.isKey && first.descending;
  const hasFieldFilter = filter !== null && [...conditionsOf(filter)].some(({ field }) => !field.isKey);
  if (byNamesDown && !hasFieldFilter) {
    throw new RpcError(RpcCode.FAILED_PRECONDITION, "There is no index of only descending document names.");
  }
  if (!order.at(-1)?.field.isKey) throw invalid("The order can't continue after the document's name.");
}

function checkCursor(cursor: Cursor | null | undefined, { parent, query, order }: QueryParts): void {
  const values = cursor?.values ?? [];
  if (values.length > (query.orderBy ?? []).length)
    throw invalid("A cursor has more values than the query has orders.");
  for (const [i, value] of values.entries()) if (order[i]?.field.isKey) checkKey(value, databaseOf(parent));
}

function checkKey(value: Value, database: string): void {
  const name = kindOf(value) === "referenceValue" ? (value.referenceValue ?? "") : "";
  if (!name.startsWith(`${database}/`))
    throw invalid("__name__ can only be compared with references to the same database.");
  if (segmentsBelow(database, name) % 2 !== 0) throw invalid(`The reference "${name}" is not to a document.`);
}

function checkSize({ parent, query, filter }: QueryParts): void {
  const filters = filter ? [...conditionsOf(filter)].length : 0;
  const ancestors = segmentsBelow(databaseOf(parent), parent) > 0 ? 1 : 0;
  if (filters + (query.orderBy ?? []).length + ancestors > QUERY_LIMITS.filtersAndOrders) {
    throw invalid(`Filters, orders and the parent add up to more than ${QUERY_LIMITS.filtersAndOrders}.`);
  }
}

/** `projects/p/databases/d/documents`, with which all names in the database start. */
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
