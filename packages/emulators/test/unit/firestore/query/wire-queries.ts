import { CompositeOperator, FieldOperator, UnaryOperator } from "../../../../src/firestore/query/structured-query.ts";
import type { Cursor, Filter, Order, StructuredQuery } from "../../../../src/firestore/query/structured-query.ts";
import type { Value } from "../../../../src/firestore/values/value.ts";

/** A query of collection `c`. */
export const inC = (query: StructuredQuery = {}): StructuredQuery => ({ from: [{ collectionId: "c" }], ...query });

export const where = (fieldPath: string, op: keyof typeof FieldOperator, value: Value): Filter => ({
  fieldFilter: { field: { fieldPath }, op: FieldOperator[op], value },
});
export const is = (fieldPath: string, op: keyof typeof UnaryOperator): Filter => ({
  unaryFilter: { field: { fieldPath }, op: UnaryOperator[op] },
});
export const and = (...filters: Filter[]): Filter => ({ compositeFilter: { op: CompositeOperator.AND, filters } });
export const or = (...filters: Filter[]): Filter => ({ compositeFilter: { op: CompositeOperator.OR, filters } });

export const up = (fieldPath: string): Order => ({ field: { fieldPath }, direction: 1 });
export const down = (fieldPath: string): Order => ({ field: { fieldPath }, direction: 2 });

export const before = (...values: Value[]): Cursor => ({ values, before: true });
export const after = (...values: Value[]): Cursor => ({ values, before: false });
