import type { CloudTasksClient } from "@google-cloud/tasks";
import { status } from "@grpc/grpc-js";
import type { DeployedQueue, DeployedQueues } from "../contract/queues.ts";
import { toProtoTime } from "./proto-time.ts";
import { type TaskId, queueOf } from "../contract/task-id.ts";
import { readQueuedTask } from "./cloud-tasks-wire.ts";
import { DeadlineError, withDeadline } from "../runtime/deadline.ts";
import { DependencyError } from "../runtime/dependency-error.ts";
import type { CreateResult, NewQueuedTask, TaskQueue } from "./task-queue.ts";

/** Where the queues are, where their tasks go, and who delivers them. */
export interface CloudTasksSettings {
  readonly project: string;
  readonly location: string;
  /** The queues by their keys. Tasks of any other can't be asked for. */
  readonly queues: DeployedQueues;
  /** The worker's address, without a path. */
  readonly workerUrl: string;
  /** The audience that the worker expects in a delivery's token. */
  readonly workerAudience: string;
  /** The service account in whose name tasks are delivered. */
  readonly invokerServiceAccount: string;
}

/** The queues in Cloud Tasks. The client may still be loading: calls wait for it, within their deadlines. */
export function createCloudTasksQueue(
  client: CloudTasksClient | Promise<CloudTasksClient>,
  settings: CloudTasksSettings,
): TaskQueue {
  const queuePath = (key: string): string =>
    `projects/${settings.project}/locations/${settings.location}/queues/${deployed(key, settings).names[0]}`;
  const taskPath = (id: TaskId): string => `${queuePath(queueOf(id))}/tasks/${id}`;

  return {
    async create(task, deadline) {
      const request = {
        parent: queuePath(queueOf(task.id)),
        task: { name: taskPath(task.id), ...describeTask(task, settings) },
      };
      try {
        // The client never repeats CreateTask; the caller does, and needs to know of each lost answer.
        const options = { timeout: deadline.timeoutMs, retry: null };
        const [created] = await withDeadline(deadline, async () => (await client).createTask(request, options));
        return { kind: "created", task: readQueuedTask(created) };
      } catch (error) {
        return explainCreateError(error);
      }
    },

    async find(id, view, deadline) {
      const request = { name: taskPath(id), responseView: view === "full" ? ("FULL" as const) : ("BASIC" as const) };
      try {
        const options = readOptions(deadline.timeoutMs);
        const [task] = await withDeadline(deadline, async () => (await client).getTask(request, options));
        return { kind: "found", task: readQueuedTask(task) };
      } catch (error) {
        if (codeOf(error) !== status.NOT_FOUND) throw new DependencyError("cloud-tasks", error);
        return { kind: saysExistedRecently(error) ? "gone" : "never" };
      }
    },

    async probe(queue, deadline) {
      try {
        const options = readOptions(deadline.timeoutMs);
        await withDeadline(deadline, async () => (await client).getQueue({ name: queuePath(queue) }, options));
      } catch (error) {
        throw new DependencyError("cloud-tasks", error);
      }
    },
  };
}

/** Whether there is the queue was checked where its key came in. */
function deployed(key: string, { queues }: CloudTasksSettings): DeployedQueue {
  const queue = queues.get(key);
  if (!queue) throw new TypeError(`There is no queue "${key}".`);
  return queue;
}

function describeTask({ id, envelope, scheduleAtMs }: NewQueuedTask, settings: CloudTasksSettings) {
  return {
    httpRequest: {
      httpMethod: "POST" as const,
      url: `${settings.workerUrl}/tasks/${envelope.type}`,
      headers: { "content-type": "application/json" },
      body: Buffer.from(JSON.stringify(envelope)),
      oidcToken: { serviceAccountEmail: settings.invokerServiceAccount, audience: settings.workerAudience },
    },
    dispatchDeadline: toProtoTime(deployed(queueOf(id), settings).settings.dispatchDeadlineMs),
    ...(scheduleAtMs === undefined ? {} : { scheduleTime: toProtoTime(scheduleAtMs) }),
  };
}

function explainCreateError(error: unknown): CreateResult {
  if (error instanceof DeadlineError) return { kind: "unclear", cause: error };
  switch (codeOf(error)) {
    case status.ALREADY_EXISTS:
      return { kind: "exists" };
    case status.RESOURCE_EXHAUSTED:
      return { kind: "throttled" };
    case status.NOT_FOUND:
    case status.FAILED_PRECONDITION:
      return { kind: "no-queue", cause: error };
    case status.UNAVAILABLE:
    case status.DEADLINE_EXCEEDED:
    case status.INTERNAL:
      return { kind: "unclear", cause: error };
    default:
      throw error;
  }
}

/** Reading may be repeated by the client, but only while somebody waits for it. */
function readOptions(timeoutMs: number) {
  return {
    retry: {
      retryCodes: [status.UNAVAILABLE],
      backoffSettings: {
        initialRetryDelayMillis: 100,
        retryDelayMultiplier: 2,
        maxRetryDelayMillis: 1_000,
        initialRpcTimeoutMillis: timeoutMs,
        rpcTimeoutMultiplier: 1,
        maxRpcTimeoutMillis: timeoutMs,
        totalTimeoutMillis: timeoutMs,
      },
    },
  };
}

function codeOf(error: unknown): unknown {
  return error instanceof Error && "code" in error ? error.code : undefined;
}

/**
 * Whether GetTask's NOT_FOUND is about a task that was there until recently. Cloud Tasks says so only in words, which
 * were recorded from the service: "The task no longer exists, though a task with this name existed recently. The task
 * either successfully completed or was deleted." Of a name that it doesn't know it says "Requested entity was not found."
 */
function saysExistedRecently(error: unknown): boolean {
  return error instanceof Error && error.message.includes("existed recently");
}
