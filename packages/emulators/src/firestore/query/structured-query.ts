import type { Value, WireInt64 } from "../values/value.ts";

/** A decoded google.firestore.v1.StructuredQuery. Enums are numbers; absent messages are null or missing. */
export interface StructuredQuery {
  readonly select?: { readonly fields?: readonly FieldReference[] } | null;
  readonly from?: readonly CollectionSelector[];
  readonly where?: Filter | null;
  readonly orderBy?: readonly Order[];
  readonly startAt?: Cursor | null;
  readonly endAt?: Cursor | null;
  readonly offset?: number;
  readonly limit?: { readonly value?: number } | null;
  readonly findNearest?: FindNearest | null;
}

/** The collections of a query. An empty id with `allDescendants` means all of them. */
export interface CollectionSelector {
  readonly collectionId?: string;
  readonly allDescendants?: boolean;
}

/** An unparsed field path, or `__name__`. */
export interface FieldReference {
  readonly fieldPath?: string;
}

/** Exactly one of the three is an own member. */
export interface Filter {
  readonly compositeFilter?: CompositeFilter | null;
  readonly fieldFilter?: FieldFilter | null;
  readonly unaryFilter?: UnaryFilter | null;
}

/** Filters joined by one of `CompositeOperator`. */
export interface CompositeFilter {
  readonly op?: number;
  readonly filters?: readonly Filter[];
}

/** A field compared with a value by one of `FieldOperator`. */
export interface FieldFilter {
  readonly field?: FieldReference | null;
  readonly op?: number;
  readonly value?: Value | null;
}

/** A field tested for null or NaN by one of `UnaryOperator`. */
export interface UnaryFilter {
  readonly field?: FieldReference | null;
  readonly op?: number;
}

/** A sort key. Any direction but `DESCENDING` is ascending. */
export interface Order {
  readonly field?: FieldReference | null;
  readonly direction?: number;
}

/** A position in the order, directly before or after the values that start with these. */
export interface Cursor {
  readonly values?: readonly Value[];
  readonly before?: boolean;
}

/** A search for the nearest vectors, by one of `DistanceMeasure`. An empty result field means none. */
export interface FindNearest {
  readonly vectorField?: FieldReference | null;
  readonly queryVector?: Value | null;
  readonly distanceMeasure?: number;
  readonly limit?: { readonly value?: number } | null;
  readonly distanceResultField?: string;
  readonly distanceThreshold?: { readonly value?: number } | null;
}

/** A google.firestore.v1.StructuredAggregationQuery.Aggregation. Exactly one operator is an own member. */
export interface Aggregation {
  readonly alias?: string;
  readonly count?: { readonly upTo?: { readonly value?: WireInt64 } | null } | null;
  readonly sum?: { readonly field?: FieldReference | null } | null;
  readonly avg?: { readonly field?: FieldReference | null } | null;
}

/** StructuredQuery.CompositeFilter.Operator */
export const CompositeOperator = { AND: 1, OR: 2 } as const;

/** StructuredQuery.FieldFilter.Operator */
export const FieldOperator = {
  LESS_THAN: 1,
  LESS_THAN_OR_EQUAL: 2,
  GREATER_THAN: 3,
  GREATER_THAN_OR_EQUAL: 4,
  EQUAL: 5,
  NOT_EQUAL: 6,
  ARRAY_CONTAINS: 7,
  IN: 8,
  ARRAY_CONTAINS_ANY: 9,
  NOT_IN: 10,
} as const;

/** StructuredQuery.UnaryFilter.Operator */
export const UnaryOperator = { IS_NAN: 2, IS_NULL: 3, IS_NOT_NAN: 4, IS_NOT_NULL: 5 } as const;

/** StructuredQuery.FindNearest.DistanceMeasure */
export const DistanceMeasure = { EUCLIDEAN: 1, COSINE: 2, DOT_PRODUCT: 3 } as const;

/** StructuredQuery.Direction.DESCENDING */
export const DESCENDING = 2;
