import type { Idempotency } from "../../../shared/contract/task-type.ts";
import { DECISIONS } from "../decisions.ts";
import { type DifferenceIn, findDifferenceIn } from "./engine.ts";
import { modelOf } from "./explore.ts";
import type { Step } from "../steps.ts";

/** Looks for worlds that count as alike but aren't, within all sequences of up to `length` steps. */
export function findDifference(
  kind: Idempotency,
  { length }: { length: number },
): { readonly compared: number; readonly difference: DifferenceIn<Step> | null } {
  return findDifferenceIn(modelOf(kind, { decisions: DECISIONS, promises: [] }), length);
}
