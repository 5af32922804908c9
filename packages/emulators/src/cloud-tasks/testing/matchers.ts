import type { AttemptRecord, AttemptSelector } from "./history.ts";
import { isSuccess } from "../dispatch/request/response-status.ts";
import { formatTimeline } from "./timeline.ts";

/** An emulator as the matchers see it. */
interface WithHistory {
  history(selector?: AttemptSelector): AttemptRecord[];
}

/** What a matcher answers to vitest's or Jest's `expect`. */
interface Verdict {
  readonly pass: boolean;
  readonly message: () => string;
}

/**
 * Matchers for `expect` of vitest and Jest, which know one interface: `expect.extend(taskMatchers)`. When one fails, its
 * message has the timeline of the task's attempts.
 */
export const taskMatchers = {
  /**
   * The task was delivered: a worker answered one of its attempts with 2xx.
   *
   * @param expected.attempts how many it took; default: any number.
   */
  toHaveBeenDelivered(emulator: WithHistory, task: string, expected: { readonly attempts?: number } = {}): Verdict {
    const attempts = emulator.history({ task });
    const delivered = attempts.find(({ outcome }) => outcome !== undefined && isSuccess(outcome))?.dispatch;
    const pass = delivered !== undefined && delivered === (expected.attempts ?? delivered);
    const how = expected.attempts === undefined ? "" : ` with attempt ${expected.attempts}`;
    return { pass, message: () => sentence({ task, pass, wanted: `have been delivered${how}`, attempts }) };
  },

  /**
   * The task failed and was put back to be tried again.
   *
   * @param expected.times how often; default: at least once.
   * @param expected.afterMs after how many milliseconds each time, from the end of an attempt; default: any.
   */
  toHaveRetried(
    emulator: WithHistory,
    task: string,
    expected: { readonly times?: number; readonly afterMs?: readonly number[] } = {},
  ): Verdict {
    const attempts = emulator.history({ task });
    const waits = attempts.flatMap(({ endedMs = 0, fate }) => (fate?.kind === "retry" ? [fate.dueMs - endedMs] : []));
    const { times, afterMs } = expected;
    const pass =
      waits.length > 0 &&
      (times === undefined || waits.length === times) &&
      (afterMs === undefined || (waits.length === afterMs.length && waits.every((wait, i) => wait === afterMs[i])));
    const how = [
      times === undefined ? "" : ` ${times} times`,
      afterMs === undefined ? "" : ` after ${afterMs.join(", ")} ms`,
    ].join("");
    return { pass, message: () => sentence({ task, pass, wanted: `have been retried${how}`, attempts }) };
  },
};

function sentence(told: {
  readonly task: string;
  readonly pass: boolean;
  readonly wanted: string;
  readonly attempts: readonly AttemptRecord[];
}): string {
  const { task, pass, wanted, attempts } = told;
  return `Expected ${task} ${pass ? "not " : ""}to ${wanted}.\n${formatTimeline(attempts)}`;
}
