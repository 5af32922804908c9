import protobuf from "protobufjs/light.js";
import { jsonName, typeUrl } from "./field-names.ts";

/** How to write messages. */
export interface WritingOptions {
  /** Whether enums are numbers rather than names. */
  readonly numericEnums: boolean;
  /** Fields whose times always have at least three decimal places, by their names in JSON. */
  readonly fractionalTimes: ReadonlySet<string>;
}

type Fields = Readonly<Record<string, unknown>>;

/**
 * Writes a decoded message as JSON by its descriptor (https://protobuf.dev/programming-guides/json/). Fields are in the
 * order of their numbers, as in Google's own responses. Default values are left out where the proto doesn't distinguish
 * them from none.
 */
export function writeMessage(message: object, type: protobuf.Type, options: WritingOptions): object {
  const fields: Fields = { ...message };
  return Object.fromEntries(
    orderedFields(type).flatMap((field): [string, unknown][] => {
      const value = Object.hasOwn(message, field.name) ? fields[field.name] : undefined;
      if (value === undefined || value === null || isLeftOut(value, field)) return [];
      return [[field.name, writeField(value, field, options)]];
    }),
  );
}

const orders = new WeakMap<protobuf.Type, readonly protobuf.Field[]>();

function orderedFields(type: protobuf.Type): readonly protobuf.Field[] {
  const known = orders.get(type);
  if (known) return known;
  const ordered = type.fieldsArray.map((field) => field.resolve()).toSorted((a, b) => a.id - b.id);
  orders.set(type, ordered);
  return ordered;
}

function isLeftOut(value: unknown, field: protobuf.Field): boolean {
  if (field.map) return Object.keys(Object(value)).length === 0;
  if (field.repeated) return Array.isArray(value) && value.length === 0;
  if (field.partOf || field.resolvedType instanceof protobuf.Type) return false;
  if (value instanceof Uint8Array) return value.length === 0;
  return field.long ? String(value) === "0" : value === field.typeDefault;
}

function writeField(value: unknown, field: protobuf.Field, options: WritingOptions): unknown {
  if (Array.isArray(value)) return value.map((item: unknown) => writeValue(item, field, options));
  if (!field.map) return writeValue(value, field, options);
  const entries = Object.entries(Object(value)).map(([key, item]) => [key, writeValue(item, field, options)]);
  return Object.fromEntries(entries);
}

function writeValue(value: unknown, field: protobuf.Field, options: WritingOptions): unknown {
  const { resolvedType } = field;
  if (resolvedType instanceof protobuf.Enum) {
    return options.numericEnums ? value : (resolvedType.valuesById[Number(value)] ?? value);
  }
  if (resolvedType) {
    const leastDigits = options.fractionalTimes.has(field.name) ? 3 : 0;
    return writeInner(Object(value), resolvedType, { ...options, leastDigits });
  }
  if (value instanceof Uint8Array) return Buffer.from(value).toString("base64");
  if (typeof value === "number" && !Number.isFinite(value)) return String(value);
  return field.type.endsWith("64") ? String(value) : value;
}

function writeInner(message: object, type: protobuf.Type, options: WritingOptions & { leastDigits: number }): unknown {
  switch (type.fullName) {
    case ".google.protobuf.Timestamp":
      return timestampText(message, options.leastDigits);
    case ".google.protobuf.Duration":
      return durationText(message);
    case ".google.protobuf.FieldMask":
      return fieldMaskText(message);
    case ".google.protobuf.Any":
      return writeAny(message, type.root, options);
    default:
      return writeMessage(message, type, options);
  }
}

/** An Any whose type is among the loaded protos. */
function writeAny(any: object, root: protobuf.Root, options: WritingOptions): object {
  const fields = new Map<string, unknown>(Object.entries(any));
  const name = String(fields.get("type_url") ?? fields.get("typeUrl"));
  const type = root.lookupType(name.slice(name.lastIndexOf("/") + 1));
  const bytes = fields.get("value");
  const message = type.decode(bytes instanceof Uint8Array ? bytes : new Uint8Array());
  return { "@type": typeUrl(type), ...writeMessage(message, type, options) };
}

function fieldMaskText(message: object): string {
  const paths = new Map<string, unknown>(Object.entries(message)).get("paths");
  return Array.isArray(paths) ? paths.map((path) => jsonName(String(path))).join(",") : "";
}

function timestampText(message: object, leastDigits: number): string {
  const { seconds, nanos } = secondsAndNanos(message);
  const whole = new Date(Number(seconds) * 1000).toISOString().slice(0, -".000Z".length);
  return `${whole}${fractionText(nanos, leastDigits)}Z`;
}

function durationText(message: object): string {
  const { seconds, nanos } = secondsAndNanos(message);
  const sign = seconds < 0n || nanos < 0 ? "-" : "";
  return `${sign}${seconds < 0n ? -seconds : seconds}${fractionText(Math.abs(nanos), 0)}s`;
}

function secondsAndNanos(message: object): { seconds: bigint; nanos: number } {
  const fields = new Map<string, unknown>(Object.entries(message));
  return { seconds: integerOf(fields.get("seconds")), nanos: Number(fields.get("nanos") ?? 0) };
}

/** Nothing, or three, six or nine digits. */
function fractionText(nanos: number, leastDigits: number): string {
  const digits = String(nanos).padStart(9, "0");
  const count = [0, 3, 6].find((few) => few >= leastDigits && /^0*$/.test(digits.slice(few))) ?? 9;
  return count === 0 ? "" : `.${digits.slice(0, count)}`;
}

/** A 64-bit integer as protobufjs decodes it: a number, or an object whose text is its digits. */
const integerOf = (value: unknown): bigint => BigInt(`${Object(value ?? 0)}`);
