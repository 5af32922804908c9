import type { DeadLetter } from "../../../../../packages/client/src/views/dead-letter.ts";
import type { TaskTypeInfo } from "../../../../../packages/client/src/views/service.ts";
import { describeOutcome } from "../../../parts/attempts/outcomes.ts";

/**
 * Why a task wasn't retried, in a sentence.
 *
 * @param type as the producer knows it now; undefined if it is unknown.
 */
export function whyDead(
  { attempts, attemptLog = [] }: Pick<DeadLetter, "attempts" | "attemptLog">,
  type: Pick<TaskTypeInfo, "attempts"> | undefined,
): string {
  const last = attemptLog.at(-1);
  const counted = attempts === 1 ? "1 attempt" : `${attempts} attempts`;
  if (!last)
    return attempts === 0
      ? "It became a dead letter before an attempt began."
      : `It became a dead letter after ${counted}.`;
  switch (last.outcome) {
    case "permanent":
      return attempts === 1
        ? "Its handler said in the first attempt that another one would not help."
        : `Its handler said in attempt ${attempts} that another one would not help.`;
    case "unknown-type":
      return `No worker knew its type, in ${counted}.`;
    default: {
      const used =
        attempts === type?.attempts ? `It used up its ${counted}` : `It became a dead letter after ${counted}`;
      return `${used}: the last one ${describeOutcome(last.outcome).label}.`;
    }
  }
}
