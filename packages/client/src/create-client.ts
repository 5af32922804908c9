import { systemClock } from "../../../shared/runtime/clock.ts";
import type { BatchResult, Client } from "./client.ts";
import { createDeadLetters } from "./dead-letters.ts";
import { type Connection, connect } from "./http/connection.ts";
import { pathSegment } from "./http/path-segment.ts";
import type { ClientOptions } from "./options.ts";
import { createQueues } from "./queues.ts";
import { createSchedules } from "./schedules.ts";
import type { TaskTypes } from "./task-types.ts";
import { enqueue } from "./tasks/enqueue.ts";
import { enqueueStream } from "./tasks/enqueue-stream.ts";
import { waitFor, watch } from "./tasks/watch.ts";
import type { Me, TaskTypeInfo, ThroughputMinute } from "./views/service.ts";
import type { Cancelled, Task } from "./views/task.ts";

/**
 * Creates a client. `Types` are the task types that the compiler checks payloads against, such as `typeof registry`.
 *
 * @throws TypeError when an option isn't allowed.
 */
export function createClient<const Types extends TaskTypes = TaskTypes>(options: ClientOptions): Client<Types> {
  return clientOver(connect(options, { clock: systemClock, random: Math.random }));
}

/** A client that uses the given connection. */
export function clientOver<const Types extends TaskTypes>(connection: Connection): Client<Types> {
  return {
    enqueue: (type, payload, options = {}) => enqueue(connection, { type, payload }, options),
    async enqueueMany(tasks, options = {}) {
      const results: BatchResult[] = [];
      for await (const result of enqueueStream(connection, tasks, options)) results.push(result);
      return results;
    },
    enqueueStream: (tasks, options = {}) => enqueueStream(connection, tasks, options),
    async get(id, { includePayload, signal } = {}) {
      const query = { include: includePayload === true ? "payload" : undefined };
      return (await connection.call<Task>({ method: "GET", path: taskPath(id), query, signal, shape: TASK })).body;
    },
    watch: (id, options = {}) => watch(connection, id, options),
    wait: (id, options = {}) => waitFor(connection, id, options),
    async cancel(id, { signal } = {}) {
      return (
        await connection.call<Cancelled>({ method: "DELETE", path: taskPath(id), signal, shape: { state: "text" } })
      ).body;
    },
    async run(id, { scheduleTime, signal } = {}) {
      const body = JSON.stringify({ scheduleTime });
      return (await connection.call<Task>({ method: "POST", path: `${taskPath(id)}/run`, body, signal, shape: TASK }))
        .body;
    },
    deadLetters: createDeadLetters(connection),
    queues: createQueues(connection),
    schedules: createSchedules(connection),
    async taskTypes({ signal } = {}) {
      const request = { method: "GET", path: "/v1/task-types", signal, shape: { items: "list" } } as const;
      return (await connection.call<{ readonly items: readonly TaskTypeInfo[] }>(request)).body.items;
    },
    async throughput({ minutes, signal } = {}) {
      const request = {
        method: "GET",
        path: "/v1/throughput",
        query: { minutes },
        signal,
        shape: { items: "list" },
      } as const;
      return (await connection.call<{ readonly items: readonly ThroughputMinute[] }>(request)).body.items;
    },
    async me({ signal } = {}) {
      return (await connection.call<Me>({ method: "GET", path: "/v1/me", signal, shape: { role: "text" } })).body;
    },
  };
}

const TASK = { id: "text", state: "text" } as const;

const taskPath = (id: string): string => `/v1/tasks/${pathSegment(id)}`;
