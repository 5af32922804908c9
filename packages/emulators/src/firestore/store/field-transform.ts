import { RpcCode, RpcError } from "../../rpc/rpc-error.ts";
import { type FieldPath, parseFieldPath } from "../values/field-path.ts";
import { compareValues } from "../values/ordering.ts";
import {
  TypeOrder,
  type Value,
  elementsOf,
  isNaNValue,
  timestampOf,
  toBigInt,
  toNumber,
  typeOrder,
  wireInt64,
} from "../values/value.ts";
import { readValue } from "../values/value-intake.ts";

/** A decoded google.firestore.v1.DocumentTransform.FieldTransform. Exactly one operator is an own member. */
export interface WireFieldTransform {
  readonly fieldPath?: string;
  readonly setToServerValue?: number;
  readonly increment?: Value | null;
  readonly maximum?: Value | null;
  readonly minimum?: Value | null;
  readonly appendMissingElements?: { readonly values?: readonly Value[] } | null;
  readonly removeAllFromArray?: { readonly values?: readonly Value[] } | null;
}

/** Computes a field's next value from its present one. */
export interface FieldTransform {
  readonly path: FieldPath;
  readonly operator: Operator;
}

type Operator =
  | { readonly kind: "server-time" }
  | { readonly kind: "increment" | "maximum" | "minimum"; readonly operand: Value }
  | { readonly kind: "append-missing" | "remove-all"; readonly elements: readonly Value[] };

/** DocumentTransform.FieldTransform.ServerValue.REQUEST_TIME */
const REQUEST_TIME = 1;

const MICROS_PER_MILLISECOND = 1_000n;
const MAX_INT64 = 2n ** 63n - 1n;
const MIN_INT64 = -(2n ** 63n);
const NULL: Value = { nullValue: 0 };

/**
 * Parses a transform.
 *
 * @throws RpcError INVALID_ARGUMENT for an unknown operator, or for an operand that should be a number.
 */
export function parseFieldTransform(wire: WireFieldTransform): FieldTransform {
  return { path: parseFieldPath(wire.fieldPath ?? ""), operator: parseOperator(wire) };
}

/**
 * The field's next value, and what the commit's response has for it: the value for numbers and times, null for arrays.
 *
 * Numbers follow https://firebase.google.com/docs/firestore/reference/rpc/google.firestore.v1#fieldtransform: integers
 * stop at the limits of int64, and a field that isn't a number becomes the operand.
 */
export function transformField(
  { operator }: FieldTransform,
  current: Value | undefined,
  commitTime: bigint,
): { value: Value; result: Value } {
  switch (operator.kind) {
    case "server-time":
      return reported({ timestampValue: timestampOf(commitTime - (commitTime % MICROS_PER_MILLISECOND)) });
    case "increment":
      return reported(isNumber(current) ? add(current, operator.operand) : operator.operand);
    case "maximum":
      return reported(isNumber(current) ? greater(current, operator.operand) : operator.operand);
    case "minimum":
      return reported(isNumber(current) ? lesser(current, operator.operand) : operator.operand);
    case "append-missing":
      return { value: arrayOf(appendMissing(arrayElements(current), operator.elements)), result: NULL };
    case "remove-all":
      return { value: arrayOf(without(arrayElements(current), operator.elements)), result: NULL };
  }
}

function parseOperator(wire: WireFieldTransform): Operator {
  if (wire.increment) return { kind: "increment", operand: parseNumber(wire.increment) };
  if (wire.maximum) return { kind: "maximum", operand: parseNumber(wire.maximum) };
  if (wire.minimum) return { kind: "minimum", operand: parseNumber(wire.minimum) };
  if (wire.appendMissingElements)
    return { kind: "append-missing", elements: parseElements(wire.appendMissingElements) };
  if (wire.removeAllFromArray) return { kind: "remove-all", elements: parseElements(wire.removeAllFromArray) };
  if (Object.hasOwn(wire, "setToServerValue") && wire.setToServerValue === REQUEST_TIME) return { kind: "server-time" };
  throw new RpcError(RpcCode.INVALID_ARGUMENT, `The transform of field "${wire.fieldPath ?? ""}" is unknown.`);
}

function parseNumber(wire: Value): Value {
  const operand = readValue(wire);
  if (isNumber(operand)) return operand;
  throw new RpcError(RpcCode.INVALID_ARGUMENT, "The operand of a numeric transform must be a number.");
}

const parseElements = (wire: { readonly values?: readonly Value[] }): Value[] => (wire.values ?? []).map(readValue);

const reported = (value: Value): { value: Value; result: Value } => ({ value, result: value });

const isNumber = (value: Value | undefined): value is Value =>
  value !== undefined && typeOrder(value) === TypeOrder.number;

function add(a: Value, b: Value): Value {
  if (a.integerValue !== undefined && b.integerValue !== undefined) {
    const sum = toBigInt(a.integerValue) + toBigInt(b.integerValue);
    return { integerValue: wireInt64(sum > MAX_INT64 ? MAX_INT64 : sum < MIN_INT64 ? MIN_INT64 : sum) };
  }
  return { doubleValue: asDouble(a) + asDouble(b) };
}

const asDouble = (value: Value): number => value.doubleValue ?? toNumber(value.integerValue ?? 0);

/** Of two equal numbers it keeps the stored one, so that an integer doesn't turn into a double. */
function greater(current: Value, operand: Value): Value {
  // NaN is the least in the order of values, but the maximum of anything and NaN is NaN.
  if (isNaNValue(current) || isNaNValue(operand)) return { doubleValue: Number.NaN };
  return compareValues(operand, current) > 0 ? operand : current;
}

const lesser = (current: Value, operand: Value): Value => (compareValues(operand, current) < 0 ? operand : current);

const arrayElements = (value: Value | undefined): readonly Value[] => (value ? elementsOf(value) : []);

const arrayOf = (values: readonly Value[]): Value => ({ arrayValue: { values } });

function appendMissing(stored: readonly Value[], elements: readonly Value[]): Value[] {
  const values = [...stored];
  for (const element of elements) if (!includes(values, element)) values.push(element);
  return values;
}

const without = (stored: readonly Value[], elements: readonly Value[]): Value[] =>
  stored.filter((value) => !includes(elements, value));

const includes = (values: readonly Value[], wanted: Value): boolean =>
  values.some((value) => compareValues(value, wanted) === 0);
