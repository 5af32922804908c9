import type { Connection } from "./http/connection.ts";
import { type Page, type PageOptions, listItems, listPage } from "./http/pages.ts";
import { pathSegment } from "./http/path-segment.ts";
import type { CallOptions } from "./options.ts";
import type { Queue, QueuedTask } from "./views/queue.ts";

/** Operations on queues, by key. */
export interface Queues {
  list(options?: CallOptions): Promise<readonly Queue[]>;
  get(key: string, options?: CallOptions): Promise<Queue>;
  /** The tasks in the queue. They are fetched page by page as they are read. */
  tasks(key: string, options?: CallOptions): AsyncIterable<QueuedTask>;
  /** One page of tasks. It can have fewer than its limit, or none, even if there is a next page. */
  tasksPage(key: string, options?: PageOptions & CallOptions): Promise<Page<QueuedTask>>;
  pause(key: string, options?: CallOptions): Promise<Queue>;
  resume(key: string, options?: CallOptions): Promise<Queue>;
  /** Removes every task in the queue. Never retried, since that would also remove newer tasks. */
  purge(key: string, options?: CallOptions): Promise<Queue>;
}

/** The queues of the producer that the connection leads to. */
export function createQueues(connection: Connection): Queues {
  const post = async (key: string, action: "pause" | "resume", signal: AbortSignal | undefined): Promise<Queue> =>
    (await connection.call<Queue>({ method: "POST", path: `${queuePath(key)}/${action}`, signal, shape: QUEUE })).body;
  return {
    async list({ signal } = {}) {
      const request = { method: "GET", path: QUEUES, signal, shape: { items: "list" } } as const;
      return (await connection.call<{ readonly items: readonly Queue[] }>(request)).body.items;
    },
    async get(key, { signal } = {}) {
      return (await connection.call<Queue>({ method: "GET", path: queuePath(key), signal, shape: QUEUE })).body;
    },
    tasks: (key, { signal } = {}) => listItems(connection, { path: tasksPath(key), signal }),
    tasksPage: (key, { signal, ...page } = {}) => listPage(connection, { path: tasksPath(key), signal }, page),
    pause: (key, { signal } = {}) => post(key, "pause", signal),
    resume: (key, { signal } = {}) => post(key, "resume", signal),
    async purge(key, { signal } = {}) {
      const request = { method: "POST", path: `${queuePath(key)}/purge`, signal, isRepeatable: false } as const;
      return (await connection.call<Queue>({ ...request, body: JSON.stringify({ queue: key }), shape: QUEUE })).body;
    },
  };
}

const QUEUE = { key: "text" } as const;

const QUEUES = "/v1/queues";

const queuePath = (key: string): string => `${QUEUES}/${pathSegment(key)}`;

const tasksPath = (key: string): string => `${queuePath(key)}/tasks`;
