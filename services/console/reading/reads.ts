import type { Client } from "../../../packages/client/src/client.ts";
import type { ListedLetters } from "../../../packages/client/src/dead-letters.ts";
import type { Page } from "../../../packages/client/src/http/pages.ts";
import type { DeadLetter, LetterSummary } from "../../../packages/client/src/views/dead-letter.ts";
import type { Queue, QueuedTask } from "../../../packages/client/src/views/queue.ts";
import type { Schedule } from "../../../packages/client/src/views/schedule.ts";
import type { Me, TaskTypeInfo, ThroughputMinute } from "../../../packages/client/src/views/service.ts";
import type { Task } from "../../../packages/client/src/views/task.ts";
import type { Clock } from "../../../shared/runtime/clock.ts";
import { keepFor } from "./keep-for.ts";

/** How long what was read is shown again, in milliseconds: all tabs of a person cost what one does. */
const KEPT_MS = 5_000;
/** A task is watched more closely. */
const TASK_KEPT_MS = 1_000;
/** Types, and what a person may do, change when the producer is deployed. */
const FIXED_KEPT_MS = 30_000;

/** How many items a page of a list has. */
export const LIST_ITEMS = 50;

/** What one person's pages read again and again. The producer decides what each person may see, so nothing is shared. */
export interface Reads {
  me(): Promise<Me>;
  queues(): Promise<readonly Queue[]>;
  queue(key: string): Promise<Queue>;
  /** The first page of the tasks that are in a queue. */
  queueTasks(key: string): Promise<Page<QueuedTask>>;
  task(id: string, options: { readonly includePayload: boolean }): Promise<Task>;
  letterSummary(): Promise<LetterSummary>;
  /** A page of the letters that fit. Only the first one is kept. */
  letters(filter: ListedLetters, cursor?: string): Promise<Page<DeadLetter>>;
  /** Of the last hour. */
  throughput(): Promise<readonly ThroughputMinute[]>;
  taskTypes(): Promise<readonly TaskTypeInfo[]>;
  schedules(): Promise<readonly Schedule[]>;
  /** Reads everything anew, since the person has changed something. */
  forget(): void;
}

export function createReads(api: Client, clock: Clock): Reads {
  const lists = keepFor(KEPT_MS, clock);
  const tasks = keepFor(TASK_KEPT_MS, clock);
  const fixed = keepFor(FIXED_KEPT_MS, clock);
  return {
    me: () => fixed.get("me", () => api.me()),
    queues: () => lists.get("queues", () => api.queues.list()),
    queue: (key) => lists.get(`queue ${key}`, () => api.queues.get(key)),
    queueTasks: (key) => lists.get(`queue tasks ${key}`, () => api.queues.tasksPage(key, { limit: LIST_ITEMS })),
    task: (id, options) => tasks.get(`${options.includePayload} ${id}`, () => api.get(id, options)),
    letterSummary: () => lists.get("letter summary", () => api.deadLetters.summary()),
    letters: async (filter, cursor) => {
      const read = () => api.deadLetters.page(filter, { cursor, limit: LIST_ITEMS });
      return cursor === undefined ? await lists.get(`letters ${JSON.stringify(filter)}`, read) : await read();
    },
    throughput: () => lists.get("throughput", () => api.throughput()),
    taskTypes: () => fixed.get("types", () => api.taskTypes()),
    schedules: () => lists.get("schedules", () => api.schedules.list()),
    forget() {
      lists.clear();
      tasks.clear();
    },
  };
}
