import type { RanStep } from "./test-stack.ts";

/** What `npm run preview:offline` counts: neither components nor the providers that Pulumi adds by itself. */
export function countsOf(steps: readonly RanStep[]): Record<string, number> {
  const counted = steps.filter(
    ({ urn, type }) => !/^(handoff:|pulumi:pulumi:)/.test(type) && !urn.includes("::default_"),
  );
  return Object.fromEntries([...Map.groupBy(counted, ({ type }) => type)].map(([type, { length }]) => [type, length]));
}
