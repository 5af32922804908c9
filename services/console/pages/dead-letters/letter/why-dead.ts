import type { DeadLetter } from "../../../../../packages/client/src/views/dead-letter.ts";
import { describeOutcome } from "../../../parts/attempts/outcomes.ts";

/** Why a task was given up rather than tried again, in a sentence or two. */
export function whyDead({ attempts, attemptLog = [] }: Pick<DeadLetter, "attempts" | "attemptLog">): string {
  const last = attemptLog.at(-1);
  const counted = attempts === 1 ? "1 attempt" : `${attempts} attempts`;
  if (!last) return attempts === 0 ? "It was given up before an attempt began." : `It was given up after ${counted}.`;
  switch (last.outcome) {
    case "permanent":
      return attempts === 1
        ? "Its handler said in the first attempt that another one would not help."
        : `Its handler said in attempt ${attempts} that another one would not help.`;
    case "unknown-type":
      return `No worker knew its type, in ${counted}.`;
    default:
      return `${attempts === 1 ? "Its only attempt" : `The last of its ${counted}`} ${describeOutcome(last.outcome).label}.`;
  }
}
