import protobuf from "protobufjs/light.js";
import { RpcCode, RpcError } from "../rpc-error.ts";
import { fieldNamed } from "./field-names.ts";

/** Which fields of a message to return: all, or those with the names of the map. */
type Selection = "all" | Map<string, Selection>;

/** Masks that nest deeper are refused, since parsing them could exhaust the stack. */
const MAX_DEPTH = 50;

/**
 * Parses the system parameter `fields`, such as `tasks(name,httpRequest/url),nextPageToken`
 * (https://cloud.google.com/apis/docs/system-parameters).
 *
 * @returns what keeps the selected fields of a response.
 * @throws RpcError INVALID_ARGUMENT when it can't be parsed, or names a field that the response can't have.
 */
export function parseFields(fields: string, type: protobuf.Type): (response: object) => object {
  const parser = new FieldsParser(fields);
  const selection = parser.list(type, [], 0);
  if (!parser.isAtEnd) throw unknownPath(fields, fields);
  return (response) => select(response, selection);
}

const SPACES = /\s*/y;
const NAME = /\s*([\w*-]+)\s*/y;

class FieldsParser {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  get isAtEnd(): boolean {
    return this.#at === this.#text.length;
  }

  list(type: protobuf.Type | undefined, path: readonly string[], depth: number): Map<string, Selection> {
    if (depth > MAX_DEPTH) throw unknownPath(this.#text, path.join("."));
    const selected = new Map<string, Selection>();
    do {
      const [name, selection] = this.#entry(type, path, depth);
      merge(selected, name, selection);
    } while (this.#skip(","));
    return selected;
  }

  #entry(type: protobuf.Type | undefined, path: readonly string[], depth: number): [string, Selection] {
    NAME.lastIndex = this.#at;
    const name = NAME.exec(this.#text)?.[1] ?? "";
    this.#at = NAME.lastIndex;
    const here = [...path, name];
    const found = this.#lookUp(type, name, here);
    if (this.#skip("/") || this.#skip(".")) {
      const [inner, selection] = this.#entry(found.type, here, depth + 1);
      return [found.name, new Map([[inner, selection]])];
    }
    if (!this.#skip("(")) return [found.name, "all"];
    const inner = this.list(found.type, here, depth + 1);
    if (!this.#skip(")")) throw unknownPath(this.#text, here.join("."));
    return [found.name, inner];
  }

  /** A map's keys can be anything, and have no type. */
  #lookUp(
    type: protobuf.Type | undefined,
    name: string,
    path: readonly string[],
  ): { name: string; type?: protobuf.Type } {
    if (name === "*" || (!type && name !== "")) return { name };
    const field = type ? fieldNamed(type, name) : undefined;
    if (!field) throw unknownPath(this.#text, path.join("."));
    const { resolvedType } = field.resolve();
    return resolvedType instanceof protobuf.Type ? { name: field.name, type: resolvedType } : { name: field.name };
  }

  #skip(character: string): boolean {
    if (this.#text[this.#at] !== character) return false;
    SPACES.lastIndex = this.#at + 1;
    SPACES.exec(this.#text);
    this.#at = SPACES.lastIndex;
    return true;
  }
}

function merge(into: Map<string, Selection>, name: string, selection: Selection): void {
  const known = into.get(name);
  if (known === undefined || selection === "all") into.set(name, selection);
  else if (known !== "all") for (const [inner, innerSelection] of selection) merge(known, inner, innerSelection);
}

function select(value: object, selection: Selection): object {
  if (selection === "all") return value;
  const kept = Object.entries(value).flatMap(([name, inner]: [string, unknown]): [string, unknown][] => {
    const chosen = selection.get(name) ?? selection.get("*");
    return chosen === undefined ? [] : [[name, selectValue(inner, chosen)]];
  });
  return Object.fromEntries(kept);
}

function selectValue(value: unknown, selection: Selection): unknown {
  if (Array.isArray(value)) return value.map((item: unknown) => selectValue(item, selection));
  return typeof value === "object" && value !== null ? select(value, selection) : value;
}

function unknownPath(fields: string, path: string): RpcError {
  const description = `Error expanding 'fields' parameter. Cannot find matching fields for path '${path}'.`;
  return new RpcError(RpcCode.INVALID_ARGUMENT, "Request contains an invalid argument.", [
    { type: "google.rpc.BadRequest", fieldViolations: [{ field: fields, description }] },
  ]);
}
