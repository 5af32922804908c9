import type { FilterTree } from "./filter-tree.ts";
import { conditionsOf, isInequality } from "./filter-tree.ts";
import { compareNames, compareStrings, compareValues } from "../values/ordering.ts";
import { queryField } from "./query-field.ts";
import type { QueryField } from "./query-field.ts";
import { DESCENDING } from "./structured-query.ts";
import type { Order } from "./structured-query.ts";
import type { Value } from "../values/value.ts";

/** A field that results are sorted by. */
export interface SortKey {
  readonly field: QueryField;
  readonly descending: boolean;
}

/**
 * The fields that results are sorted by: those of the query, then those with inequalities in the order of their names,
 * then `alsoBy`, then the document's name, all in the last direction given.
 * Source: https://firebase.google.com/docs/firestore/query-data/multiple-range-fields
 */
export function sortKeys(
  orders: readonly Order[],
  filter: FilterTree | null,
  alsoBy: readonly QueryField[],
): SortKey[] {
  const keys = orders.map(({ field, direction }) => ({
    field: queryField(field),
    descending: direction === DESCENDING,
  }));
  const descending = keys.at(-1)?.descending ?? false;
  for (const field of [...inequalityFields(filter), ...alsoBy]) {
    if (!field.isKey && !keys.some((key) => key.field.name === field.name)) keys.push({ field, descending });
  }
  if (!keys.some((key) => key.field.isKey)) keys.push({ field: queryField({ fieldPath: "__name__" }), descending });
  return keys;
}

/** The fields with inequalities in a filter, each once, in the order of their names. */
export function inequalityFields(filter: FilterTree | null): QueryField[] {
  const fields = new Map<string, QueryField>();
  for (const condition of filter ? conditionsOf(filter) : []) {
    if (isInequality(condition)) fields.set(condition.field.name, condition.field);
  }
  return [...fields.values()].toSorted(compareFields);
}

/** The order of fields by their names, without backticks. */
export function compareFields({ path: a }: QueryField, { path: b }: QueryField): number {
  for (const [i, name] of a.entries()) {
    const other = b[i];
    if (other === undefined) break;
    const order = compareStrings(name, other);
    if (order !== 0) return order;
  }
  return a.length - b.length;
}

/** The order of two lists of values, one for each key, up to the end of the shorter list. */
export function compareByKeys(keys: readonly SortKey[], a: readonly Value[], b: readonly Value[]): number {
  for (const [i, key] of keys.entries()) {
    const value = a[i];
    const other = b[i];
    if (!value || !other) return 0;
    const order = key.field.isKey ? compareReferences(value, other) : compareValues(value, other);
    if (order !== 0) return key.descending ? -order : order;
  }
  return 0;
}

function compareReferences(a: Value, b: Value): number {
  return compareNames(a.referenceValue ?? "", b.referenceValue ?? "");
}
