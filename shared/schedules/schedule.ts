import type { z } from "zod";
import type { PayloadText } from "../contract/envelope.ts";
import { payloadTextOf } from "../contract/new-task/payload-text.ts";
import type { TaskType } from "../contract/task-type.ts";
import { isTimeZone } from "./time-zone.ts";
import { type Timing, timingOf } from "./timing.ts";

/** A task that is enqueued by the clock. */
export interface Schedule {
  /** Never changes: the tasks' ids and its state in the database depend on it. */
  readonly name: string;
  readonly cron: string;
  readonly timeZone: string;
  readonly task: TaskType;
  /** As text, which is what all of its tasks are sent with. */
  readonly payload: PayloadText;
  /** Whether every time that was missed is made up for, rather than the latest alone. */
  readonly catchUp: boolean;
  readonly timing: Timing;
}

/** A schedule as `defineSchedule` accepts it. */
export interface ScheduleDefinition<Task extends TaskType> {
  /** 1 to 63 lower-case letters, digits and hyphens. */
  readonly name: string;
  /** Five fields: minute, hour, day of month, month, day of week. */
  readonly cron: string;
  /** By its name, such as `Europe/Berlin` or `Etc/UTC`. */
  readonly timeZone: string;
  readonly task: Task;
  readonly payload: z.input<Task["payload"]>;
  /** Whether every time that was missed is made up for, at most 100 of them. Default: the latest alone. */
  readonly catchUp?: boolean;
}

const NAME_PATTERN = /^[a-z][a-z0-9-]{0,62}$/;

/**
 * Defines a task that is enqueued by the clock. That its task type is registered, and its name its own, `defineRegistry`
 * checks.
 *
 * @throws TypeError with a sentence for each problem: the name, the cron expression, the time zone or the payload.
 */
export function defineSchedule<const Task extends TaskType>(definition: ScheduleDefinition<Task>): Schedule {
  const { name, cron, timeZone, task, payload, catchUp = false } = definition;
  const problems: string[] = [];
  const tryOut = <Made>(make: () => Made): Made | undefined => {
    try {
      return make();
    } catch (error) {
      if (!(error instanceof TypeError)) throw error;
      problems.push(error.message);
      return undefined;
    }
  };
  if (!NAME_PATTERN.test(name)) problems.push(`name must match ${NAME_PATTERN}.`);
  const isZone = isTimeZone(timeZone);
  if (!isZone) problems.push(`there is no time zone "${timeZone}": use a name such as Europe/Berlin or Etc/UTC.`);
  const timing = tryOut(() => timingOf({ cron, timeZone: isZone ? timeZone : "Etc/UTC" }));
  const text = tryOut(() => payloadTextOf(task, payload));
  if (!timing || !text || problems.length > 0) {
    throw new TypeError(problems.map((problem) => `Schedule "${name}": ${problem}`).join("\n"));
  }
  return Object.freeze({ name, cron, timeZone, task, payload: text, catchUp, timing });
}
