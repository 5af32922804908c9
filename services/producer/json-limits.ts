/** How deeply values may be nested: readers that recurse must not run out of stack. */
const DEEPEST_JSON = 64;

/**
 * Why a JSON value can't be carried unchanged by everything that it will pass through, or nothing if it can.
 * Walks without recursion, since the depth is what it checks.
 */
export function jsonLimitProblem(root: unknown): string | undefined {
  const open: { value: unknown; depth: number }[] = [{ value: root, depth: 0 }];
  for (let next = open.pop(); next; next = open.pop()) {
    const { value, depth } = next;
    const problem = scalarProblem(value);
    if (problem) return problem;
    if (typeof value !== "object" || value === null) continue;
    if (depth === DEEPEST_JSON) return `must be nested at most ${DEEPEST_JSON} levels deep`;
    for (const [key, child] of Object.entries(value)) {
      if (key === "__proto__") return "must not have a field named __proto__";
      if (!key.isWellFormed()) return "must not have field names with unpaired surrogates";
      open.push({ value: child, depth: depth + 1 });
    }
  }
  return undefined;
}

function scalarProblem(value: unknown): string | undefined {
  if (typeof value === "number" && !Number.isFinite(value)) return "must not have numbers beyond the double range";
  if (typeof value === "string" && !value.isWellFormed()) return "must not have text with unpaired surrogates";
  return undefined;
}
