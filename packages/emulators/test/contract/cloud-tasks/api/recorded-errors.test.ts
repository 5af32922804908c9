import type { CloudTasksClient } from "@google-cloud/tasks";
import { status } from "@grpc/grpc-js";
import { describe, expect, it, test } from "vitest";
import errors from "../../../recordings/cloud-tasks/errors.json" with { type: "json" };
import { type Bundle, PARENT, TRANSPORTS, createQueue, createTask, startBundle } from "../support/harness.ts";
import { type Rejection, rejectionOf } from "../support/rejection.ts";

/** What stands for the placeholders of the recordings. */
const QUEUE = `${PARENT}/queues/default`;
const OTHER_PARENT = "projects/my-project/locations/us-central1";

type Call = (bundle: Bundle) => Promise<unknown>;

const createQueueWith =
  (queue: NonNullable<Parameters<CloudTasksClient["createQueue"]>[0]>["queue"]): Call =>
  (bundle) =>
    createQueue(bundle, "default", queue);

const createTaskWith =
  (task: Parameters<typeof createTask>[2]): Call =>
  async (bundle) =>
    createTask(bundle, await createQueue(bundle), task);

const onMissingQueue =
  (rpc: "getQueue" | "pauseQueue" | "purgeQueue" | "resumeQueue" | "deleteQueue"): Call =>
  ({ client }) =>
    client[rpc]({ name: QUEUE });

const onMissingTask =
  (rpc: "getTask" | "deleteTask" | "runTask"): Call =>
  async (bundle) =>
    bundle.client[rpc]({ name: `${await createQueue(bundle)}/tasks/never` });

const withUrl = (url: string): Call => createTaskWith({ httpRequest: { url } });

const farAway = { scheduleTime: { seconds: Date.UTC(2100, 0) / 1000 } };

/** How each recorded call is made here, by its name in the recordings. */
const calls = new Map<string, Call>([
  [
    "queue/create/already-exists",
    async (bundle) => {
      await createQueue(bundle);
      return createQueue(bundle);
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
    async (bundle) => {
      await bundle.client.deleteQueue({ name: await createQueue(bundle) });
      return createQueue(bundle);
    },
  ],
  ["queue/delete/not-found", onMissingQueue("deleteQueue")],
  ["queue/get/not-found", onMissingQueue("getQueue")],
  [
    "queue/get/recently-deleted",
    async (bundle) => {
      await bundle.client.deleteQueue({ name: await createQueue(bundle) });
      return bundle.client.getQueue({ name: QUEUE });
    },
  ],
  ["queue/pause/not-found", onMissingQueue("pauseQueue")],
  ["queue/purge/not-found", onMissingQueue("purgeQueue")],
  ["queue/resume/not-found", onMissingQueue("resumeQueue")],
  [
    "task/create/already-exists",
    async (bundle) => {
      const queue = await createQueue(bundle);
      await createTask(bundle, queue, { id: "same", dueMs: Date.now() + 3_600_000 });
      return createTask(bundle, queue, { id: "same" });
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
  ["task/create/queue-not-found", (bundle) => createTask(bundle, QUEUE)],
  [
    "task/create/queue-recently-deleted",
    async (bundle) => {
      await bundle.client.deleteQueue({ name: await createQueue(bundle) });
      return createTask(bundle, QUEUE);
    },
  ],
  ["task/create/schedule-too-far", createTaskWith(farAway)],
  ["task/delete/not-found", onMissingTask("deleteTask")],
  ["task/get/not-found", onMissingTask("getTask")],
  [
    "task/get/recently-deleted",
    async (bundle) => {
      const queue = await createQueue(bundle);
      const name = await createTask(bundle, queue, { dueMs: Date.now() + 3_600_000 });
      await bundle.client.deleteTask({ name });
      return bundle.client.getTask({ name });
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

/** What Google's own JSON library and client don't let through, so that it can't be asked over REST. */
const NOT_OVER_REST = new Set(["queue/create/invalid-parent", "queue/create/min-backoff-negative"]);

const casesOver = (transport: (typeof TRANSPORTS)[number]) =>
  transport === "grpc" ? inScope : inScope.filter(({ name }) => !NOT_OVER_REST.has(name));

describe.each(TRANSPORTS)("over %s", (transport) => {
  it.each(casesOver(transport))("answers $name as recorded", async (recorded) => {
    const bundle = await startBundle({ transport });
    const call = calls.get(recorded.name);
    expect(call, "there is a call for every recorded case").toBeDefined();
    const rejection: Rejection = await rejectionOf(() => call?.(bundle));
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

test("answers UNIMPLEMENTED to an App Engine target, and creates nothing", async () => {
  const bundle = await startBundle();
  const queue = await createQueue(bundle);
  const rejection = await rejectionOf(() =>
    bundle.client.createTask({ parent: queue, task: { appEngineHttpRequest: { relativeUri: "/" } } }),
  );
  expect(rejection.code).toBe(status.UNIMPLEMENTED);
  expect(rejection.message).toContain("HTTP targets only");
  const [tasks] = await bundle.client.listTasks({ parent: queue });
  expect(tasks).toEqual([]);
});

/** The codes are recorded by their names in Go. */
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
