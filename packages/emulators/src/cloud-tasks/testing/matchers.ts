import type { AttemptRecord, AttemptSelector } from "./history.ts";
import { isSuccess } from "../dispatch/request/response-status.ts";
import { formatTimeline } from "./timeline.ts";

/** An emulator as the matchers see it. */
interface WithHistory {
  history(selector?: AttemptSelector): AttemptRecord[];
}

/** What a matcher returns to `expect`. */
interface MatcherResult {
  readonly pass: boolean;
  readonly message: () => string;
}

/**
 * Matchers for the `expect` of vitest or Jest: `expect.extend(taskMatchers)`. When one fails, its message shows a timeline
 * of the task's attempts.
 */
export const taskMatchers = {
  /**
   * Passes when a worker responded 2xx to one of the task's attempts.
   *
   * @param expected.attempts how many attempts it took; default: any number.
   */
  toHaveSucceeded(emulator: WithHistory, task: string, expected: { readonly attempts?: number } = {}): MatcherResult {
    const attempts = emulator.history({ task });
    const succeeded = attempts.find(({ outcome }) => outcome !== undefined && isSuccess(outcome))?.dispatch;
    const pass = succeeded !== undefined && succeeded === (expected.attempts ?? succeeded);
    const how = expected.attempts === undefined ? "" : ` with attempt ${expected.attempts}`;
    return { pass, message: () => sentence({ task, pass, wanted: `have succeeded${how}`, attempts }) };
  },

  /**
   * Passes when a worker responded to one of the task's attempts, whatever it said.
   *
   * @param expected.attempts how many attempts there were; default: any number.
   */
  toHaveBeenDelivered(
    emulator: WithHistory,
    task: string,
    expected: { readonly attempts?: number } = {},
  ): MatcherResult {
    const attempts = emulator.history({ task });
    const count = attempts.at(-1)?.dispatch;
    const isDelivered = attempts.some(({ outcome }) => outcome?.kind === "answered");
    const pass = isDelivered && count === (expected.attempts ?? count);
    const how = expected.attempts === undefined ? "" : ` in ${expected.attempts} attempts`;
    return { pass, message: () => sentence({ task, pass, wanted: `have been delivered${how}`, attempts }) };
  },

  /**
   * Passes when the task failed and was scheduled for a retry.
   *
   * @param expected.times how often; default: at least once.
   * @param expected.afterMs the wait before each retry in milliseconds, from the end of an attempt; default: any.
   */
  toHaveRetried(
    emulator: WithHistory,
    task: string,
    expected: { readonly times?: number; readonly afterMs?: readonly number[] } = {},
  ): MatcherResult {
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

function sentence(result: {
  readonly task: string;
  readonly pass: boolean;
  readonly wanted: string;
  readonly attempts: readonly AttemptRecord[];
}): string {
  const { task, pass, wanted, attempts } = result;
  return `Expected ${task} ${pass ? "not " : ""}to ${wanted}.\n${formatTimeline(attempts)}`;
}
