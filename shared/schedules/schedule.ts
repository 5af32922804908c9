import type * as z from "zod";
import type { PayloadText } from "../contract/envelope.ts";
import { payloadTextOf } from "../contract/new-task/payload-text.ts";
import type { TaskType } from "../contract/task-type.ts";
import { isTimeZone } from "./time-zone.ts";
import { type Timing, timingOf } from "./timing.ts";

/** A task that is enqueued by the clock. */
export interface Schedule {
  /** Never changes: the ids of its tasks and its state in the database depend on it. */
  readonly name: string;
  readonly cron: string;
  readonly timeZone: string;
  readonly task: TaskType;
  /** As text, with which all of its tasks are sent. */
  readonly payload: PayloadText;
  /** Whether every missed time fires later, rather than only the latest. */
  readonly catchUp: boolean;
  readonly timing: Timing;
}

/** A schedule as `defineSchedule` accepts it. */
export interface ScheduleDefinition<Task extends TaskType> {
  /** 1 to 63 lower-case letters, digits and hyphens. */
  readonly name: string;
  /** Five fields: minute, hour, day of month, month, day of week. */
  readonly cron: string;
  /** A time zone's name, such as `Europe/Berlin` or `Etc/UTC`. */
  readonly timeZone: string;
  readonly task: Task;
  readonly payload: z.input<Task["payload"]>;
  /** Whether every missed time fires later, at most 100 of them. Default: only the latest. */
  readonly catchUp?: boolean;
}

const NAME_PATTERN = /^[a-z][a-z0-9-]{0,62}$/;

/**
 * Defines a task that is enqueued by the clock. `defineRegistry` checks that its task type is registered and its name
 * is unique.
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
