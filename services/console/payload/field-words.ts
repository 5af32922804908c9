import type { Field } from "./field.ts";
import type { JsonSchema } from "./json-schema.ts";
import { examplesOf } from "./sample-payload.ts";

/** A longer pattern helps nobody; the schema shows it. */
const MAX_PATTERN_LENGTH = 80;
const MAX_CHOICES = 20;

/** The type of a field, in a few words. */
export function typeWords(field: Field): string {
  const { schema } = field;
  switch (field.kind) {
    case "text":
      return textWords(schema["format"]);
    case "number":
      return schema["type"] === "integer" ? "whole number" : "number";
    case "choice":
      return choiceWords(field.options);
    case "lines":
      return `list of ${LIST_ITEMS[field.items]}`;
    case "group":
      return "object";
    case "json":
      return jsonWords(schema);
    default:
      return field satisfies never;
  }
}

function textWords(format: unknown): string {
  return typeof format === "string" ? (FORMATS[format] ?? format) : "text";
}

/** The schema's other rules for a value, each in a few words. */
export function ruleWords({ schema }: Pick<Field, "schema">): readonly string[] {
  const { pattern, format, default: byDefault } = schema;
  const isShort = typeof pattern === "string" && pattern.length <= MAX_PATTERN_LENGTH;
  return [
    rangeWords({ least: schema["minLength"], most: schema["maxLength"], of: "characters" }),
    rangeWords({ least: schema["minItems"], most: schema["maxItems"], of: "items" }),
    ...boundWords(schema),
    isShort && format === undefined ? `matches ${pattern}` : undefined,
    "default" in schema ? `default: ${JSON.stringify(byDefault)}` : undefined,
  ].filter((words) => words !== undefined);
}

/** The words as sentences, followed by the schema's own description. */
export function fieldSentences(field: Pick<Field, "schema">, words: readonly string[]): string {
  const [first] = examplesOf(field.schema);
  const all = [...words, ...(first === undefined ? [] : [`such as ${optionLabel(first)}`])].join(", ");
  const sentence = all === "" ? undefined : `${all.slice(0, 1).toUpperCase()}${all.slice(1)}.`;
  return [sentence, descriptionOf(field)].filter((text) => text !== undefined).join(" ");
}

/** The schema's own description of a value. */
export function descriptionOf({ schema }: Pick<Field, "schema">): string | undefined {
  return typeof schema["description"] === "string" ? schema["description"] : undefined;
}

/** A choice as the person reads it. */
export function optionLabel(option: unknown): string {
  return typeof option === "string" && option !== "" ? option : JSON.stringify(option);
}

const FORMATS: Readonly<Record<string, string>> = {
  "date-time": "time with a zone, such as 2030-01-31T08:00:00Z",
  date: "date, such as 2030-01-31",
  uri: "URL",
  email: "e-mail address",
  uuid: "UUID",
};

const LIST_ITEMS = { string: "texts", number: "numbers", boolean: "true or false" } as const;

function choiceWords(options: readonly unknown[]): string {
  const labels = options.slice(0, MAX_CHOICES).map(optionLabel);
  if (options.length > MAX_CHOICES) labels.push("…");
  return options.length === 1 ? `always ${labels.join("")}` : `one of ${labels.join(", ")}`;
}

function jsonWords(schema: JsonSchema): string {
  const { type } = schema;
  if (["anyOf", "oneOf"].some((word) => word in schema)) return "JSON of one of several forms";
  if (Array.isArray(type)) return `JSON: ${type.join(" or ")}`;
  if (type === "array") return "JSON: a list";
  if (type === "object") return "JSON: an object";
  return type === "null" ? "null" : "JSON";
}

function boundWords({ minimum, maximum, exclusiveMinimum, exclusiveMaximum }: JsonSchema): (string | undefined)[] {
  return [
    isBound(minimum) ? `at least ${minimum}` : undefined,
    isBound(exclusiveMinimum) ? `more than ${exclusiveMinimum}` : undefined,
    isBound(maximum) ? `at most ${maximum}` : undefined,
    isBound(exclusiveMaximum) ? `less than ${exclusiveMaximum}` : undefined,
  ];
}

/** zod limits every integer to those that a double holds exactly. */
function isBound(bound: unknown): bound is number {
  return typeof bound === "number" && Math.abs(bound) < Number.MAX_SAFE_INTEGER;
}

function rangeWords(range: {
  readonly least: unknown;
  readonly most: unknown;
  readonly of: string;
}): string | undefined {
  const { least, most, of } = range;
  if (typeof least === "number" && typeof most === "number") return `${least} to ${most} ${of}`;
  if (typeof least === "number") return `at least ${least} ${of}`;
  return typeof most === "number" ? `at most ${most} ${of}` : undefined;
}
