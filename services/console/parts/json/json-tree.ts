import { cut } from "../cut.ts";

/** How much of a JSON value a page shows. */
export interface JsonLimits {
  /** The most values. */
  readonly mostValues: number;
  /** The most entries of one list or object. */
  readonly mostEntries: number;
  /** The most characters of a string or a name. */
  readonly longestText: number;
}

export const JSON_LIMITS: JsonLimits = { mostValues: 1_000, mostEntries: 100, longestText: 1_000 };

/** The displayed part of a JSON value. */
export type JsonNode = JsonLeaf | JsonContainer;

export type JsonLeaf =
  | { readonly kind: "plain"; readonly type: "number" | "boolean" | "null"; readonly text: string }
  /** `text` is in JSON syntax. `length` is the whole string's, if it is cut. */
  | { readonly kind: "string"; readonly text: string; readonly length: number | undefined };

export interface JsonContainer {
  readonly kind: "list" | "object";
  readonly size: number;
  /** The first entries; the others are beyond a limit. Names are in JSON syntax. */
  readonly entries: readonly JsonEntry[];
}

export interface JsonEntry {
  readonly name: string | undefined;
  readonly node: JsonNode;
}

export interface JsonTree {
  readonly root: JsonNode;
  /** Whether a limit has left anything out. */
  readonly isCut: boolean;
  /** How many values it shows. */
  readonly count: number;
}

/** A container whose entries aren't filled in yet. */
interface Unfilled {
  readonly value: object;
  readonly size: number;
  readonly entries: JsonEntry[];
}

/**
 * The part of a JSON value that a page shows. It goes level by level, so that one deep or long branch doesn't crowd out
 * the others, and without recursion.
 */
export function jsonTree(value: unknown, limits: JsonLimits = JSON_LIMITS): JsonTree {
  const unfilled: Unfilled[] = [];
  let left = limits.mostValues - 1;
  let isCut = false;
  const nodeOf = (one: unknown): JsonNode => {
    if (typeof one === "string") {
      const node = stringNode(one, limits);
      isCut ||= node.length !== undefined;
      return node;
    }
    if (typeof one !== "object" || one === null) return plainNode(one);
    const size = Array.isArray(one) ? one.length : Object.keys(one).length;
    const entries: JsonEntry[] = [];
    unfilled.push({ value: one, size, entries });
    return { kind: Array.isArray(one) ? "list" : "object", size, entries };
  };
  const root = nodeOf(value);
  for (const container of unfilled) {
    const shown = entriesOf(container.value, Math.min(limits.mostEntries, left));
    left -= shown.length;
    isCut ||= shown.length < container.size;
    for (const [name, one] of shown) {
      container.entries.push({ name: name === undefined ? undefined : nameText(name, limits), node: nodeOf(one) });
    }
  }
  return { root, isCut, count: limits.mostValues - left };
}

/** The first entries of a list or an object. */
function entriesOf(value: object, most: number): (readonly [name: string | undefined, value: unknown])[] {
  if (!Array.isArray(value)) return Object.entries(value).slice(0, most);
  return value.slice(0, most).map((one: unknown) => [undefined, one] as const);
}

function stringNode(value: string, { longestText }: JsonLimits) {
  const isCut = value.length > longestText;
  const text = JSON.stringify(isCut ? cut(value, longestText) : value);
  return { kind: "string", text, length: isCut ? value.length : undefined } as const;
}

function nameText(name: string, { longestText }: JsonLimits): string {
  return name.length > longestText ? `${JSON.stringify(cut(name, longestText))}…` : JSON.stringify(name);
}

function plainNode(value: unknown): JsonNode {
  if (value === null) return { kind: "plain", type: "null", text: "null" };
  if (typeof value === "boolean") return { kind: "plain", type: "boolean", text: String(value) };
  // JSON.stringify would lose the sign of -0.
  return { kind: "plain", type: "number", text: Object.is(value, -0) ? "-0" : JSON.stringify(value) };
}
