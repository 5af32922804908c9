import { shardProblems } from "./queue-shards.ts";
import { QUEUE_KEY_FORM, type QueueSettings, isQueueKey } from "./queues.ts";
import type { TaskSetting } from "./task-settings.ts";
import type { DeadNotice } from "./new-task/dead-notice.ts";
import type { TaskType } from "./task-type.ts";

/** The task types by name. A Map, since names come from requests. */
export type TaskTypes = ReadonlyMap<string, TaskType>;

/**
 * The task types, queues and settings of a system. Every program receives one; the deployed one is in
 * shared/tasks/index.ts.
 */
export interface Registry<Types extends readonly TaskType[] = readonly TaskType[]> {
  readonly types: TaskTypes;
  /** The queues' settings by key. */
  readonly queues: ReadonlyMap<string, QueueSettings>;
  /** The variables that handlers need, by name. Task types may share one. */
  readonly settings: ReadonlyMap<string, TaskSetting>;
  /** The types as a tuple, so that the compiler can check that nothing is missing for any of them. */
  readonly listed: Types;
}

/**
 * Combines task types and queues.
 *
 * @throws TypeError, with a sentence for each problem, when two task types have the same name, a type's queue isn't
 * defined, a queue's key is malformed or its shards make no sense, two types declare the same variable differently, or a
 * type's `onDead` isn't one of the types or takes no `DeadNotice`.
 */
export function defineRegistry<
  const Queues extends Readonly<Record<string, QueueSettings>>,
  const Types extends readonly (TaskType & { readonly queue: keyof Queues })[],
>({ queues, taskTypes }: { readonly queues: Queues; readonly taskTypes: Types }): Registry<Types> {
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
  if (problems.length > 0) throw new TypeError(problems.join("\n"));
  return Object.freeze({ types, queues: new Map(Object.entries(queues)), settings, listed: taskTypes });
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
