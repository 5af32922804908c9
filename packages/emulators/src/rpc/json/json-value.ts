/** A JSON value as it was written: numbers keep their text, since a double can't carry every 64-bit integer. */
export type Json = null | boolean | string | JsonNumber | readonly Json[] | JsonObject;

/** A JSON object. */
export interface JsonObject {
  readonly [name: string]: Json;
}

/** A JSON number with its text. */
export class JsonNumber {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }

  /** As a double; not finite when the text is beyond a double. */
  get value(): number {
    return Number(this.text);
  }
}

/** Revives numbers for `JSON.parse`, so that it returns a `Json`. */
export function keepNumberText(_key: string, value: unknown, context?: { readonly source?: string }): unknown {
  return typeof value === "number" ? new JsonNumber(context?.source ?? String(value)) : value;
}

/** Whether a value is an object, and not a list, a number or null. */
export function isJsonObject(value: Json): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value) && !(value instanceof JsonNumber);
}

/** Whether a value is a list. */
export const isJsonList = (value: Json): value is readonly Json[] => Array.isArray(value);

/** A scalar in the words of Google's errors: text in quotes, with nothing escaped; integers as they were written. */
export function scalarText(value: Json): string {
  if (typeof value === "string") return `"${value}"`;
  if (value instanceof JsonNumber) return /^-?\d+$/.test(value.text) ? value.text : String(value.value);
  return typeof value === "boolean" ? String(value) : "null";
}
