import type { RequestProblem } from "../../../shared/http/problem.ts";
import { type Field, problemPath } from "./field.ts";

/** The problems of a payload: those of each field, and those of none. */
export interface FieldProblems {
  of(field: Field): readonly RequestProblem[];
  readonly others: readonly RequestProblem[];
}

/** Assigns each problem to the innermost field that its path leads to or into. */
export function placeProblems(field: Field, problems: readonly RequestProblem[]): FieldProblems {
  const placed = new Map<string, RequestProblem[]>();
  const others: RequestProblem[] = [];
  for (const problem of problems) {
    const found = innermost(field, problem.path);
    if (!found) others.push(problem);
    else placed.set(problemPath(found), [...(placed.get(problemPath(found)) ?? []), problem]);
  }
  return { of: (field) => placed.get(problemPath(field)) ?? [], others };
}

/** A problem inside a group belongs to one of its fields, or to none that is shown. */
function innermost(field: Field, path: string): Field | undefined {
  const own = problemPath(field);
  if (field.kind !== "group") return path === own || path.startsWith(`${own}.`) ? field : undefined;
  const within = field.fields.map((part) => innermost(part, path)).find((found) => found !== undefined);
  return within ?? (path === own && field.path.length > 0 ? field : undefined);
}
