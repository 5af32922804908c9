import protobuf from "protobufjs/light.js";
import { invalidArgument } from "../service-errors.ts";
import { type Scalar, parseOperand } from "./operand.ts";

/** A field that a filter names. */
export interface FilterField {
  /** As the filter spells it. */
  readonly name: string;
  readonly field: protobuf.Field;
  /** The field's values in a message; several when a list is on the way. Unset values are those that fields have then. */
  readonly read: (message: object) => readonly unknown[];
}

/**
 * Finds a field by its path, in any spelling: `rate_limits.max_burst_size`, `rateLimits.maxBurstSize` or `RateLimits.…`.
 *
 * @throws RpcError INVALID_ARGUMENT when the message doesn't have it.
 */
export function filterField(name: string, type: protobuf.Type): FilterField {
  const path: protobuf.Field[] = [];
  let inner: protobuf.Type | undefined = type;
  for (const part of name.split(".")) {
    const field: protobuf.Field | undefined = inner?.fieldsArray.find((each) => folded(each.name) === folded(part));
    if (!field) throw invalidArgument(`Field not found: '${name}'.`);
    const resolved: protobuf.ReflectionObject | null = field.resolve().resolvedType;
    path.push(field);
    inner = resolved instanceof protobuf.Type && !isWellKnown(resolved) ? resolved : undefined;
  }
  const field = path.at(-1);
  if (!field) throw invalidArgument(`Field not found: '${name}'.`);
  return {
    name,
    field,
    read: (message) =>
      path.reduce<readonly unknown[]>((values, each) => values.flatMap((value) => valuesOf(value, each)), [message]),
  };
}

const folded = (name: string): string => name.toLowerCase().replaceAll("_", "");

const isWellKnown = (type: protobuf.Type): boolean => type.fullName.startsWith(".google.protobuf.");

function valuesOf(message: unknown, field: protobuf.Field): readonly unknown[] {
  const value = new Map<string, unknown>(Object.entries(Object(message))).get(field.name);
  if (field.repeated) return Array.isArray(value) ? value : [];
  return [value];
}

/** Whether a field has a value other than its default: `field: *`. */
export function isPresent({ field, read }: FilterField, message: object): boolean {
  const isMessage = field.resolvedType instanceof protobuf.Type;
  return read(message).some((value) => (isMessage ? value !== undefined && value !== null : Boolean(value)));
}

/**
 * Creates what compares a field with a value.
 *
 * @throws RpcError INVALID_ARGUMENT when the field can't be compared, or not with this value.
 */
export function comparison(found: FilterField, operator: string, operand: string): (message: object) => boolean {
  const { field, name, read } = found;
  const { resolvedType } = field;
  if (resolvedType instanceof protobuf.Type && !isWellKnown(resolvedType)) {
    throw invalidArgument(
      `Cannot match a nested type '${name}'. A member field of scalar or enum type must be provided.`,
    );
  }
  const wanted = parseOperand(operand, field);
  if (wanted === undefined) throw invalidArgument(`The value '${operand.toLowerCase()}' is of incorrect type.`);
  return (message) => read(message).some((value) => compares(scalarOf(value, field), operator, wanted));
}

/** A time or a duration that isn't set is zero, as recorded. */
function scalarOf(value: unknown, field: protobuf.Field): Scalar {
  if (field.type === "string") return typeof value === "string" ? value.toLowerCase() : "";
  if (!(field.resolvedType instanceof protobuf.Type)) return Number(value ?? 0);
  const parts = new Map<string, unknown>(Object.entries(Object(value)));
  return Number(parts.get("seconds") ?? 0) + Number(parts.get("nanos") ?? 0) / 1e9;
}

function compares(actual: Scalar, operator: string, wanted: Scalar): boolean {
  switch (operator) {
    case ":":
      return typeof actual === "string" ? actual.includes(String(wanted)) : actual === wanted;
    case "=":
      return actual === wanted;
    case "!=":
      return actual !== wanted;
    case "<":
      return actual < wanted;
    case "<=":
      return actual <= wanted;
    case ">":
      return actual > wanted;
    default:
      return actual >= wanted;
  }
}
