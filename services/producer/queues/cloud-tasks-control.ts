import type { CloudTasksClient, protos, v2beta3 } from "@google-cloud/tasks";
import { status } from "@grpc/grpc-js";
import { forEachConcurrently } from "../../../shared/process/for-each-concurrently.ts";
import { codeOf, repeatable } from "../../../shared/queue/cloud-tasks-calls.ts";
import type { CloudTasksSettings } from "../../../shared/queue/cloud-tasks-queue.ts";
import { readQueuedTask, toMilliseconds } from "../../../shared/queue/cloud-tasks-wire.ts";
import { type Deadline, withDeadline } from "../../../shared/runtime/deadline.ts";
import { DependencyError } from "../../../shared/runtime/dependency-error.ts";
import type { ListPlace, ListedTasks, QueueChange, QueueControl, QueueStatus, ShardStatus } from "./queue-control.ts";

/** How many calls for one queue are in progress at once. */
const CONCURRENCY = 10;
/** How many pages to read in search of one that isn't empty. */
const MAX_PAGES = 5;

/** Statistics are only returned on request. */
const READ_MASK = { paths: ["name", "state", "rate_limits", "stats"] };

/** Google's clients. The second is for statistics, which v2 doesn't have; it is loaded on first use. */
interface Clients {
  readonly tasks: () => Promise<CloudTasksClient>;
  readonly statistics: () => Promise<v2beta3.CloudTasksClient>;
}

/** The queues in Cloud Tasks, as operators see them. */
export function createCloudTasksControl(
  clients: Clients,
  { project, location, queues }: Pick<CloudTasksSettings, "project" | "location" | "queues">,
): QueueControl {
  const paths = (key: string): readonly string[] =>
    (queues.get(key)?.names ?? []).map((name) => `projects/${project}/locations/${location}/queues/${name}`);
  return {
    status: (key, deadline) =>
      within(deadline, async () => {
        const client = await clients.statistics();
        const all = paths(key);
        const read = new Map<string, ShardStatus>();
        await forEachConcurrently(all, CONCURRENCY, async (name) => {
          const [queue] = await client.getQueue({ name, readMask: READ_MASK }, repeatable(deadline.timeoutMs));
          read.set(name, readStatus(lastPart(name), queue));
        });
        const shards = all.flatMap((name) => read.get(name) ?? []);
        return { ...sumOf(shards), shards };
      }),

    change: (key, change, deadline) =>
      within(deadline, async () => {
        const client = await clients.tasks();
        const failed: unknown[] = [];
        await forEachConcurrently(paths(key), CONCURRENCY, async (name) => {
          try {
            await changeOne(client, { name, change, timeoutMs: deadline.timeoutMs });
          } catch (error) {
            failed.push(error);
          }
        });
        if (failed.length > 0) throw failed[0];
      }),

    list: (key, { place, size }, deadline) =>
      within(deadline, async () => {
        const client = await clients.tasks();
        const parents = paths(key);
        let page: ListedTasks | undefined = { tasks: [], next: place };
        for (let pages = 0; page?.next && page.tasks.length === 0 && pages < MAX_PAGES; pages++) {
          page = await listPage(client, { parents, place: page.next, size, timeoutMs: deadline.timeoutMs });
        }
        return page;
      }),
  };
}

/** Runs calls that share one deadline. */
async function within<Result>(deadline: Deadline, call: () => Promise<Result>): Promise<Result> {
  try {
    return await withDeadline(deadline, call);
  } catch (error) {
    throw new DependencyError("cloud-tasks", error);
  }
}

/** Without retries: a second purge would remove more tasks, and the caller is told to retry. */
async function changeOne(
  client: CloudTasksClient,
  { name, change, timeoutMs }: { readonly name: string; readonly change: QueueChange; readonly timeoutMs: number },
): Promise<unknown> {
  const options = { timeout: timeoutMs, retry: null };
  switch (change) {
    case "pause":
      return await client.pauseQueue({ name }, options);
    case "resume":
      return await client.resumeQueue({ name }, options);
    case "purge":
      return await client.purgeQueue({ name }, options);
  }
}

/** Undefined if Cloud Tasks doesn't accept the page token. */
async function listPage(
  client: CloudTasksClient,
  page: {
    readonly parents: readonly string[];
    readonly place: ListPlace;
    readonly size: number;
    readonly timeoutMs: number;
  },
): Promise<ListedTasks | undefined> {
  const { parents, size, timeoutMs } = page;
  const { shard, pageToken } = page.place;
  const parent = parents[shard];
  // The queue had more names when the cursor was made.
  if (parent === undefined) return undefined;
  const request = { parent, pageToken, pageSize: size, responseView: "BASIC" as const };
  try {
    const [tasks, , response] = await client.listTasks(request, { ...repeatable(timeoutMs), autoPaginate: false });
    const token = response?.nextPageToken ?? "";
    const next = token === "" ? { shard: shard + 1, pageToken: "" } : { shard, pageToken: token };
    return {
      tasks: tasks.map((task) => ({ name: lastPart(task.name ?? ""), task: readQueuedTask(task) })),
      ...(next.shard < parents.length ? { next } : {}),
    };
  } catch (error) {
    if (pageToken !== "" && codeOf(error) === status.INVALID_ARGUMENT) return undefined;
    throw error;
  }
}

function lastPart(path: string): string {
  return path.slice(path.lastIndexOf("/") + 1);
}

const STATES: ReadonlyMap<unknown, QueueStatus["state"]> = new Map([
  ["RUNNING", "running"],
  ["PAUSED", "paused"],
  ["DISABLED", "disabled"],
]);

type StatedQueue = protos.google.cloud.tasks.v2beta3.IQueue;

function readStatus(name: string, { state: given, stats, rateLimits }: StatedQueue): ShardStatus {
  const state = STATES.get(given);
  if (!state || !stats) throw new TypeError("A queue came without its state or its statistics.");
  const { oldestEstimatedArrivalTime: next } = stats;
  return {
    name,
    state,
    depth: Number(stats.tasksCount ?? 0),
    ...(next ? { nextDueAtMs: toMilliseconds(next) } : {}),
    inFlight: Number(stats.concurrentDispatchesCount ?? 0),
    dispatchedLastMinute: Number(stats.executedLastMinuteCount ?? 0),
    effectiveRate: stats.effectiveExecutionRate ?? 0,
    maxDispatchesPerSecond: rateLimits?.maxDispatchesPerSecond ?? 0,
    maxConcurrentDispatches: rateLimits?.maxConcurrentDispatches ?? 0,
  };
}

/** A queue has the first of these states that any of its shards has: it still delivers while one of them runs. */
const BY_ACTIVITY: readonly QueueStatus["state"][] = ["running", "paused", "disabled"];

function sumOf(shards: readonly ShardStatus[]): Omit<QueueStatus, "shards"> {
  const times = shards.flatMap(({ nextDueAtMs }) => (nextDueAtMs === undefined ? [] : [nextDueAtMs]));
  const sum = (field: Exclude<keyof ShardStatus, "name" | "state" | "nextDueAtMs">): number =>
    shards.reduce((total, shard) => total + shard[field], 0);
  return {
    state: BY_ACTIVITY.find((state) => shards.some((shard) => shard.state === state)) ?? "disabled",
    ...(times.length > 0 ? { nextDueAtMs: Math.min(...times) } : {}),
    depth: sum("depth"),
    inFlight: sum("inFlight"),
    dispatchedLastMinute: sum("dispatchedLastMinute"),
    effectiveRate: sum("effectiveRate"),
    maxDispatchesPerSecond: sum("maxDispatchesPerSecond"),
    maxConcurrentDispatches: sum("maxConcurrentDispatches"),
  };
}
