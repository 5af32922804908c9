import type { CloudTasksClient } from "@google-cloud/tasks";
import { status } from "@grpc/grpc-js";
import type { DeployedQueue, DeployedQueues } from "../contract/queues.ts";
import { toProtoTime } from "./proto-time.ts";
import { deliveryName } from "../contract/envelope.ts";
import { queuesOf, shardCount } from "../contract/queue-shards.ts";
import { queueOf } from "../contract/task-id.ts";
import { callCreateTask } from "./create-task-call.ts";
import { codeOf, repeatable } from "./cloud-tasks-calls.ts";
import { headersOf, readQueuedTask } from "./cloud-tasks-wire.ts";
import { type Deadline, DeadlineError, withDeadline } from "../runtime/deadline.ts";
import { DependencyError } from "../runtime/dependency-error.ts";
import type { CreateResult, NewQueuedTask, QueuedTask, Sighting, TaskHop, TaskQueue } from "./task-queue.ts";

/** Where the queues are, where they deliver their tasks, and on whose behalf. */
export interface CloudTasksSettings {
  readonly project: string;
  readonly location: string;
  /** The queues by key. Tasks in other queues can't be accessed. */
  readonly queues: DeployedQueues;
  /** The worker's base address, without a path. */
  readonly workerUrl: string;
  /** The audience that the worker expects in the token of a delivery. */
  readonly workerAudience: string;
  /** The email address of the service account that delivers tasks. */
  readonly invokerServiceAccount: string;
}

/**
 * The queues in Cloud Tasks. The client may still be loading; calls wait for it within their deadlines.
 *
 * @param given the client, or a function that returns it for each call.
 */
export function createCloudTasksQueue(
  given: CloudTasksClient | Promise<CloudTasksClient> | (() => Promise<CloudTasksClient>),
  settings: CloudTasksSettings,
): TaskQueue {
  const client = async (): Promise<CloudTasksClient> => (typeof given === "function" ? given() : given);
  const queuePath = (name: string): string =>
    `projects/${settings.project}/locations/${settings.location}/queues/${name}`;
  /** The paths that a hop may have, first the one where it is created. */
  const taskPaths = (hop: TaskHop): readonly [string, ...string[]] => {
    const [first, ...others] = queuesOf(hop.id, deployed(queueOf(hop.id), settings));
    const pathIn = (name: string): string => `${queuePath(name)}/tasks/${deliveryName(hop)}`;
    return [pathIn(first), ...others.map(pathIn)];
  };

  return {
    async create(task, deadline) {
      const [name] = taskPaths(task.envelope);
      const request = {
        parent: name.slice(0, name.lastIndexOf("/tasks/")),
        task: { name, ...describeTask(task, settings) },
      };
      try {
        // Not retried here: the caller does that, and must know of every lost response.
        const { timeoutMs } = deadline;
        const created = await withDeadline(deadline, async () => callCreateTask(await client(), request, timeoutMs));
        return { kind: "created", task: readQueuedTask(created) };
      } catch (error) {
        return explainCreateError(error);
      }
    },

    async find(hop, view, deadline) {
      const sightings = await Promise.all(taskPaths(hop).map((name) => find({ name, view }, client, deadline)));
      const [first] = (["found", "gone"] as const).flatMap((kind) => sightings.filter((one) => one.kind === kind));
      return first ?? { kind: "never" };
    },

    async findInEarlierShard(hop, view, deadline) {
      const [, name] = taskPaths(hop);
      return name === undefined ? { kind: "never" } : await find({ name, view }, client, deadline);
    },

    async delete(hop, deadline) {
      await Promise.all(taskPaths(hop).map((name) => remove(name, client, deadline)));
    },

    async probe(queue, deadline) {
      const { settings: given, names } = deployed(queue, settings);
      const shards = names.slice(0, shardCount(given));
      try {
        const options = repeatable(deadline.timeoutMs);
        const probeOne = async (name: string) => (await client()).getQueue({ name: queuePath(name) }, options);
        await withDeadline(deadline, () => Promise.all(shards.map(probeOne)));
      } catch (error) {
        throw new DependencyError("cloud-tasks", error);
      }
    },
  };
}

/** Looks in one queue. */
async function find(
  { name, view }: { readonly name: string; readonly view: "basic" | "full" | "payload" },
  client: () => Promise<CloudTasksClient>,
  deadline: Deadline,
): Promise<Sighting> {
  const request = { name, responseView: view === "basic" ? ("BASIC" as const) : ("FULL" as const) };
  try {
    const options = repeatable(deadline.timeoutMs);
    const [task] = await withDeadline(deadline, async () => (await client()).getTask(request, options));
    const queued = readQueuedTask(task);
    return { kind: "found", task: view === "payload" ? queued : withoutPayload(queued) };
  } catch (error) {
    if (codeOf(error) !== status.NOT_FOUND) throw new DependencyError("cloud-tasks", error);
    return { kind: existedRecently(error) ? "gone" : "never" };
  }
}

async function remove(name: string, client: () => Promise<CloudTasksClient>, deadline: Deadline): Promise<void> {
  try {
    const options = repeatable(deadline.timeoutMs);
    await withDeadline(deadline, async () => (await client()).deleteTask({ name }, options));
  } catch (error) {
    if (codeOf(error) !== status.NOT_FOUND) throw new DependencyError("cloud-tasks", error);
  }
}

/** The queue exists: its key was checked at the edge. */
function deployed(key: string, { queues }: CloudTasksSettings): DeployedQueue {
  const queue = queues.get(key);
  if (!queue) throw new TypeError(`There is no queue "${key}".`);
  return queue;
}

/** Lookups don't need the payload, whose values can take 29 times the memory of their text. */
function withoutPayload({ envelope, ...task }: QueuedTask): QueuedTask {
  return envelope ? { ...task, envelope: { ...envelope, payload: null } } : task;
}

function describeTask({ envelope, dueAtMs }: NewQueuedTask, settings: CloudTasksSettings) {
  return {
    httpRequest: {
      httpMethod: "POST" as const,
      url: `${settings.workerUrl}/tasks/${envelope.type}`,
      headers: { "content-type": "application/json", ...headersOf(envelope) },
      body: Buffer.from(envelope.text),
      oidcToken: { serviceAccountEmail: settings.invokerServiceAccount, audience: settings.workerAudience },
    },
    dispatchDeadline: toProtoTime(deployed(queueOf(envelope.id), settings).settings.dispatchDeadlineMs),
    ...(dueAtMs === undefined ? {} : { scheduleTime: toProtoTime(dueAtMs) }),
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

/**
 * Whether a NOT_FOUND from GetTask is about a task that existed until recently. Only its message shows this. From the
 * service: "The task no longer exists, though a task with this name existed recently. The task either successfully
 * completed or was deleted." For an unknown name: "Requested entity was not found."
 */
function existedRecently(error: unknown): boolean {
  return error instanceof Error && error.message.includes("existed recently");
}
