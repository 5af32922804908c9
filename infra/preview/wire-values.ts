import type { JavaScriptValue } from "google-protobuf/google/protobuf/struct_pb.js";

/**
 * How Pulumi's protocol marks values that plain JSON can't express
 * (https://github.com/pulumi/pulumi/blob/master/sdk/nodejs/runtime/rpc.ts): an object with this key is such a value,
 * and the key's value says which kind.
 */
const SIGNATURE = "4dabf18193072939515e22adb298388d";
const SECRET = "1b47061264138c4ac30d75fd1eb44270";
const OUTPUT = "d0e6a833031e9bbcd3f4e8bde6ca49a4";
const UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";

/** How a value that isn't known before an update is shown. */
const UNKNOWN_TEXT = "[unknown]";
/** How a secret is shown. */
const SECRET_TEXT = "[secret]";

/** A value in Pulumi's protocol. */
export type Value = JavaScriptValue;
export type Fields = Record<string, Value>;

/** An object's fields; for any other value, no fields. */
export function fieldsOf(value: Value): Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? { ...value } : {};
}

/** A value as text: strings as they are, everything else as JSON. */
export function textOf(value: Value | undefined): string {
  return typeof value === "string" ? value : JSON.stringify(value ?? null);
}

/** The value with all its markers removed, as a provider would receive it. */
export function unmarked(value: Value): Value {
  return walk(value, (secret) => unmarked(secret));
}

/** The value in a form that is safe to show: placeholders stand for secrets and unknown values. */
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

/** Marks a value as a secret, as a provider does with values it generates. */
export function asSecret(value: string): Fields {
  return { [SIGNATURE]: SECRET, value };
}
