import type { StoredDocument } from "../store/document.ts";
import type { Composite, Condition, FilterTree } from "./filter-tree.ts";
import { compareValues } from "../values/ordering.ts";
import { elementsOf, isNaNValue, isNullValue, typeOrder } from "../values/value.ts";
import type { Value } from "../values/value.ts";

/** Whether a document matches a filter. */
export type DocumentTest = (document: StoredDocument) => boolean;

/**
 * Compiles a filter. A document without a field matches no condition on it, and null and NaN equal nothing, not even
 * themselves, unless they are in arrays or maps. Both as in Google's emulator.
 */
export function compileFilter(filter: FilterTree): DocumentTest {
  if ("parts" in filter) return compileComposite(filter);
  const { valueOf } = filter.field;
  const test = compileCondition(filter);
  return (document) => {
    const value = valueOf(document);
    return value !== undefined && test(value);
  };
}

function compileComposite({ kind, parts }: Composite): DocumentTest {
  const tests = parts.map(compileFilter);
  if (kind === "and") return (document) => tests.every((test) => test(document));
  return (document) => tests.some((test) => test(document));
}

type ValueCheck = (value: Value) => boolean;

function compileCondition(condition: Condition): ValueCheck {
  switch (condition.kind) {
    case "<":
    case "<=":
    case ">":
    case ">=":
      return inRange(condition.kind, condition.operand);
    case "==":
      return equalTo(condition.operand);
    case "!=":
      return equalToNone([condition.operand]);
    case "in":
      return equalToAny(condition.operands);
    case "not-in":
      return equalToNone(condition.operands);
    case "array-contains":
      return contains(equalTo(condition.operand));
    case "array-contains-any":
      return contains(equalToAny(condition.operands));
    case "is-null":
      return isNullValue;
    case "is-nan":
      return isNaNValue;
    case "is-not-null":
      return (value) => !isNullValue(value);
    case "is-not-nan":
      return (value) => !isNullValue(value) && !isNaNValue(value);
  }
}

function equalTo(operand: Value): ValueCheck {
  if (isNullValue(operand) || isNaNValue(operand)) return () => false;
  // Most filters compare with a string, which is faster without looking at types.
  if (Object.hasOwn(operand, "stringValue")) return (value) => value.stringValue === operand.stringValue;
  return (value) => compareValues(value, operand) === 0;
}

function equalToAny(operands: readonly Value[]): ValueCheck {
  const checks = operands.map(equalTo);
  return (value) => checks.some((check) => check(value));
}

function equalToNone(operands: readonly Value[]): ValueCheck {
  // As in SQL, nothing is unequal to null.
  if (operands.some(isNullValue)) return () => false;
  const isAny = equalToAny(operands);
  return (value) => !isNullValue(value) && !isAny(value);
}

function contains(isElement: ValueCheck): ValueCheck {
  return (value) => elementsOf(value).some(isElement);
}

/** A range only has values of the operand's type. */
function inRange(kind: "<" | "<=" | ">" | ">=", operand: Value): ValueCheck {
  if (isNullValue(operand) || isNaNValue(operand)) return () => false;
  const order = typeOrder(operand);
  return (value) => typeOrder(value) === order && !isNaNValue(value) && isInRange(kind, compareValues(value, operand));
}

function isInRange(kind: "<" | "<=" | ">" | ">=", order: number): boolean {
  switch (kind) {
    case "<":
      return order < 0;
    case "<=":
      return order <= 0;
    case ">":
      return order > 0;
    case ">=":
      return order >= 0;
  }
}
