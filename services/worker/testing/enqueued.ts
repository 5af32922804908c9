import { AssertionError } from "node:assert";
import { inspect, isDeepStrictEqual } from "node:util";
import type { Envelope } from "../../../shared/contract/envelope.ts";
import { readQueuedTask } from "../../../shared/queue/cloud-tasks-wire.ts";
import type { QueuedTask } from "../../../shared/queue/task-queue.ts";
import { createCloudTasksClient } from "../../../shared/runtime/google-clients.ts";
import { isObject } from "../../../shared/runtime/is-object.ts";

/** The address of a Cloud Tasks emulator, and the project and location of the queues in it. */
export interface QueuesAddress {
  readonly host: string;
  readonly port: number;
  /** The producer's GOOGLE_CLOUD_PROJECT. */
  readonly project: string;
  /** The producer's GOOGLE_CLOUD_LOCATION. */
  readonly location: string;
}

/** Some of a value's fields, and of its objects' fields. */
export type Part<Value> = Value extends readonly unknown[]
  ? Value
  : Value extends object
    ? { readonly [Key in keyof Value]?: Part<Value[Key]> }
    : Value;

const CALL_TIMEOUT_MS = 5_000;

/** How many tasks a failure message lists. */
const MAX_LISTED = 20;

interface TaskInQueue {
  readonly task: QueuedTask;
  /** The full name of the queue. */
  readonly queue: string;
}

/**
 * Finds the first task of a type, in any queue, whose payload contains a certain part.
 *
 * @throws AssertionError that lists what is in the queues, if there is no such task.
 */
export async function findEnqueued(
  wanted: { readonly type: string; readonly payload?: unknown },
  at: QueuesAddress,
): Promise<Envelope> {
  const queued = await listQueued(at);
  const envelopes = queued.flatMap(({ task: { envelope } }) => (envelope?.type === wanted.type ? [envelope] : []));
  const found = envelopes.find(({ payload }) => wanted.payload === undefined || contains(payload, wanted.payload));
  if (found) return found;

  const withPart = wanted.payload === undefined ? "" : ` with ${show(wanted.payload)}`;
  throw new AssertionError({
    message: `No ${wanted.type}${withPart} is enqueued. ${describe(queued, at)}`,
    actual: envelopes.map(({ payload }) => payload),
    expected: wanted.payload,
    operator: "expectEnqueued",
  });
}

/** Lists all tasks in all queues of a location, whatever the queues' names. */
async function listQueued({ host, port, project, location }: QueuesAddress): Promise<TaskInQueue[]> {
  const client = await createCloudTasksClient({ host, port });
  const once = { timeout: CALL_TIMEOUT_MS, retry: null };
  try {
    const parent = `projects/${project}/locations/${location}`;
    const [queues] = await client.listQueues({ parent }, once);
    const lists = queues.map(async ({ name }) => {
      const queue = name ?? "";
      const [tasks] = await client.listTasks({ parent: queue, responseView: "FULL" }, once);
      return tasks.map((task) => ({ task: readQueuedTask(task), queue }));
    });
    return (await Promise.all(lists)).flat();
  } finally {
    await client.close();
  }
}

/** Whether a value contains a certain part: objects may have more fields, everything else must be equal. */
function contains(value: unknown, part: unknown): boolean {
  if (!isObject(value) || !isObject(part)) return isDeepStrictEqual(value, part);
  return Object.entries(part).every(([key, inner]) => Object.hasOwn(value, key) && contains(value[key], inner));
}

function describe(queued: readonly TaskInQueue[], { project, location }: QueuesAddress): string {
  if (queued.length === 0) return `There are no tasks in projects/${project}/locations/${location}.`;
  const lines = queued.slice(0, MAX_LISTED).map(({ queue, task: { type, envelope } }) => {
    const payload = envelope ? show(envelope.payload) : "(not written by a producer)";
    return `\n  - ${type} in ${queue.slice(queue.lastIndexOf("/") + 1)}: ${payload}`;
  });
  const more = queued.length > MAX_LISTED ? `\n  and ${queued.length - MAX_LISTED} more` : "";
  return `These are:${lines.join("")}${more}`;
}

function show(payload: unknown): string {
  return inspect(payload, { depth: 5, breakLength: Infinity, maxStringLength: 200 });
}
