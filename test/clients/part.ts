import { type Outcomes, countsOf, missedBy, namesOf } from "./outcomes.ts";

/** What became of one part. */
export type PartResult =
  | { readonly kind: "skipped"; readonly why: string }
  | { readonly kind: "ran"; readonly ours: Outcomes; readonly googles?: Outcomes | undefined };

/** Clients that are tried together. */
export interface Part {
  readonly name: string;
  readonly run: () => Promise<PartResult>;
}

/**
 * The tests that should pass, and don't. Beside Google's emulator, those are the tests that pass there: some need what no
 * emulator has.
 */
export function failuresOf(result: PartResult): string[] {
  if (result.kind === "skipped") return [];
  const { ours, googles } = result;
  return googles ? missedBy(ours, googles) : namesOf(ours, "failed");
}

/** The lines to print of a part. */
export function report(name: string, result: PartResult): string[] {
  if (result.kind === "skipped") return [`${name}: skipped, since ${result.why}`];
  const { ours, googles } = result;
  const failures = failuresOf(result);
  if (!googles) return [`${name}: ${countsOf(ours)}`, ...failures.map((test) => `  failed: ${test}`)];
  return [
    `${name}: ${countsOf(ours)}; on Google's emulator ${countsOf(googles)}`,
    `${name}: ${missedBy(googles, ours).length} pass only on ours, ${failures.length} only on Google's`,
    ...failures.map((test) => `  only on Google's: ${test}`),
  ];
}
