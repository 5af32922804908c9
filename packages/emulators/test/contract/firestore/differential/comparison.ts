import { status } from "@grpc/grpc-js";
import type { Answer, Session } from "./execute.ts";
import { type Operation, mayDiverge } from "./operation.ts";

/** One operation, and what both emulators answered to it. */
export interface Meeting {
  readonly operation: Operation;
  readonly ours: Answer;
  readonly theirs: Answer;
}

/** How a case went. */
export interface Outcome {
  /** How many operations both emulators answered. */
  readonly operations: number;
  /** Where they differed, in order. */
  readonly differences: readonly Meeting[];
}

/** Runs a case on both emulators, up to a difference after which they may not be in the same state. */
export async function playCase(
  operations: readonly Operation[],
  emulators: { readonly ours: Session; readonly theirs: Session },
): Promise<Outcome> {
  const differences: Meeting[] = [];
  let answered = 0;
  for (const operation of operations) {
    const [ours, theirs] = await Promise.all([emulators.ours.run(operation), emulators.theirs.run(operation)]);
    answered += 1;
    if (areAlike(ours, theirs)) continue;
    differences.push({ operation, ours, theirs });
    if (mayDiverge(operation)) break;
  }
  return { operations: answered, differences };
}

/** Whether two answers have the same code and the same replies; the texts of errors may differ. */
function areAlike(ours: Answer, theirs: Answer): boolean {
  if (ours.code !== theirs.code) return false;
  return ours.code !== status.OK || JSON.stringify(ours.replies) === JSON.stringify(theirs.replies);
}
