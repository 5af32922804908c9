import { RpcCode, RpcError } from "../../rpc/rpc-error.ts";
import { queryField } from "./query-field.ts";
import type { QueryField } from "./query-field.ts";
import { CompositeOperator, FieldOperator, UnaryOperator } from "./structured-query.ts";
import type { CompositeFilter, FieldFilter, Filter, UnaryFilter } from "./structured-query.ts";
import { elementsOf, isNaNValue, isNullValue, kindOf } from "../values/value.ts";
import { readValue } from "../values/value-intake.ts";
import type { Value } from "../values/value.ts";

/** A parsed filter. */
export type FilterTree = Composite | Comparison | ListComparison | ValueTest;

/** Filters of which all, or at least one, must match. */
export interface Composite {
  readonly kind: "and" | "or";
  readonly parts: readonly FilterTree[];
}

/** Compares a field with one operand. */
export interface Comparison {
  readonly kind: "<" | "<=" | ">" | ">=" | "==" | "!=" | "array-contains";
  readonly field: QueryField;
  readonly operand: Value;
}

/** Compares a field with a list of operands, which is not empty. */
export interface ListComparison {
  readonly kind: "in" | "not-in" | "array-contains-any";
  readonly field: QueryField;
  readonly operands: readonly Value[];
}

/** Tests a field for null or NaN. */
export interface ValueTest {
  readonly kind: "is-null" | "is-nan" | "is-not-null" | "is-not-nan";
  readonly field: QueryField;
}

/** A condition on one field. */
export type Condition = Exclude<FilterTree, Composite>;

/**
 * Parses a filter.
 *
 * @throws RpcError INVALID_ARGUMENT for unknown operators, missing operands and invalid lists.
 */
export function parseFilter(filter: Filter): FilterTree {
  if (Object.hasOwn(filter, "compositeFilter") && filter.compositeFilter) return parseComposite(filter.compositeFilter);
  if (Object.hasOwn(filter, "fieldFilter") && filter.fieldFilter) return parseFieldFilter(filter.fieldFilter);
  if (Object.hasOwn(filter, "unaryFilter") && filter.unaryFilter) return parseUnaryFilter(filter.unaryFilter);
  throw invalid("Unknown Filter type.");
}

/** The name of an operator in StructuredQuery.FieldFilter.Operator. */
export function operatorName(kind: ListComparison["kind"]): string {
  return kind.toUpperCase().replaceAll("-", "_");
}

/** All conditions in the tree, from left to right. */
export function* conditionsOf(filter: FilterTree): Generator<Condition> {
  if ("parts" in filter) for (const part of filter.parts) yield* conditionsOf(part);
  else yield filter;
}

/**
 * Whether the condition matches a range of values, by which results are then sorted. Nothing is less or greater than null
 * or NaN, or unequal to null, so those are not ranges. As in Google's emulator.
 */
export function isInequality(condition: Condition): boolean {
  switch (condition.kind) {
    case "<":
    case "<=":
    case ">":
    case ">=":
      return !isNullValue(condition.operand) && !isNaNValue(condition.operand);
    case "!=":
      return !isNullValue(condition.operand);
    case "not-in":
      return condition.operands.length > 1 || !condition.operands.some(isNullValue);
    case "is-not-null":
    case "is-not-nan":
      return true;
    case "==":
    case "in":
    case "array-contains":
    case "array-contains-any":
    case "is-null":
    case "is-nan":
      return false;
  }
}

const COMPARISONS: ReadonlyMap<number, Comparison["kind"]> = new Map([
  [FieldOperator.LESS_THAN, "<"],
  [FieldOperator.LESS_THAN_OR_EQUAL, "<="],
  [FieldOperator.GREATER_THAN, ">"],
  [FieldOperator.GREATER_THAN_OR_EQUAL, ">="],
  [FieldOperator.EQUAL, "=="],
  [FieldOperator.NOT_EQUAL, "!="],
  [FieldOperator.ARRAY_CONTAINS, "array-contains"],
]);

const LIST_COMPARISONS: ReadonlyMap<number, ListComparison["kind"]> = new Map([
  [FieldOperator.IN, "in"],
  [FieldOperator.NOT_IN, "not-in"],
  [FieldOperator.ARRAY_CONTAINS_ANY, "array-contains-any"],
]);

const VALUE_TESTS: ReadonlyMap<number, ValueTest["kind"]> = new Map([
  [UnaryOperator.IS_NULL, "is-null"],
  [UnaryOperator.IS_NAN, "is-nan"],
  [UnaryOperator.IS_NOT_NULL, "is-not-null"],
  [UnaryOperator.IS_NOT_NAN, "is-not-nan"],
]);

function parseComposite({ op, filters = [] }: CompositeFilter): FilterTree {
  const parts = filters.map(parseFilter);
  if (op === CompositeOperator.AND) return { kind: "and", parts };
  if (op !== CompositeOperator.OR) throw invalid("Unsupported CompositeFilter operator.");
  if (parts.length === 0) throw invalid("Composite filter must have at least one sub-filter.");
  return { kind: "or", parts };
}

function parseFieldFilter(filter: FieldFilter): FilterTree {
  const field = queryField(filter.field);
  const operand = readValue(filter.value ?? {});

  const comparison = COMPARISONS.get(filter.op ?? 0);
  if (comparison) return { kind: comparison, field, operand };

  const listComparison = LIST_COMPARISONS.get(filter.op ?? 0);
  if (!listComparison) throw invalid("Unknown FieldFilter operator.");
  const operands = elementsOf(operand);
  if (operands.length === 0) {
    const wanted = kindOf(operand) === "arrayValue" ? "an non-empty ArrayValue" : "an ArrayValue";
    throw invalid(`'${operatorName(listComparison)}' requires ${wanted}.`);
  }
  return { kind: listComparison, field, operands };
}

function parseUnaryFilter(filter: UnaryFilter): FilterTree {
  const kind = VALUE_TESTS.get(filter.op ?? 0);
  if (!kind) throw invalid("Unknown UnaryFilter operator.");
  return { kind, field: queryField(filter.field) };
}

function invalid(message: string): RpcError {
  return new RpcError(RpcCode.INVALID_ARGUMENT, message);
}
