import { HandoffError, UnreachableError } from "../../../../packages/client/src/errors.ts";
import type { DeadLetter } from "../../../../packages/client/src/views/dead-letter.ts";
import type { Queue } from "../../../../packages/client/src/views/queue.ts";
import type { TaskTypeInfo } from "../../../../packages/client/src/views/service.ts";
import type { Task } from "../../../../packages/client/src/views/task.ts";
import type { ConsoleContext } from "../../http/console-env.ts";

/** A task and related data. Related data that can't be read is left out: the task itself matters more. */
export interface TaskPageData {
  readonly task: Task;
  readonly type: TaskTypeInfo | undefined;
  /** Only while the task is in its queue. */
  readonly queue: Queue | undefined;
  /** Only for a dead task. */
  readonly letter: DeadLetter | undefined;
  /** Whether the person may see payloads. */
  readonly mayReadPayload: boolean;
}

/**
 * Reads a task for a person, with its payload if that person may see it.
 *
 * @throws HandoffError, UnreachableError if the task can't be read.
 */
export async function readTask(context: ConsoleContext, id: string): Promise<TaskPageData> {
  const reads = context.get("reads");
  const mayReadPayload = context.get("person").actions.includes("read payloads");
  const task = await reads.task(id, { includePayload: mayReadPayload });
  const [types, queue, letter] = await Promise.all([
    unlessRefused(reads.taskTypes()),
    isInQueue(task) ? unlessRefused(reads.queue(task.queue)) : undefined,
    // A dead letter has the id of its task.
    task.state === "dead" ? unlessRefused(context.get("api").deadLetters.get(id)) : undefined,
  ]);
  const type = types?.find((one) => one.type === task.type);
  return { task, type, queue, letter, mayReadPayload };
}

function isInQueue({ state }: Task): boolean {
  return state === "queued" || state === "scheduled" || state === "waiting";
}

async function unlessRefused<Value>(value: Promise<Value>): Promise<Value | undefined> {
  try {
    return await value;
  } catch (error) {
    if (error instanceof HandoffError || error instanceof UnreachableError) return undefined;
    throw error;
  }
}
