import type { JavaScriptValue } from "google-protobuf/google/protobuf/struct_pb.js";

/**
 * How Pulumi's protocol marks values that plain JSON has no words for
 * (https://github.com/pulumi/pulumi/blob/master/sdk/nodejs/runtime/rpc.ts): an object with this key is one of them, and
 * the key's value tells which.
 */
const SIGNATURE = "4dabf18193072939515e22adb298388d";
const SECRET = "1b47061264138c4ac30d75fd1eb44270";
const OUTPUT = "d0e6a833031e9bbcd3f4e8bde6ca49a4";
const UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";

/** What a value that isn't known before an update reads as. */
const UNKNOWN_TEXT = "[unknown]";
/** What a secret reads as. */
const SECRET_TEXT = "[secret]";

/** A value as Pulumi's protocol carries it. */
export type Value = JavaScriptValue;
export type Fields = Record<string, Value>;

/** An object's fields; none for anything else. */
export function fieldsOf(value: Value): Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? { ...value } : {};
}

/** A value as text: a text as it is, everything else as JSON. */
export function textOf(value: Value | undefined): string {
  return typeof value === "string" ? value : JSON.stringify(value ?? null);
}

/** The value with all its marks taken off: what a provider would be handed. */
export function unmarked(value: Value): Value {
  return walk(value, (secret) => unmarked(secret));
}

/** The value as a person may see it: secrets and unknown values by a word. */
export function shown(value: Value): Value {
  return walk(value, () => SECRET_TEXT);
}

function walk(value: Value, onSecret: (value: Value) => Value): Value {
  if (typeof value === "string") return value.replaceAll(UNKNOWN, UNKNOWN_TEXT);
  if (Array.isArray(value)) return value.map((item) => walk(item, onSecret));
  if (typeof value !== "object" || value === null) return value;
  const fields = fieldsOf(value);
  if (fields[SIGNATURE] === SECRET) return onSecret(fields["value"] ?? null);
  if (fields[SIGNATURE] === OUTPUT) {
    const inner = fields["value"] !== undefined ? walk(fields["value"], onSecret) : UNKNOWN_TEXT;
    return fields["secret"] === true ? onSecret(inner) : inner;
  }
  return Object.fromEntries(Object.entries(fields).map(([key, item]) => [key, walk(item, onSecret)]));
}

/** Marks a value as a secret, as a provider does with what it made. */
export function asSecret(value: string): Fields {
  return { [SIGNATURE]: SECRET, value };
}
