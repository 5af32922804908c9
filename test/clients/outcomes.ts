import * as z from "zod";

/** How each test ended, by its name. */
export type Outcomes = ReadonlyMap<string, "passed" | "failed" | "skipped">;

const outcomesSchema = z.record(z.string(), z.enum(["passed", "failed", "skipped"]));

/** Reads what python/report_outcomes.py wrote. */
export function readOutcomes(json: string): Outcomes {
  return new Map(Object.entries(outcomesSchema.parse(JSON.parse(json))));
}

/** The tests that ended so, in their order. */
export function namesOf(outcomes: Outcomes, wanted: "passed" | "failed" | "skipped"): string[] {
  return [...outcomes].filter(([, outcome]) => outcome === wanted).map(([name]) => name);
}

export function countsOf(outcomes: Outcomes): string {
  return (["passed", "failed", "skipped"] as const)
    .map((outcome) => `${namesOf(outcomes, outcome).length} ${outcome}`)
    .join(", ");
}

/** The tests that pass there, but not here. */
export function missedBy(here: Outcomes, there: Outcomes): string[] {
  return namesOf(there, "passed").filter((name) => here.get(name) !== "passed");
}
