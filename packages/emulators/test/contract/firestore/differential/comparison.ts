import { status } from "@grpc/grpc-js";
import type { CallResult, Session } from "./execute.ts";
import { type Operation, mayDiverge } from "./operation.ts";

/** One operation, and how both emulators responded. */
export interface Comparison {
  readonly operation: Operation;
  readonly ours: CallResult;
  readonly theirs: CallResult;
}

/** How a case went. */
export interface Outcome {
  /** How many operations both emulators ran. */
  readonly operations: number;
  /** Where they differ, in order. */
  readonly differences: readonly Comparison[];
}

/** Runs a case on both emulators, up to a difference after which their states may differ. */
export async function playCase(
  operations: readonly Operation[],
  emulators: { readonly ours: Session; readonly theirs: Session },
): Promise<Outcome> {
  const differences: Comparison[] = [];
  let count = 0;
  for (const operation of operations) {
    const [ours, theirs] = await Promise.all([emulators.ours.run(operation), emulators.theirs.run(operation)]);
    count += 1;
    if (areAlike(ours, theirs)) continue;
    differences.push({ operation, ours, theirs });
    if (mayDiverge(operation)) break;
  }
  return { operations: count, differences };
}

/** Whether two results have the same code and the same replies. The texts of errors may differ. */
function areAlike(ours: CallResult, theirs: CallResult): boolean {
  if (ours.code !== theirs.code) return false;
  return ours.code !== status.OK || JSON.stringify(ours.replies) === JSON.stringify(theirs.replies);
}
