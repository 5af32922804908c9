import protobuf from "protobufjs/light.js";

/** What is compared: text in lower case, or a number; times and durations are in seconds. */
export type Scalar = string | number;

/** Parses the value that a filter compares a field with. Undefined when the field can't have it. */
export function parseOperand(text: string, field: protobuf.Field): Scalar | undefined {
  const { resolvedType } = field;
  if (resolvedType instanceof protobuf.Enum) return enumNumber(text, resolvedType);
  switch (resolvedType?.fullName) {
    case ".google.protobuf.Duration":
      return text.endsWith("s") ? finite(text.slice(0, -1)) : undefined;
    case ".google.protobuf.Timestamp":
      return finite(Date.parse(text) / 1000);
    default:
      return field.type === "string" ? text.toLowerCase() : finite(text);
  }
}

/** Names are taken in any case; numbers aren't taken. */
function enumNumber(text: string, type: protobuf.Enum): number | undefined {
  const name = text.toUpperCase();
  return Object.hasOwn(type.values, name) ? type.values[name] : undefined;
}

function finite(value: string | number): number | undefined {
  const number = typeof value === "string" && value.trim() === "" ? Number.NaN : Number(value);
  return Number.isFinite(number) ? number : undefined;
}
