import type { CloudTasksClient } from "@google-cloud/tasks";
import { status } from "@grpc/grpc-js";
import { describe, expect, it } from "vitest";
import { PARENT, createQueue, startHarness } from "../support/harness.ts";
import { rejectionOf } from "../support/rejection.ts";

type Call = (client: CloudTasksClient, name: string) => Promise<unknown>;

/** What names a location, a queue and a task, by the RPC; with the permission that the service says is lacking. */
const LOCATION_RPCS: [rpc: string, permission: string, call: Call][] = [
  ["ListQueues", "cloudtasks.queues.list", (client, parent) => client.listQueues({ parent })],
  ["CreateQueue", "cloudtasks.queues.create", (client, parent) => client.createQueue({ parent, queue: {} })],
];

const QUEUE_RPCS: [rpc: string, permission: string, call: Call][] = [
  ["GetQueue", "cloudtasks.queues.get", (client, name) => client.getQueue({ name })],
  ["UpdateQueue", "cloudtasks.queues.update", (client, name) => client.updateQueue({ queue: { name } })],
  ["DeleteQueue", "cloudtasks.queues.delete", (client, name) => client.deleteQueue({ name })],
  ["PurgeQueue", "cloudtasks.queues.purge", (client, name) => client.purgeQueue({ name })],
  ["PauseQueue", "cloudtasks.queues.pause", (client, name) => client.pauseQueue({ name })],
  ["ResumeQueue", "cloudtasks.queues.resume", (client, name) => client.resumeQueue({ name })],
  ["ListTasks", "cloudtasks.tasks.list", (client, parent) => client.listTasks({ parent })],
  ["CreateTask", "cloudtasks.tasks.create", (client, parent) => client.createTask({ parent, task: {} })],
  ["GetIamPolicy", "cloudtasks.queues.list", (client, resource) => client.getIamPolicy({ resource })],
  ["SetIamPolicy", "cloudtasks.queues.list", (client, resource) => client.setIamPolicy({ resource, policy: {} })],
  [
    "TestIamPermissions",
    "cloudtasks.queues.list",
    (client, resource) => client.testIamPermissions({ resource, permissions: ["cloudtasks.queues.get"] }),
  ],
];

const TASK_RPCS: [rpc: string, permission: string, call: Call][] = [
  ["GetTask", "cloudtasks.tasks.get", (client, name) => client.getTask({ name })],
  ["DeleteTask", "cloudtasks.tasks.delete", (client, name) => client.deleteTask({ name })],
  ["RunTask", "cloudtasks.tasks.run", (client, name) => client.runTask({ name })],
];

describe.each([...LOCATION_RPCS, ...QUEUE_RPCS, ...TASK_RPCS])("%s", (rpc, permission, call) => {
  it("refuses no name, and says which method it was", async () => {
    const { client } = await startHarness();
    const text = `metadata:{method: google.cloud.tasks.v2.CloudTasks.${rpc}, service: cloudtasks.googleapis.com}`;
    expect(await rejectionOf(() => call(client, ""))).toEqual({
      code: status.INVALID_ARGUMENT,
      message: "Invalid resource field value in the request.",
      details: [
        {
          type: "google.rpc.ErrorInfo",
          text: `reason:"RESOURCE_PROJECT_INVALID" domain:"googleapis.com" ${text}`,
        },
      ],
    });
  });

  it("takes a name outside projects for a project that nobody may use", async () => {
    const { client } = await startHarness();
    const rejection = await rejectionOf(() => call(client, "not-a-valid-name"));
    expect([rejection.code, rejection.message]).toEqual([
      status.PERMISSION_DENIED,
      "Permission denied on resource project not-a-valid-name.",
    ]);
    expect(rejection.details.map(({ type }) => type)).toEqual([
      "google.rpc.ErrorInfo",
      "google.rpc.LocalizedMessage",
      "google.rpc.Help",
    ]);
  });

  it.each([
    "projects/my-project",
    `${PARENT}/queues`,
    `${PARENT}/queues/q/tasks`,
    `${PARENT}/queues/q/tasks/t/extra`,
    `${PARENT}/queues/`,
    `${PARENT}/jobs/q`,
  ])("lacks a permission for %s", async (name) => {
    const { client } = await startHarness();
    expect(await rejectionOf(() => call(client, name))).toEqual({
      code: status.PERMISSION_DENIED,
      message: `The principal (user or service account) lacks IAM permission "${permission}" for the resource "${name}" (or the resource may not exist).`,
      details: [],
    });
  });
});

const QUEUE_ID =
  'Queue ID "not_valid" can contain only letters ([A-Za-z]), numbers ([0-9]), or hyphens (-). Queue ID must be between 1 and 100 characters.';
const TASK_ID =
  'Task ID "not valid" can contain only letters ([A-Za-z]), numbers ([0-9]), hyphens (-), or underscores (_). Task ID must between 1 and 500 characters.';

it.each([
  ...QUEUE_RPCS.map(([rpc, , call]) => [rpc, `${PARENT}/queues/not_valid`, QUEUE_ID, "queue ID", call] as const),
  ...TASK_RPCS.map(([rpc, , call]) => [rpc, `${PARENT}/queues/not_valid/tasks/t`, QUEUE_ID, "queue ID", call] as const),
  ...TASK_RPCS.map(([rpc, , call]) => [rpc, `${PARENT}/queues/q/tasks/not valid`, TASK_ID, "task ID", call] as const),
])("%s refuses the id in %s", async (_rpc, name, message, defined, call) => {
  const harness = await startHarness();
  await createQueue(harness, "q");
  const rejection = await rejectionOf(() => call(harness.client, name));
  expect([rejection.code, rejection.message]).toEqual([status.INVALID_ARGUMENT, message]);
  expect(rejection.details).toMatchObject([{ text: expect.stringContaining(`Definition of ${defined}`) }]);
});

it.each([...LOCATION_RPCS, ...QUEUE_RPCS, ...TASK_RPCS])(
  "%s refuses the wildcard location",
  async (rpc, _lacks, call) => {
    const { client } = await startHarness();
    const rest = LOCATION_RPCS.some(([each]) => each === rpc) ? "" : "/queues/q";
    const task = TASK_RPCS.some(([each]) => each === rpc) ? "/tasks/t" : "";
    expect(await rejectionOf(() => call(client, `projects/my-project/locations/-${rest}${task}`))).toMatchObject({
      code: status.INVALID_ARGUMENT,
      message: "Location '-' is not a valid location. Use ListLocations to list valid locations.",
    });
  },
);

const NOT_FOUND = "Requested entity was not found.";
const NO_QUEUE =
  "Queue does not exist. If you just created the queue, wait at least a minute for the queue to initialize.";
const GONE =
  "The task no longer exists, though a task with this name existed recently. The task either successfully completed or was deleted.";

it.each([
  ["GetTask", NOT_FOUND, GONE],
  ["DeleteTask", NOT_FOUND, NOT_FOUND],
  ["RunTask", NO_QUEUE, NOT_FOUND],
])(
  "%s doesn't find a task in an unknown queue, one that never was, or a deleted one",
  async (rpc, inNoQueue, deleted) => {
    const harness = await startHarness();
    const queue = await createQueue(harness, "q");
    await harness.client.pauseQueue({ name: queue });
    const name = `${queue}/tasks/deleted`;
    await harness.client.createTask({ parent: queue, task: { name, httpRequest: { url: "http://127.0.0.1:9/" } } });
    await harness.client.deleteTask({ name });
    const call = TASK_RPCS.find(([each]) => each === rpc)?.[2];
    const messageOf = async (task: string) => (await rejectionOf(() => call?.(harness.client, task))).message;
    expect(await messageOf(`${PARENT}/queues/none/tasks/t`)).toBe(inNoQueue);
    expect(await messageOf(`${queue}/tasks/never`)).toBe(NOT_FOUND);
    expect(await messageOf(name)).toBe(deleted);
  },
);

it("refuses a task's malformed name with where names are defined", async () => {
  const harness = await startHarness();
  const parent = await createQueue(harness, "q");
  const rejection = await rejectionOf(() => harness.client.createTask({ parent, task: { name: "malformed" } }));
  expect(rejection.message).toBe(
    'Task name must be formatted: "projects/<PROJECT_ID>/locations/<LOCATION_ID>/queues/<QUEUE_ID>/tasks/<TASK_ID>".',
  );
  expect(rejection.details).toMatchObject([{ text: expect.stringContaining("Definition of task name") }]);
});

it.each([
  ["listQueues", PARENT, { pageSize: -1 }, "ListQueuesRequest.pageSize cannot be negative."],
  ["listQueues", PARENT, { pageToken: "bad" }, "Invalid page_token"],
  ["listTasks", `${PARENT}/queues/q`, { pageSize: -1 }, "ListTasksRequest.pageSize cannot be negative."],
  ["listTasks", `${PARENT}/queues/q`, { pageToken: "bad" }, "Invalid page_token"],
] as const)("%s of %s refuses the page %j", async (rpc, parent, page, message) => {
  const harness = await startHarness();
  await createQueue(harness, "q");
  const { client } = harness;
  const request = { parent, ...page };
  const onePage = { autoPaginate: false };
  const rejection = await rejectionOf(() =>
    rpc === "listQueues" ? client.listQueues(request, onePage) : client.listTasks(request, onePage),
  );
  expect([rejection.code, rejection.message]).toEqual([status.INVALID_ARGUMENT, message]);
});
