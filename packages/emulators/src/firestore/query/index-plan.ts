import { type Condition, type FilterTree, isInequality } from "./filter-tree.ts";
import type { Nearest } from "./nearest.ts";
import type { SortKey } from "./query-order.ts";

/** An index, as the service describes it in the plan of a query. */
export interface IndexUsed {
  readonly queryScope: "Collection" | "Collection group";
  /** For example `(foo ASC, __name__ ASC)`. */
  readonly properties: string;
}

/**
 * The indexes that the service would use for a query, if it had exactly the right ones: for each alternative of its
 * filter, one of the fields with equalities, then of the order, then of the vector that is searched.
 *
 * The format is that of https://firebase.google.com/docs/firestore/query-explain
 */
export function planIndexes(plan: {
  readonly filter: FilterTree | null;
  readonly order: readonly SortKey[];
  readonly nearest: Nearest | null;
  readonly queryScope: IndexUsed["queryScope"];
}): IndexUsed[] {
  const { filter, order, nearest, queryScope } = plan;
  const ordered = order.map(({ field, descending }) => `${field.name} ${descending ? "DESC" : "ASC"}`);
  const searched = nearest ? [`${nearest.field.name} VECTOR<${nearest.dimensions}>`] : [];
  const indexes = (filter ? alternativesOf(filter) : [[]]).map((conditions) => {
    const equal = conditions.filter((condition) => !condition.field.isKey && !isInequality(condition)).map(propertyOf);
    const names = new Set(order.map(({ field }) => field.name));
    const first = equal.filter(({ name }) => !names.has(name)).map(({ text }) => text);
    return `(${[...new Set([...first, ...ordered, ...searched])].join(", ")})`;
  });
  return [...new Set(indexes)].map((properties) => ({ queryScope, properties }));
}

/** The filter in disjunctive normal form. The rules for filters limit it. */
function alternativesOf(filter: FilterTree): Condition[][] {
  if (!("parts" in filter)) return [[filter]];
  const parts = filter.parts.map(alternativesOf);
  if (filter.kind === "or") return parts.flat();
  return parts.reduce<Condition[][]>((all, part) => all.flatMap((a) => part.map((b) => [...a, ...b])), [[]]);
}

function propertyOf({ field, kind }: Condition): { name: string; text: string } {
  const isInArray = kind === "array-contains" || kind === "array-contains-any";
  return { name: isInArray ? "" : field.name, text: `${field.name} ${isInArray ? "CONTAINS" : "ASC"}` };
}
