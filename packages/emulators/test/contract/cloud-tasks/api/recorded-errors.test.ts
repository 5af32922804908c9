import type { CloudTasksClient } from "@google-cloud/tasks";
import { status } from "@grpc/grpc-js";
import { describe, expect, it, test } from "vitest";
import errors from "../../../recordings/cloud-tasks/errors.json" with { type: "json" };
import { type Harness, PARENT, TRANSPORTS, createQueue, createTask, startHarness } from "../support/harness.ts";
import { type Rejection, rejectionOf } from "../support/rejection.ts";

/** What replaces the placeholders in the recordings. */
const QUEUE = `${PARENT}/queues/default`;
const OTHER_PARENT = "projects/my-project/locations/us-central1";

type Call = (harness: Harness) => Promise<unknown>;

const createQueueWith =
  (queue: NonNullable<Parameters<CloudTasksClient["createQueue"]>[0]>["queue"]): Call =>
  (harness) =>
    createQueue(harness, "default", queue);

const createTaskWith =
  (task: Parameters<typeof createTask>[2]): Call =>
  async (harness) =>
    createTask(harness, await createQueue(harness), task);

const onMissingQueue =
  (rpc: "getQueue" | "pauseQueue" | "purgeQueue" | "resumeQueue" | "deleteQueue"): Call =>
  ({ client }) =>
    client[rpc]({ name: QUEUE });

const onMissingTask =
  (rpc: "getTask" | "deleteTask" | "runTask"): Call =>
  async (harness) =>
    harness.client[rpc]({ name: `${await createQueue(harness)}/tasks/never` });

const withUrl = (url: string): Call => createTaskWith({ httpRequest: { url } });

const farAway = { scheduleTime: { seconds: Date.UTC(2100, 0) / 1000 } };

/** How to make each recorded call, by its name in the recordings. */
const calls = new Map<string, Call>([
  [
    "queue/create/already-exists",
    async (harness) => {
      await createQueue(harness);
      return createQueue(harness);
    },
  ],
  [
    "queue/create/backoff-order",
    createQueueWith({ retryConfig: { minBackoff: { seconds: 10 }, maxBackoff: { seconds: 5 } } }),
  ],
  ["queue/create/burst-negative", createQueueWith({ rateLimits: { maxBurstSize: -1 } })],
  ["queue/create/concurrent-negative", createQueueWith({ rateLimits: { maxConcurrentDispatches: -1 } })],
  ["queue/create/concurrent-too-high", createQueueWith({ rateLimits: { maxConcurrentDispatches: 5001 } })],
  [
    "queue/create/invalid-name",
    ({ client }) => client.createQueue({ parent: PARENT, queue: { name: "not-a-valid-queue-name" } }),
  ],
  [
    "queue/create/invalid-parent",
    ({ client }) => client.createQueue({ parent: "not-a-valid-parent", queue: { name: QUEUE } }),
  ],
  ["queue/create/max-attempts-below-minus-one", createQueueWith({ retryConfig: { maxAttempts: -2 } })],
  ["queue/create/max-doublings-negative", createQueueWith({ retryConfig: { maxDoublings: -1 } })],
  ["queue/create/min-backoff-negative", createQueueWith({ retryConfig: { minBackoff: { seconds: -1 } } })],
  [
    "queue/create/parent-mismatch",
    ({ client }) => client.createQueue({ parent: PARENT, queue: { name: `${OTHER_PARENT}/queues/default` } }),
  ],
  ["queue/create/rate-negative", createQueueWith({ rateLimits: { maxDispatchesPerSecond: -1 } })],
  ["queue/create/rate-too-high", createQueueWith({ rateLimits: { maxDispatchesPerSecond: 501 } })],
  [
    "queue/create/recently-deleted",
    async (harness) => {
      await harness.client.deleteQueue({ name: await createQueue(harness) });
      return createQueue(harness);
    },
  ],
  ["queue/delete/not-found", onMissingQueue("deleteQueue")],
  ["queue/get/not-found", onMissingQueue("getQueue")],
  [
    "queue/get/recently-deleted",
    async (harness) => {
      await harness.client.deleteQueue({ name: await createQueue(harness) });
      return harness.client.getQueue({ name: QUEUE });
    },
  ],
  ["queue/pause/not-found", onMissingQueue("pauseQueue")],
  ["queue/purge/not-found", onMissingQueue("purgeQueue")],
  ["queue/resume/not-found", onMissingQueue("resumeQueue")],
  [
    "task/create/already-exists",
    async (harness) => {
      const queue = await createQueue(harness);
      await createTask(harness, queue, { id: "same", dueMs: Date.now() + 3_600_000 });
      return createTask(harness, queue, { id: "same" });
    },
  ],
  ["task/create/deadline-too-long", createTaskWith({ dispatchDeadline: { seconds: 31 * 60 } })],
  ["task/create/deadline-too-short", createTaskWith({ dispatchDeadline: { seconds: 5 } })],
  [
    "task/create/http-too-large",
    createTaskWith({ httpRequest: { url: "http://example.com/", body: Buffer.alloc(1_048_577) } }),
  ],
  ["task/create/invalid-name", createTaskWith({ id: "not a valid id" })],
  ["task/create/invalid-url-bad-escape", withUrl("http://127.0.0.1:9/%zz")],
  ["task/create/invalid-url-empty", withUrl("")],
  ["task/create/invalid-url-no-scheme", withUrl("example.com/path")],
  ["task/create/invalid-url-non-http-scheme", withUrl("ftp://example.com/")],
  ["task/create/queue-mismatch", createTaskWith({ name: `${QUEUE}-other/tasks/some` })],
  ["task/create/queue-not-found", (harness) => createTask(harness, QUEUE)],
  [
    "task/create/queue-recently-deleted",
    async (harness) => {
      await harness.client.deleteQueue({ name: await createQueue(harness) });
      return createTask(harness, QUEUE);
    },
  ],
  ["task/create/schedule-too-far", createTaskWith(farAway)],
  ["task/delete/not-found", onMissingTask("deleteTask")],
  ["task/get/not-found", onMissingTask("getTask")],
  [
    "task/get/recently-deleted",
    async (harness) => {
      const queue = await createQueue(harness);
      const name = await createTask(harness, queue, { dueMs: Date.now() + 3_600_000 });
      await harness.client.deleteTask({ name });
      return harness.client.getTask({ name });
    },
  ],
  ["task/run/not-found", onMissingTask("runTask")],
]);

/** The emulator has no App Engine targets. */
const OUT_OF_SCOPE = [
  "task/create/appengine-deadline-one-hour",
  "task/create/appengine-deadline-too-long",
  "task/create/appengine-too-large",
];

const inScope = errors.cases.filter(({ name }) => !OUT_OF_SCOPE.includes(name));

/** Google's own JSON library and client don't send these, so they can't be tested over REST. */
const NOT_OVER_REST = new Set(["queue/create/invalid-parent", "queue/create/min-backoff-negative"]);

const casesOver = (transport: (typeof TRANSPORTS)[number]) =>
  transport === "grpc" ? inScope : inScope.filter(({ name }) => !NOT_OVER_REST.has(name));

describe.each(TRANSPORTS)("over %s", (transport) => {
  it.each(casesOver(transport))("responds to $name as recorded", async (recorded) => {
    const harness = await startHarness({ transport });
    const call = calls.get(recorded.name);
    expect(call, "there is a call for every recorded case").toBeDefined();
    const rejection: Rejection = await rejectionOf(() => call?.(harness));
    expect(rejection).toEqual({
      code: codeNamed(recorded.code),
      message: fillPlaceholders(recorded.message),
      details: recorded.details,
    });
  });
});

test(`leaves out only App Engine's cases: ${OUT_OF_SCOPE.join(", ")}`, () => {
  expect(errors.cases).toHaveLength(40);
  expect(inScope.map(({ name }) => name).toSorted()).toEqual([...calls.keys()].toSorted());
});

test("rejects an App Engine target with UNIMPLEMENTED, and creates nothing", async () => {
  const harness = await startHarness();
  const queue = await createQueue(harness);
  const rejection = await rejectionOf(() =>
    harness.client.createTask({ parent: queue, task: { appEngineHttpRequest: { relativeUri: "/" } } }),
  );
  expect(rejection.code).toBe(status.UNIMPLEMENTED);
  expect(rejection.message).toContain("HTTP targets only");
  const [tasks] = await harness.client.listTasks({ parent: queue });
  expect(tasks).toEqual([]);
});

/** The recordings have the codes by their names in Go. */
function codeNamed(name: string): number {
  const codes = new Map(Object.entries(status).map(([key, value]) => [key.replaceAll("_", "").toLowerCase(), value]));
  return Number(codes.get(name.toLowerCase()));
}

function fillPlaceholders(message: string): string {
  return message
    .replaceAll("{mismatch_parent}", OTHER_PARENT)
    .replaceAll("{queue_id}", "default")
    .replaceAll("{parent}", PARENT)
    .replaceAll("{queue_path}", QUEUE);
}
