import { v2beta3 } from "@google-cloud/tasks";
import { expect, it, onTestFinished, test } from "vitest";
import { VirtualClock } from "../../../../src/kernel/virtual-clock.ts";
import { createQueue } from "../support/harness.ts";
import { rejectionOf } from "../support/rejection.ts";
import { QUEUES, createRoutedQueue, startRestHarness } from "../support/rest-caller.ts";

const LOCATION = "projects/my-project/locations/europe-west1";
const URL = "https://example.com/work";
const NOT_FOUND = { code: 5, message: "Requested entity was not found." };
const NO_QUEUE = {
  code: 5,
  message: "Queue does not exist. If you just created the queue, wait at least a minute for the queue to initialize.",
};

async function setup() {
  const harness = await startRestHarness({ clock: new VirtualClock() });
  const queue = await createQueue(harness, "q");
  await harness.client.pauseQueue({ name: queue });
  const request = (id: string, task: object = { httpRequest: { url: URL } }, rest: object = {}): object => ({
    parent: queue,
    task: { ...(id === "" ? {} : { name: `${queue}/tasks/${id}` }), ...task },
    ...rest,
  });
  const post = (verb: string, body: object, name = queue) => harness.call("POST", `/v2/${name}/tasks:${verb}`, body);
  return { ...harness, queue, request, post };
}

test("creates every task of a batch, as an operation that is done and can be asked for", async () => {
  const { post, request, queue, call, client } = await setup();
  const requests = [request("a"), request("b", { httpRequest: { url: URL, body: "aGk=" } }, { responseView: "FULL" })];
  const created = await post("batchCreate", { requests, requestId: "first" });
  expect(created.json).toMatchObject({
    name: `${LOCATION}/operations/first`,
    metadata: {
      "@type": "type.googleapis.com/google.cloud.tasks.v2.BatchCreateTasksMetadata",
      startTime: expect.stringMatching(/Z$/),
      endTime: expect.stringMatching(/Z$/),
      state: "SUCCEEDED",
    },
    done: true,
    response: {
      "@type": "type.googleapis.com/google.cloud.tasks.v2.BatchCreateTasksResponse",
      tasks: [
        { name: `${queue}/tasks/a`, httpRequest: { url: URL, httpMethod: "POST" }, view: "BASIC" },
        { name: `${queue}/tasks/b`, httpRequest: { body: "aGk=" }, view: "FULL" },
      ],
    },
  });
  expect((await call("GET", `/v2/${LOCATION}/operations/first`)).json).toEqual(created.json);
  expect((await client.listTasks({ parent: queue }))[0]).toHaveLength(2);
});

test("reports the requests of a batch that failed, and creates the others", async () => {
  const { post, request, queue, client } = await setup();
  await client.createTask({ parent: queue, task: { name: `${queue}/tasks/taken`, httpRequest: { url: URL } } });
  const requests = [
    request("new"),
    request("", {}),
    request("", { httpRequest: { url: "ftp://example.com/" } }),
    request("", { httpRequest: { url: URL }, dispatchDeadline: "5s" }),
    request("taken"),
  ];
  const { metadata, response } = JSON.parse((await post("batchCreate", { requests })).text);
  expect(metadata).toMatchObject({
    state: "PARTIALLY_SUCCEEDED",
    failedRequests: {
      1: { code: 3, message: "Payload type must be set." },
      2: { code: 3, message: "HttpTarget.url must start with 'http://' or 'https://'." },
      3: { code: 3, message: "Task.dispatchDeadline must be between [15s, 30m]." },
      4: { code: 6, message: "Requested entity already exists" },
    },
  });
  expect(response.tasks).toMatchObject([{ name: `${queue}/tasks/new` }]);
});

test("a batch that creates nothing has failed, and has no response", async () => {
  const { post, request, queue } = await setup();
  const missing = `${queue}-none`;
  const create = { ...request("a"), parent: missing, task: { httpRequest: { url: URL } } };
  const operation = JSON.parse((await post("batchCreate", { requests: [create] }, missing)).text);
  expect(operation).toMatchObject({ done: true, metadata: { state: "FAILED", failedRequests: { 0: NO_QUEUE } } });
  expect(operation).not.toHaveProperty("response");
});

it.each<[what: string, requests: (request: (id: string) => object) => object[], message: string]>([
  ["no requests", () => [], "Request must contain at least one task."],
  [
    "101 requests",
    (request) => Array.from({ length: 101 }, () => request("")),
    "A maximum of 100 tasks can be created in a single batch, but got 101 tasks.",
  ],
  [
    "a request for another queue",
    (request) => [{ ...request(""), parent: `${LOCATION}/queues/other` }],
    `All tasks in a batch request must target the same queue. Found task for queue ${LOCATION}/queues/other in batch request for queue ${LOCATION}/queues/q.`,
  ],
  [
    "one name twice",
    (request) => [request("t"), request("t")],
    `Duplicate task name in the batch request: ${LOCATION}/queues/q/tasks/t`,
  ],
])("refuses a batch with %s, and creates nothing", async (_what, requests, message) => {
  const { post, request, client, queue } = await setup();
  const refused = await post("batchCreate", { requests: requests((id) => request(id)) });
  expect([refused.status, refused.json.error?.message]).toEqual([400, message]);
  expect((await client.listTasks({ parent: queue }))[0]).toEqual([]);
});

test("deletes the tasks of a batch, one named twice only once, and reports the rest", async () => {
  const { post, request, queue, client } = await setup();
  await post("batchCreate", { requests: [request("a"), request("twice"), request("stays")] });
  const names = ["a", "missing", "twice", "twice", "not valid"].map((id) => `${queue}/tasks/${id}`);
  names.push(`${queue}-other/tasks/t`, "malformed");
  const operation = JSON.parse((await post("batchDelete", { names })).text);
  expect(operation).toMatchObject({
    done: true,
    metadata: {
      "@type": "type.googleapis.com/google.cloud.tasks.v2.BatchDeleteTasksMetadata",
      state: "PARTIALLY_SUCCEEDED",
      failedRequests: {
        1: NOT_FOUND,
        4: { code: 3, message: expect.stringMatching(/^Invalid task name: Task ID "not valid" can contain only/) },
        5: { code: 3, message: expect.stringMatching(/^The queue name from request/) },
        6: { code: 3, message: expect.stringMatching(/^Invalid task name: Task name must be formatted/) },
      },
    },
    response: { "@type": "type.googleapis.com/google.protobuf.Empty" },
  });
  expect(Object.keys(operation.metadata.failedRequests)).toEqual(["1", "4", "5", "6"]);
  expect((await client.listTasks({ parent: queue }))[0]).toMatchObject([{ name: `${queue}/tasks/stays` }]);
});

test("a batch that deletes nothing ends with an error", async () => {
  const { post, queue } = await setup();
  const operation = JSON.parse((await post("batchDelete", { names: [`${queue}/tasks/none`] })).text);
  expect(operation).toMatchObject({ done: true, error: { code: 10 }, metadata: { failedRequests: { 0: NOT_FOUND } } });
  expect(operation).not.toHaveProperty("response");
});

test("batches share the ids of their requests, until a reset", async () => {
  const { post, request, queue, emulator, client } = await setup();
  await post("batchCreate", { requests: [request("a")], requestId: "id" });
  const message = "Duplicate operation id in the batch request: id";
  expect((await post("batchCreate", { requests: [request("b")], requestId: "id" })).json.error).toMatchObject({
    message,
  });
  expect((await post("batchDelete", { names: [`${queue}/tasks/a`], requestId: "id" })).json.error).toMatchObject({
    message,
  });
  expect((await client.listTasks({ parent: queue }))[0]).toHaveLength(1);
  await emulator.reset();
  await client.createQueue({ parent: LOCATION, queue: { name: queue } });
  expect((await post("batchDelete", { names: [`${queue}/tasks/a`], requestId: "id" })).json).toMatchObject({
    done: true,
  });
});

test("batches are served over gRPC, too, to Google's own client", async () => {
  const { emulator, queue } = await setup();
  const beta = new v2beta3.CloudTasksClient(emulator.clientOptions());
  onTestFinished(() => beta.close());
  const [operation] = await beta.batchCreateTasks({
    parent: queue,
    requests: [{ parent: queue, task: { httpRequest: { url: URL } } }],
  });
  const [response] = await operation.promise();
  expect(response.tasks).toMatchObject([{ httpRequest: { url: URL } }]);
  const checked = await beta.checkBatchCreateTasksProgress(operation.name ?? "");
  expect(checked.done).toBe(true);
  const unknown = await rejectionOf(() => beta.checkBatchCreateTasksProgress(`${LOCATION}/operations/none`));
  expect(unknown.message).toBe(NOT_FOUND.message);
});

const CONFIG = `${LOCATION}/cmekConfig`;
const KEY = `${LOCATION}/keyRings/r/cryptoKeys/k`;

test("stores the key of a location, and removes it", async () => {
  const { call } = await setup();
  expect((await call("GET", `/v2/${CONFIG}`)).json).toEqual({ name: CONFIG });
  expect((await call("PATCH", `/v2/${CONFIG}?updateMask=kmsKey`, { kmsKey: KEY })).json).toEqual({
    name: CONFIG,
    kmsKey: KEY,
  });
  expect((await call("GET", `/v2beta3/${CONFIG}`)).json).toEqual({ name: CONFIG, kmsKey: KEY });
  expect((await call("PATCH", `/v2/${CONFIG}`, {})).json).toEqual({ name: CONFIG });
});

it.each([
  ["not-a-key", 400, "Resource name [not-a-key] does not match any known resource name pattern."],
  [`${LOCATION}/keyRings/r`, 400, "Request contains an invalid argument."],
  [`${KEY}/cryptoKeyVersions/1`, 400, "Request contains an invalid argument."],
  ["projects/p/locations/elsewhere/keyRings/r/cryptoKeys/k", 404, NOT_FOUND.message],
])("refuses the key %s", async (kmsKey, status, message) => {
  const { call } = await setup();
  const refused = await call("PATCH", `/v2/${CONFIG}`, { kmsKey });
  expect([refused.status, refused.json.error?.message]).toEqual([status, message]);
});

test("refuses a key where a queue overrides headers", async () => {
  const harness = await setup();
  await createRoutedQueue(harness, { headerOverrides: [{ header: { key: "X-A", value: "a" } }] }, "routed");
  const refused = await harness.call("PATCH", `/v2/${CONFIG}`, { kmsKey: KEY });
  expect(refused.json.error).toMatchObject({
    status: "FAILED_PRECONDITION",
    message: expect.stringMatching(/^CMEK cannot be enabled/),
  });
});

/** A queue that sends its tasks to the receiver. */
async function buffering() {
  const harness = await startRestHarness({ clock: new VirtualClock() });
  const { hostname: host, port } = new globalThis.URL(harness.receiver.url);
  const uriOverride = { scheme: "HTTP", host, port, pathOverride: { path: "/buffered" } };
  await createRoutedQueue(harness, { uriOverride }, "q");
  return harness;
}

it.each(["v2", "v2beta3", "v2beta2"])("buffers a request as it is by %s, with an id or without", async (version) => {
  const { base, receiver } = await buffering();
  const tasks = `${base}/${version}/${LOCATION}/queues/q/tasks`;
  const init = { method: "POST", body: "{'message': 'Hello World'}", headers: { "Content-Type": "text/plain" } };
  const named = JSON.parse(await (await fetch(`${tasks}/one:buffer`, init)).text());
  expect(named.task).toMatchObject({ name: `${LOCATION}/queues/q/tasks/one`, httpRequest: { httpMethod: "POST" } });
  const unnamed = JSON.parse(await (await fetch(`${tasks}:buffer`, { method: "GET" })).text());
  expect(unnamed.task.name).toMatch(/\/tasks\/\d+$/);
  await receiver.arrived(2);
  const post = receiver.received.find(({ method }) => method === "POST");
  expect(post).toMatchObject({ path: "/buffered", body: "{'message': 'Hello World'}" });
  expect(post?.headers.get("Content-Type")).toBe("text/plain");
  expect(receiver.received.filter(({ method }) => method === "GET")).toHaveLength(1);
  expect((await fetch(`${tasks}/one:buffer`, init)).status).toBe(409);
});

test("buffers the body inside an HttpBody, as generated clients send it", async () => {
  const { base, receiver } = await buffering();
  const body = JSON.stringify({ body: { contentType: "text/plain", data: Buffer.from("hi").toString("base64") } });
  const init = { method: "POST", body, headers: { "Content-Type": "application/json" } };
  await fetch(`${base}/v2/${LOCATION}/queues/q/tasks/:buffer`, init);
  await receiver.arrived(1);
  expect(receiver.received[0]?.body).toBe("hi");
  expect(receiver.received[0]?.headers.get("Content-Type")).toBe("text/plain");
});

test("buffers nothing in a queue without a target, or without a queue", async () => {
  const { call } = await setup();
  const refused = await call("POST", `${QUEUES}/q/tasks:buffer`, "x");
  expect([refused.status, refused.json.error?.message]).toEqual([400, expect.stringContaining("HTTP target")]);
  expect((await call("POST", `${QUEUES}/none/tasks:buffer`, "x")).status).toBe(404);
});
