import type protobuf from "protobufjs/light.js";
import { typeUrl } from "./field-names.ts";
import { type Json, JsonNumber, scalarText } from "./json-value.ts";
import { invalidValue } from "./violations.ts";
import { type Read, refused } from "./read.ts";

const INTEGER = /^[+-]?\d+$/;
const DECIMAL = /^[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?$/;

/** The ranges of integers, by the names of their types. */
const RANGES = new Map<string, { least: bigint; most: bigint }>([
  ...["int32", "sint32", "sfixed32"].map((name) => [name, { least: -(2n ** 31n), most: 2n ** 31n - 1n }] as const),
  ...["uint32", "fixed32"].map((name) => [name, { least: 0n, most: 2n ** 32n - 1n }] as const),
  ...["int64", "sint64", "sfixed64"].map((name) => [name, { least: -(2n ** 63n), most: 2n ** 63n - 1n }] as const),
  ...["uint64", "fixed64"].map((name) => [name, { least: 0n, most: 2n ** 64n - 1n }] as const),
]);

/**
 * Reads a scalar. Numbers may be text, as in a query and for what a double can't carry
 * (https://protobuf.dev/programming-guides/json/).
 *
 * @param type the scalar's type, such as `int32`.
 */
export function readScalar(value: Json, type: string, place: string): Read {
  const read = scalarReaders.get(type)?.(value) ?? readInteger(value, type);
  if (read !== undefined) return { value: read };
  const problem =
    type === "bytes" && typeof value === "string" ? `Base64 decoding failed for "${value}"` : scalarText(value);
  return refused(invalidValue(place, `TYPE_${type.toUpperCase()}`, problem));
}

/** Reads an enum's value: a name, exactly as the proto spells it, or a number. */
export function readEnum(value: Json, type: protobuf.Enum, place: string): Read {
  if (value instanceof JsonNumber) {
    const number = readInteger(value, "int32");
    if (number !== undefined) return { value: Number(number) };
  }
  if (typeof value === "string") {
    if (Object.hasOwn(type.values, value)) return { value: type.values[value] };
    // In a query, a number is text, too.
    if (INTEGER.test(value) && Object.hasOwn(type.valuesById, Number(value))) return { value: Number(value) };
  }
  return refused(invalidValue(place, typeUrl(type), scalarText(value)));
}

const scalarReaders = new Map<string, (value: Json) => unknown>([
  ["string", (value) => (typeof value === "string" ? value : undefined)],
  ["bytes", (value) => (typeof value === "string" ? readBase64(value) : undefined)],
  ["bool", readBoolean],
  ["double", readDouble],
  ["float", readDouble],
]);

function readBoolean(value: Json): boolean | undefined {
  if (typeof value === "boolean") return value;
  return value === "true" ? true : value === "false" ? false : undefined;
}

function readDouble(value: Json): number | undefined {
  if (value instanceof JsonNumber) return Number.isFinite(value.value) ? value.value : undefined;
  if (typeof value !== "string") return undefined;
  if (["NaN", "Infinity", "-Infinity"].includes(value)) return Number(value);
  return DECIMAL.test(value) && Number.isFinite(Number(value)) ? Number(value) : undefined;
}

/** An integer as text, which protobufjs encodes exactly, or as a number of 32 bits. */
function readInteger(value: Json, type: string): string | number | undefined {
  const range = RANGES.get(type);
  const integer = integerOf(value);
  if (!range || integer === undefined || integer < range.least || integer > range.most) return undefined;
  return type.endsWith("32") ? Number(integer) : String(integer);
}

function integerOf(value: Json): bigint | undefined {
  if (typeof value === "string") return INTEGER.test(value) ? BigInt(value.replace(/^\+/, "")) : undefined;
  if (!(value instanceof JsonNumber)) return undefined;
  if (INTEGER.test(value.text)) return BigInt(value.text);
  return Number.isSafeInteger(value.value) ? BigInt(value.value) : undefined;
}

const STANDARD_BASE64 = /^[A-Za-z0-9+/]*={0,2}$/;
const URL_BASE64 = /^[A-Za-z0-9_-]*={0,2}$/;

/** Bytes in either alphabet of base64, with or without padding. Undefined when no bytes have this form. */
function readBase64(text: string): Uint8Array | undefined {
  if (!STANDARD_BASE64.test(text) && !URL_BASE64.test(text)) return undefined;
  const unpadded = text.replace(/=+$/, "");
  if (unpadded !== text && text.length % 4 !== 0) return undefined;
  const bytes = Buffer.from(unpadded, "base64");
  // Bits beyond the last byte must be zero, or other text would mean the same bytes.
  const isExact = bytes.toString("base64url").replace(/=+$/, "") === unpadded.replaceAll("+", "-").replaceAll("/", "_");
  return isExact ? new Uint8Array(bytes) : undefined;
}
