import { RpcCode, RpcError } from "../../rpc/rpc-error.ts";
import { valueSize } from "../store/document-size.ts";
import { conditionsOf, operatorName } from "./filter-tree.ts";
import type { Condition, FilterTree } from "./filter-tree.ts";
import { inequalityFields } from "./query-order.ts";
import { kindOf } from "../values/value.ts";
import type { Value } from "../values/value.ts";

/** Limits of a filter: https://firebase.google.com/docs/firestore/query-data/queries#query_limitations */
const FILTER_LIMITS = {
  disjunctions: 30,
  inValues: 30,
  notInValues: 10,
  inequalityFields: 10,
  /** Of an indexed value: https://firebase.google.com/docs/firestore/quotas#indexes */
  operandBytes: 1_500,
} as const;

/**
 * Checks the rules for filters. Refusals are in the service's words, as far as Google's emulator has them.
 *
 * @param database `projects/p/databases/d/documents`, with which all names start that the filter may compare.
 * @throws RpcError INVALID_ARGUMENT when Firestore would refuse the filter.
 */
export function checkFilter(filter: FilterTree, database: string): void {
  const conditions = [...conditionsOf(filter)];
  for (const condition of conditions) {
    checkOperands(condition);
    if (condition.field.isKey) checkKeyCondition(condition, database);
  }
  if (mostArrayContains(filter) > 1)
    throw invalid("A maximum of 1 'ARRAY_CONTAINS' filter is allowed per disjunction.");
  if (conditions.filter(excludesValues).length > 1)
    throw invalid("Only a single 'NOT_EQUAL', 'NOT_IN', 'IS_NOT_NAN', or 'IS_NOT_NULL' filter allowed per query.");
  if (conditions.some(({ kind }) => kind === "not-in") && hasAlternatives(filter)) {
    throw invalid("'NOT_IN' cannot be used in the same query with 'IN', 'ARRAY_CONTAINS_ANY' or 'OR'.");
  }
  const disjunctions = countDisjunctions(filter);
  if (disjunctions > FILTER_LIMITS.disjunctions) {
    throw invalid(
      `Too many disjunctions after normalization. Result had ${disjunctions} disjunctions which is more than the maximum of ${FILTER_LIMITS.disjunctions}`,
    );
  }
  checkInequalities(filter, conditions);
}

function checkInequalities(filter: FilterTree, conditions: readonly Condition[]): void {
  const ranges = inequalityFields(filter);
  if (ranges.length > FILTER_LIMITS.inequalityFields) {
    const names = ranges.map(({ name }) => name).join(", ");
    throw invalid(
      `The query contains ${ranges.length} distinct inequality fields: [${names}]. ` +
        `A query may not have more than ${FILTER_LIMITS.inequalityFields} distinct inequality fields.`,
    );
  }
  const fixesKey = conditions.some(({ field, kind }) => field.isKey && (kind === "==" || kind === "in"));
  if (fixesKey && ranges.length > 0 && !ranges.some((field) => field.isKey)) {
    throw invalid(
      "Equality on key is not allowed if there are other inequality fields and key does not appear in inequalities.",
    );
  }
}

function checkOperands(condition: Condition): void {
  if ("operand" in condition) checkOperandSize(condition.operand, condition);
  if (!("operands" in condition)) return;
  const limit = condition.kind === "not-in" ? FILTER_LIMITS.notInValues : FILTER_LIMITS.inValues;
  if (condition.operands.length > limit) {
    throw invalid(`'${operatorName(condition.kind)}' supports up to ${limit} comparison values.`);
  }
  for (const operand of condition.operands) checkOperandSize(operand, condition);
}

function checkOperandSize(operand: Value, { field }: Condition): void {
  if (valueSize(operand) <= FILTER_LIMITS.operandBytes) return;
  throw invalid(`value for ${field.name} is too large to be used in a query`);
}

function checkKeyCondition(condition: Condition, database: string): void {
  switch (condition.kind) {
    case "array-contains":
    case "array-contains-any":
      throw invalid("the name __key__ is reserved");
    case "is-null":
    case "is-nan":
    case "is-not-null":
    case "is-not-nan":
      throw notAKey();
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

function checkKey(value: Value, database: string): void {
  if (kindOf(value) !== "referenceValue") throw notAKey();
  const name = value.referenceValue ?? "";
  if (name.startsWith(`${database}/`)) return;
  const [mine, other] = [database, name].map((path) => path.split("/", 4).join("/"));
  throw invalid(`The request was for database '${mine}' but was attempting to access database '${other}'`);
}

const notAKey = (): RpcError => invalid("__key__ filter value must be a Key");

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

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}

const invalid = (message: string): RpcError => new RpcError(RpcCode.INVALID_ARGUMENT, message);
