import type { RequestProblem } from "../../../shared/http/problem.ts";
import { type Field, inputName, leavesOf, problemPath } from "./field.ts";

/** What the person has typed, by the names of the inputs. */
export type Typed = ReadonlyMap<string, string>;

/** A payload as JSON, with every number as it was typed, or what is wrong with what was typed. */
export type ReadFields =
  | { readonly kind: "read"; readonly json: string }
  | { readonly kind: "wrong"; readonly problems: readonly RequestProblem[] };

/** Builds a payload from what was typed. Optional fields that are empty are left out. */
export function readFields(field: Field, typed: Typed): ReadFields {
  const problems: RequestProblem[] = [];
  const json = readField(field, typed, problems);
  if (problems.length > 0) return { kind: "wrong", problems };
  return json === undefined
    ? { kind: "wrong", problems: [{ path: problemPath(field), message: "is missing" }] }
    : { kind: "read", json };
}

/** What is wrong with a text as JSON, as the end of a sentence; undefined if nothing is. */
export function jsonProblem(text: string): string | undefined {
  try {
    JSON.parse(text);
    return undefined;
  } catch (error) {
    const why = error instanceof Error ? `: ${error.message.slice(0, MAX_REASON_LENGTH)}` : "";
    return `is not valid JSON${why}`;
  }
}

const MAX_REASON_LENGTH = 200;

/** A number in JSON (RFC 8259, section 6). */
const NUMBER = /^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?$/;
const NOT_A_NUMBER = "must be a number, such as 12 or 0.5";

/** The field as JSON; undefined if it is left out. Problems are added to the list. */
function readField(field: Field, typed: Typed, problems: RequestProblem[]): string | undefined {
  const text = plainLines(typed.get(inputName(field)) ?? "");
  const wrong = (message: string): undefined => void problems.push({ path: problemPath(field), message });
  switch (field.kind) {
    case "text":
      return readText(field, text);
    case "number":
      return readWord(text, (word) => (NUMBER.test(word) ? word : wrong(NOT_A_NUMBER)));
    case "choice":
      return readWord(text, (word) => {
        const isOption = field.options.some((option) => JSON.stringify(option) === word);
        return isOption ? word : wrong("is not one of the choices");
      });
    case "json":
      return readWord(text, (word) => {
        const problem = jsonProblem(word);
        return problem === undefined ? word : wrong(problem);
      });
    case "lines":
      return readLines(field, text, problems);
    case "group":
      return readGroup(field, typed, problems);
    default:
      return field satisfies never;
  }
}

/** Browsers send every line break as CR LF (https://html.spec.whatwg.org/#constructing-entry-list). */
function plainLines(text: string): string {
  return text.replaceAll(/\r\n?/g, "\n");
}

/** Reads a single word: spaces around it are ignored. */
function readWord(text: string, read: (word: string) => string | undefined): string | undefined {
  const word = text.trim();
  return word === "" ? undefined : read(word);
}

function readText(field: Field & { readonly kind: "text" }, text: string): string | undefined {
  const line = field.isLong ? text : text.replaceAll("\n", "");
  // No format allows spaces around it.
  const value = field.schema["format"] === undefined ? line : line.trim();
  return value === "" && !field.isRequired ? undefined : JSON.stringify(value);
}

function readLines(
  field: Field & { readonly kind: "lines" },
  text: string,
  problems: RequestProblem[],
): string | undefined {
  const lines = text.split("\n").filter((line) => line.trim() !== "");
  if (lines.length === 0) return field.isRequired ? "[]" : undefined;
  const items = lines.map((line, at) => {
    if (field.items === "string") return JSON.stringify(line);
    const word = line.trim();
    const isItem = field.items === "number" ? NUMBER.test(word) : word === "true" || word === "false";
    const message = field.items === "number" ? NOT_A_NUMBER : "must be true or false";
    if (!isItem) problems.push({ path: `${problemPath(field)}.${at}`, message });
    return word;
  });
  return `[${items.join(",")}]`;
}

function readGroup(
  field: Field & { readonly kind: "group" },
  typed: Typed,
  problems: RequestProblem[],
): string | undefined {
  if (!field.isRequired && isEmpty(field, typed)) return undefined;
  const parts = field.fields.flatMap((part) => {
    const json = readField(part, typed, problems);
    return json === undefined ? [] : [`${JSON.stringify(part.path.at(-1))}:${json}`];
  });
  return `{${parts.join(",")}}`;
}

/** An optional object is left out only if every field in it is empty. */
function isEmpty(field: Field, typed: Typed): boolean {
  return leavesOf(field).every((leaf) => (typed.get(inputName(leaf)) ?? "") === "");
}
