import { RpcCode, RpcError } from "../../rpc/rpc-error.ts";
import type { StoredDocument } from "../store/document.ts";
import { queryField } from "./query-field.ts";
import type { QueryField } from "./query-field.ts";
import { compareFields } from "./query-order.ts";
import type { Aggregation } from "./structured-query.ts";
import { putField, toBigInt, TypeOrder, typeOrder, wireInt64 } from "../values/value.ts";
import type { Fields, Value } from "../values/value.ts";

/** How many results a request can have: https://firebase.google.com/docs/firestore/query-data/aggregation-queries#limitations */
const MAX_AGGREGATIONS = 5;

/** Aliases follow the rules of field names: https://firebase.google.com/docs/firestore/reference/rpc/google.firestore.v1#aggregation */
const MAX_ALIAS_BYTES = 1_500;

/**
 * The fields that are summed or averaged, for `alsoOrderedBy` of `compileQuery`: as with Google's indexes, a document
 * without one of them is not even counted.
 *
 * @throws RpcError INVALID_ARGUMENT for aggregations that Firestore refuses: https://firebase.google.com/docs/firestore/query-data/aggregation-queries
 */
export function aggregatedFields(aggregations: readonly Aggregation[]): QueryField[] {
  if (aggregations.length === 0) throw invalid("Aggregations can not be empty.");
  if (aggregations.length > MAX_AGGREGATIONS)
    throw invalid(
      `The maximum number of aggregations allowed in an aggregation query is ${MAX_AGGREGATIONS}. Received: ${aggregations.length}.`,
    );
  aliasesOf(aggregations);
  const fields = aggregations.map(parseAggregation).flatMap((result) => ("field" in result ? [result.field] : []));
  return fields.toSorted(compareFields);
}

/** Counts, sums and averages over a query's result, by their aliases. */
export function aggregate(documents: readonly StoredDocument[], aggregations: readonly Aggregation[]): Fields {
  const values: Record<string, Value> = {};
  const aliases = aliasesOf(aggregations);
  for (const [i, aggregation] of aggregations.entries()) {
    putField(values, aliases[i] ?? "", evaluate(parseAggregation(aggregation), documents));
  }
  return values;
}

type Result =
  | { readonly kind: "count"; readonly upTo: bigint | null }
  | { readonly kind: "sum" | "average"; readonly field: QueryField };

function parseAggregation(aggregation: Aggregation): Result {
  const { count, sum, avg } = aggregation;
  if (Object.hasOwn(aggregation, "count") && count) {
    const upTo = count.upTo ? toBigInt(count.upTo.value ?? 0) : null;
    if (upTo !== null && upTo < 0n)
      throw invalid("The `up_to` value in a COUNT aggregation must be greater than or equal to zero.");
    return { kind: "count", upTo };
  }
  if (Object.hasOwn(aggregation, "sum") && sum) return { kind: "sum", field: numberField(sum) };
  if (Object.hasOwn(aggregation, "avg") && avg) return { kind: "average", field: numberField(avg) };
  throw invalid("Operator field in Aggregation is not set.");
}

function numberField({ field: reference }: NonNullable<Aggregation["sum"]>): QueryField {
  const field = queryField(reference);
  if (field.isKey) throw invalid("Aggregations are not supported for the property: __key__");
  return field;
}

/** The names of the results. Those without one are numbered. */
function aliasesOf(aggregations: readonly Aggregation[]): string[] {
  let unnamed = 0;
  const aliases = aggregations.map(({ alias }) => alias || `field_${++unnamed}`);
  const repeated = aliases.find((alias, i) => aliases.indexOf(alias) < i);
  if (repeated !== undefined) throw invalid(`Aggregation aliases contain duplicate alias: ${repeated}.`);
  const reserved = aliases.find((alias) => /^__.+__$/s.test(alias));
  if (reserved !== undefined) throw invalid(`The property.name "${reserved}" is reserved.`);
  if (aliases.some((alias) => Buffer.byteLength(alias) > MAX_ALIAS_BYTES)) {
    throw invalid(`The property.name is longer than ${MAX_ALIAS_BYTES} bytes.`);
  }
  return aliases;
}

function evaluate(result: Result, documents: readonly StoredDocument[]): Value {
  switch (result.kind) {
    case "count": {
      const count = BigInt(documents.length);
      return { integerValue: wireInt64(result.upTo !== null && result.upTo < count ? result.upTo : count) };
    }
    case "sum":
      return sumOf(totalOf(result.field, documents));
    case "average":
      return averageOf(totalOf(result.field, documents));
  }
}

/** Integers are added exactly; doubles separately, while compensating for rounding. */
interface Total {
  integers: bigint;
  doubles: number;
  lost: number;
  doubleCount: number;
  count: number;
}

function totalOf(field: QueryField, documents: readonly StoredDocument[]): Total {
  const total: Total = { integers: 0n, doubles: 0, lost: 0, doubleCount: 0, count: 0 };
  for (const document of documents) {
    const value = field.valueOf(document);
    if (!value || typeOrder(value) !== TypeOrder.number) continue;
    total.count++;
    if (Object.hasOwn(value, "integerValue")) total.integers += toBigInt(value.integerValue ?? 0);
    else addDouble(total, value.doubleValue ?? 0);
  }
  return total;
}

/** Neumaier's variant of Kahan summation, so that the order of the documents hardly matters. */
function addDouble(total: Total, double: number): void {
  const next = total.doubles + double;
  const isSmaller = Math.abs(double) <= Math.abs(total.doubles);
  total.lost += isSmaller ? total.doubles - next + double : double - next + total.doubles;
  total.doubles = next;
  total.doubleCount++;
}

function sumOf(total: Total): Value {
  const fitsInt64 = BigInt.asIntN(64, total.integers) === total.integers;
  if (total.doubleCount === 0 && fitsInt64) return { integerValue: wireInt64(total.integers) };
  return { doubleValue: asDouble(total) };
}

function averageOf(total: Total): Value {
  return total.count === 0 ? { nullValue: 0 } : { doubleValue: asDouble(total) / total.count };
}

function asDouble(total: Total): number {
  const all = { ...total };
  if (total.integers !== 0n) addDouble(all, Number(total.integers));
  // At infinity, the compensation would be NaN.
  return Number.isFinite(all.doubles) ? all.doubles + all.lost : all.doubles;
}

function invalid(message: string): RpcError {
  return new RpcError(RpcCode.INVALID_ARGUMENT, message);
}
