import { isDeepStrictEqual } from "node:util";
import { type Field, inputName } from "./field.ts";
import { type Typed, readFields } from "./read-fields.ts";
import { isObject } from "../../../shared/runtime/is-object.ts";

/**
 * The texts that a person would type for a payload, by the names of the inputs. Undefined if the fields can't express
 * the payload, for example an empty text where that would leave the field out.
 */
export function fillFields(field: Field, payload: unknown): Typed | undefined {
  const typed = new Map<string, string>();
  fill(field, payload, typed);
  if (![...typed.values()].every(canBeShown)) return undefined;
  const read = readFields(field, typed);
  return read.kind === "read" && isDeepStrictEqual(JSON.parse(read.json), payload) ? typed : undefined;
}

/** A payload in a form that a person can read and edit. */
export function prettyJson(value: unknown): string {
  return JSON.stringify(value, null, 2);
}

/** HTML can't contain NUL, and UTF-8 can't contain a lone surrogate. */
function canBeShown(text: string): boolean {
  return !text.includes("\0") && text.isWellFormed();
}

function fill(field: Field, value: unknown, typed: Map<string, string>): void {
  if (value === undefined) return;
  if (field.kind === "group") {
    for (const part of field.fields) fill(part, ownField(value, part.path.at(-1)), typed);
    return;
  }
  typed.set(inputName(field), textOf(field, value));
}

function ownField(value: unknown, key: string | undefined): unknown {
  return key !== undefined && isObject(value) && Object.hasOwn(value, key) ? value[key] : undefined;
}

function textOf(field: Exclude<Field, { readonly kind: "group" }>, value: unknown): string {
  switch (field.kind) {
    case "text":
      return typeof value === "string" ? value : "";
    case "number":
    case "choice":
      return JSON.stringify(value);
    case "lines":
      return Array.isArray(value) ? value.map(lineOf).join("\n") : "";
    case "json":
      return prettyJson(value);
    default:
      return field satisfies never;
  }
}

function lineOf(item: unknown): string {
  return typeof item === "string" ? item : JSON.stringify(item);
}
