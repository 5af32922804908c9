import { shardProblems } from "./queue-shards.ts";
import { QUEUE_KEY_FORM, type QueueSettings, isQueueKey } from "./queues.ts";
import type { TaskSetting } from "./task-settings.ts";
import type { DeadNotice } from "./new-task/dead-notice.ts";
import type { TaskType } from "./task-type.ts";
import type { Schedule } from "../schedules/schedule.ts";

/** The task types by name. A Map, because requests supply the names. */
export type TaskTypes = ReadonlyMap<string, TaskType>;

/** The schedules by name. */
export type Schedules = ReadonlyMap<string, Schedule>;

/** Each schedule is a document that is read every minute. */
const MAX_SCHEDULES = 500;

/**
 * The task types, queues, schedules and settings of a system. Every program receives one; the deployed one is in
 * shared/tasks/index.ts.
 */
export interface Registry<Types extends readonly TaskType[] = readonly TaskType[]> {
  readonly types: TaskTypes;
  /** The queues' settings by key. */
  readonly queues: ReadonlyMap<string, QueueSettings>;
  readonly schedules: Schedules;
  /** The variables that handlers need, by name. Task types may share one. */
  readonly settings: ReadonlyMap<string, TaskSetting>;
  /** The types as a tuple, so that the compiler can check that each has what it needs. */
  readonly listed: Types;
}

/**
 * Combines task types, queues and schedules.
 *
 * @param schedules default: none.
 * @throws TypeError, with a sentence for each problem, when two task types or two schedules have the same name, a
 * type's queue isn't defined, a queue's key or shards are invalid, two types declare the same variable differently, a
 * type's `onDead` isn't registered or doesn't accept a `DeadNotice`, or a schedule's task isn't registered.
 */
export function defineRegistry<
  const Queues extends Readonly<Record<string, QueueSettings>>,
  const Types extends readonly (TaskType & { readonly queue: keyof Queues })[],
>({
  queues,
  taskTypes,
  schedules = [],
}: {
  readonly queues: Queues;
  readonly taskTypes: Types;
  readonly schedules?: readonly Schedule[];
}): Registry<Types> {
  const types = new Map<string, TaskType>();
  const settings = new Map<string, TaskSetting>();
  const problems = Object.keys(queues)
    .filter((key) => !isQueueKey(key))
    .map((key) => `The queue key "${key}" must be ${QUEUE_KEY_FORM}.`);
  problems.push(...Object.entries(queues).flatMap(([key, queue]) => shardProblems(key, queue, Object.keys(queues))));
  for (const taskType of taskTypes) {
    const { type, queue } = taskType;
    if (types.has(type)) problems.push(`Task type "${type}" is defined twice.`);
    if (!Object.hasOwn(queues, queue)) problems.push(`Task type "${type}": there is no queue "${queue}".`);
    for (const [name, setting] of Object.entries(taskType.settings)) {
      if ((settings.get(name) ?? setting) !== setting) {
        problems.push(`Task type "${type}" declares ${name}, as another type does: make them share one declaration.`);
      }
      settings.set(name, setting);
    }
    types.set(type, taskType);
  }
  problems.push(...taskTypes.flatMap((taskType) => onDeadProblems(taskType, types)));
  problems.push(...scheduleProblems(schedules, types));
  if (problems.length > 0) throw new TypeError(problems.join("\n"));
  return Object.freeze({
    types,
    queues: new Map(Object.entries(queues)),
    schedules: new Map(schedules.map((schedule) => [schedule.name, schedule])),
    settings,
    listed: taskTypes,
  });
}

function scheduleProblems(schedules: readonly Schedule[], types: TaskTypes): string[] {
  const names = new Set<string>();
  const problems = schedules.length > MAX_SCHEDULES ? [`There may be at most ${MAX_SCHEDULES} schedules.`] : [];
  for (const { name, task } of schedules) {
    if (names.has(name)) problems.push(`Schedule "${name}" is defined twice: give one of them another name.`);
    if (types.get(task.type) !== task) {
      problems.push(`Schedule "${name}": its task, "${task.type}", is not one of the task types: list it there.`);
    }
    names.add(name);
  }
  return problems;
}

function onDeadProblems({ type, onDead, attempts }: TaskType, types: TaskTypes): string[] {
  if (!onDead) return [];
  if (types.get(onDead.type) !== onDead) {
    return [`Task type "${type}": its onDead, "${onDead.type}", is not one of the task types.`];
  }
  const id = `${"0".repeat(32)}-default`;
  // A task can die before its first attempt.
  const notices = [0, attempts].map((count): DeadNotice => {
    return { deadLetterId: id, taskId: id, type, code: "attempts_used_up", attempts: count };
  });
  const isTaken = notices.every((notice) => onDead.payload.safeParse(notice).success);
  if (isTaken) return [];
  return [
    `Task type "${type}": its onDead, "${onDead.type}", must take { deadLetterId, taskId, type, code, attempts } as its payload.`,
  ];
}
