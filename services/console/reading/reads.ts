import type { Client } from "../../../packages/client/src/client.ts";
import type { ListedLetters } from "../../../packages/client/src/dead-letters.ts";
import type { Page } from "../../../packages/client/src/http/pages.ts";
import type { DeadLetter, LetterSummary } from "../../../packages/client/src/views/dead-letter.ts";
import type { Queue, QueuedTask } from "../../../packages/client/src/views/queue.ts";
import type { Schedule } from "../../../packages/client/src/views/schedule.ts";
import type { Me, TaskTypeInfo, ThroughputMinute } from "../../../packages/client/src/views/service.ts";
import type { Task } from "../../../packages/client/src/views/task.ts";
import type { Clock } from "../../../shared/runtime/clock.ts";
import { createCache } from "./cache.ts";

/** How long data is reused, in milliseconds: any number of a person's tabs cost the same as one. */
const KEPT_MS = 5_000;
/** A task is watched more closely. */
const TASK_KEPT_MS = 1_000;
/** Types and permissions change when the producer is deployed. */
const FIXED_KEPT_MS = 30_000;

/** How many items a page of a list has. */
export const LIST_ITEMS = 50;

/** Data that one person's pages read repeatedly. Nothing is shared: the producer decides what each person may see. */
export interface Reads {
  me(): Promise<Me>;
  queues(): Promise<readonly Queue[]>;
  queue(key: string): Promise<Queue>;
  /** The first page of the tasks in a queue. */
  queueTasks(key: string): Promise<Page<QueuedTask>>;
  task(id: string, options: { readonly includePayload: boolean }): Promise<Task>;
  letterSummary(): Promise<LetterSummary>;
  /** A page of the letters that match. Only the first page is cached. */
  letters(filter: ListedLetters, cursor?: string): Promise<Page<DeadLetter>>;
  /** The last hour's throughput. */
  throughput(): Promise<readonly ThroughputMinute[]>;
  taskTypes(): Promise<readonly TaskTypeInfo[]>;
  schedules(): Promise<readonly Schedule[]>;
  /** Drops the cache, since the person has changed something. */
  forget(): void;
}

/** One person's reads of the API, cached for some seconds. */
export function createReads(api: Client, clock: Clock): Reads {
  const me = createCache<Me>(FIXED_KEPT_MS, clock);
  const taskTypes = createCache<readonly TaskTypeInfo[]>(FIXED_KEPT_MS, clock);
  const queueLists = createCache<readonly Queue[]>(KEPT_MS, clock);
  const queues = createCache<Queue>(KEPT_MS, clock);
  const queueTasks = createCache<Page<QueuedTask>>(KEPT_MS, clock);
  const tasks = createCache<Task>(TASK_KEPT_MS, clock);
  const summaries = createCache<LetterSummary>(KEPT_MS, clock);
  const letters = createCache<Page<DeadLetter>>(KEPT_MS, clock);
  const throughputs = createCache<readonly ThroughputMinute[]>(KEPT_MS, clock);
  const schedules = createCache<readonly Schedule[]>(KEPT_MS, clock);
  return {
    me: () => me.get("", () => api.me()),
    queues: () => queueLists.get("", () => api.queues.list()),
    queue: (key) => queues.get(key, () => api.queues.get(key)),
    queueTasks: (key) => queueTasks.get(key, () => api.queues.tasksPage(key, { limit: LIST_ITEMS })),
    task: (id, options) => tasks.get(`${options.includePayload} ${id}`, () => api.get(id, options)),
    letterSummary: () => summaries.get("", () => api.deadLetters.summary()),
    letters: async (filter, cursor) => {
      const read = () => api.deadLetters.page(filter, { cursor, limit: LIST_ITEMS });
      return cursor === undefined ? await letters.get(JSON.stringify(filter), read) : await read();
    },
    throughput: () => throughputs.get("", () => api.throughput()),
    taskTypes: () => taskTypes.get("", () => api.taskTypes()),
    schedules: () => schedules.get("", () => api.schedules.list()),
    forget() {
      for (const kept of [queueLists, queues, queueTasks, tasks, summaries, letters, schedules]) kept.clear();
    },
  };
}
