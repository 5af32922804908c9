import { once } from "node:events";
import http2 from "node:http2";
import { status } from "@grpc/grpc-js";
import { expect, it, onTestFinished } from "vitest";
import { startCloudTasksEmulator } from "handoff-emulators/cloud-tasks";
import { sealText } from "../../../../shared/contract/envelope.ts";
import { randomTaskId } from "../../../../shared/contract/task-id.ts";
import { type CloudTasksSettings, createCloudTasksQueue } from "../../../../shared/queue/cloud-tasks-queue.ts";
import { createCloudTasksClient } from "../../../../shared/runtime/google-clients.ts";
import { portOf } from "../../../../shared/http/listening-port.ts";
import { systemClock } from "../../../../shared/runtime/clock.ts";
import { TEST_QUEUES } from "../../../harness/registry/test-queues.ts";

const LOCATION = "projects/handoff-test/locations/europe-west1";
const SETTINGS: CloudTasksSettings = {
  project: "handoff-test",
  location: "europe-west1",
  queues: new Map([["default", { settings: TEST_QUEUES.default, names: ["default"] }]]),
  workerUrl: "https://worker.example",
  workerAudience: "https://audience.example",
  invokerServiceAccount: "invoker@handoff-test.iam.gserviceaccount.com",
};
const DEADLINE = { clock: systemClock, timeoutMs: 5_000 };

async function setUp() {
  const emulator = await startCloudTasksEmulator();
  const client = await createCloudTasksClient(emulator);
  onTestFinished(async () => {
    await client.close();
    await emulator.stop();
  });
  const name = `${LOCATION}/queues/default`;
  await client.createQueue({ parent: LOCATION, queue: { name } });
  await client.pauseQueue({ name });
  return createCloudTasksQueue(client, SETTINGS);
}

/** A server that answers each call with this status, and keeps the headers of the last one. */
async function setUpStatus(code: status) {
  let headers: http2.IncomingHttpHeaders = {};
  const server = http2.createServer();
  server.on("stream", (stream, received) => {
    headers = received;
    stream.respond({ "content-type": "application/grpc", "grpc-status": String(code) }, { endStream: true });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const client = await createCloudTasksClient({ host: "127.0.0.1", port: portOf(server) });
  onTestFinished(async () => {
    await client.close();
    server.close();
  });
  return { queue: createCloudTasksQueue(client, SETTINGS), headers: () => headers };
}

const newTask = () => {
  const id = randomTaskId({ queue: "default", idempotency: "claim" });
  const payload = { json: "{}", hash: "0".repeat(64) };
  return { envelope: sealText({ id, type: "a", caller: "shop@example.com", payload, enqueuedAtMs: 0 }) };
};

it("tells Google's front ends which queue a new task is for, and how long it waits", async () => {
  const { queue, headers } = await setUpStatus(status.ALREADY_EXISTS);
  expect(await queue.create(newTask(), DEADLINE)).toEqual({ kind: "exists" });
  expect(headers()).toMatchObject({
    ":path": "/google.cloud.tasks.v2.CloudTasks/CreateTask",
    "x-goog-request-params": `parent=${encodeURIComponent(`${LOCATION}/queues/default`)}`,
    "x-goog-api-client": expect.stringMatching(/^gl-node\//),
    "grpc-timeout": expect.stringMatching(/^\d+m$/),
  });
});

it.each([
  [status.RESOURCE_EXHAUSTED, "throttled"],
  [status.NOT_FOUND, "no-queue"],
  [status.FAILED_PRECONDITION, "no-queue"],
  [status.UNAVAILABLE, "unclear"],
  [status.DEADLINE_EXCEEDED, "unclear"],
  [status.INTERNAL, "unclear"],
])("reports status %i of a new task as %s, and doesn't retry by itself", async (code, kind) => {
  const { queue } = await setUpStatus(code);
  expect(await queue.create(newTask(), DEADLINE)).toMatchObject({ kind });
});

it("a look-up returns a task's envelope without the payload, whose values can take much memory", async () => {
  const queue = await setUp();
  const id = randomTaskId({ queue: "default", idempotency: "claim" });
  const payload = { json: JSON.stringify([[], [], []]), hash: "0".repeat(64) };
  const sealed = sealText({ id, type: "a", caller: "shop@example.com", payload, enqueuedAtMs: 0 });
  await queue.create({ envelope: sealed }, DEADLINE);

  const { text: _, ...envelope } = sealed;
  const [full, basic] = [await queue.find({ id }, "full", DEADLINE), await queue.find({ id }, "basic", DEADLINE)];
  expect(full).toMatchObject({ kind: "found", task: { envelope: { ...envelope, payload: null } } });
  expect(basic).not.toHaveProperty("task.envelope");
});
