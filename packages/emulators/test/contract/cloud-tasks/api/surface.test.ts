import { status } from "@grpc/grpc-js";
import { expect, test } from "vitest";
import { loadProtos } from "../../../../src/rpc/proto.ts";
import { PARENT, TRANSPORTS, createQueue, createTask, startHarness } from "../support/harness.ts";
import { rejectionOf } from "../support/rejection.ts";

test.each(TRANSPORTS)("serves every RPC of the client's proto over %s", async (transport) => {
  const harness = await startHarness({ transport });
  const { client } = harness;
  const name = await createQueue(harness);
  await client.updateQueue({ queue: { name } });
  await client.getQueue({ name });
  await client.listQueues({ parent: PARENT });
  await client.pauseQueue({ name });
  await client.setIamPolicy({ resource: name, policy: {} });
  await client.getIamPolicy({ resource: name });
  await client.testIamPermissions({ resource: name, permissions: ["cloudtasks.queues.get"] });
  const task = await createTask(harness, name);
  await client.getTask({ name: task });
  await client.listTasks({ parent: name });
  await client.deleteTask({ name: task });
  await client.runTask({ name: await createTask(harness, name) });
  await client.purgeQueue({ name });
  await client.resumeQueue({ name });
  await client.deleteQueue({ name });

  const packages = ["google.cloud.tasks.v2", "google.iam.v1", "google.protobuf", "google.rpc", "google.type"];
  const protos = loadProtos({ npmPackage: "@google-cloud/tasks" }, packages);
  const rpcs = Object.keys(protos.lookupService("google.cloud.tasks.v2.CloudTasks").methods).toSorted();
  expect(rpcs).toHaveLength(16);
  expect([...harness.emulator.calls.keys()].toSorted()).toEqual(rpcs);
});

test("responds Ok to GET /, and 404 with directions to the rest", async () => {
  const { emulator } = await startHarness();
  const address = `http://${emulator.host}:${emulator.port}`;
  const root = await fetch(address);
  expect([root.status, (await root.text()).trim()]).toEqual([200, "Ok"]);
  expect((await fetch(`${address}/v2/projects/p`)).status).toBe(404);
  expect((await fetch(`${address}/oauth2/v1/certs`, { method: "POST" })).status).toBe(405);
});

test("updates only what the mask names", async () => {
  const { client } = await startHarness();
  const name = await createQueue({ client }, "default", {
    rateLimits: { maxDispatchesPerSecond: 5, maxConcurrentDispatches: 7 },
    retryConfig: { maxAttempts: 3 },
  });
  const queue = { name, rateLimits: { maxDispatchesPerSecond: 50, maxConcurrentDispatches: 70 } };
  const updateMask = { paths: ["rate_limits.max_dispatches_per_second"] };
  const [updated] = await client.updateQueue({ queue, updateMask });
  expect(updated.rateLimits).toEqual({
    maxDispatchesPerSecond: 50,
    maxConcurrentDispatches: 7,
    maxBurstSize: 10,
  });
  expect(updated.retryConfig?.maxAttempts).toBe(3);
  expect((await client.getQueue({ name }))[0]).toEqual(updated);
});

test("updates all fields without a mask, and resets missing ones to their defaults", async () => {
  const { client } = await startHarness();
  const name = await createQueue({ client }, "default", {
    rateLimits: { maxDispatchesPerSecond: 5 },
    retryConfig: { maxAttempts: 3, maxRetryDuration: { seconds: 5 } },
  });
  const [updated] = await client.updateQueue({ queue: { name, rateLimits: { maxConcurrentDispatches: 2 } } });
  expect(updated.rateLimits).toMatchObject({ maxDispatchesPerSecond: 500, maxConcurrentDispatches: 2 });
  expect(updated.retryConfig).toMatchObject({ maxAttempts: 100, maxRetryDuration: null });
});

test("resets fields that the mask names but the update leaves out", async () => {
  const { client } = await startHarness();
  const name = await createQueue({ client }, "default", { retryConfig: { maxAttempts: 3, maxDoublings: 4 } });
  const updateMask = { paths: ["retry_config.max_attempts"] };
  const [updated] = await client.updateQueue({ queue: { name }, updateMask });
  expect(updated.retryConfig).toMatchObject({ maxAttempts: 100, maxDoublings: 4 });
});

test("creates the queue of an UpdateQueue call if it doesn't exist", async () => {
  const { client } = await startHarness();
  const name = `${PARENT}/queues/new`;
  const [created] = await client.updateQueue({ queue: { name, retryConfig: { maxAttempts: 4 } } });
  expect(created).toMatchObject({ name, state: "RUNNING", retryConfig: { maxAttempts: 4 } });
  expect((await client.getQueue({ name }))[0]).toEqual(created);
});

test("doesn't let an update change the state, and ignores output fields in masks", async () => {
  const { client } = await startHarness();
  const name = await createQueue({ client });
  await client.pauseQueue({ name });
  const updateMask = { paths: ["state", "purge_time", "rate_limits.max_burst_size"] };
  const queue = { name, state: "RUNNING", rateLimits: { maxBurstSize: 3 } } as const;
  const [updated] = await client.updateQueue({ queue, updateMask });
  expect(updated).toMatchObject({ state: "PAUSED", rateLimits: { maxBurstSize: 100 }, purgeTime: null });
  expect((await client.updateQueue({ queue }))[0].state).toBe("PAUSED");
});

test("refuses an invalid update or a mask with an unknown field, and changes nothing", async () => {
  const { client } = await startHarness();
  const name = await createQueue({ client });
  const [before] = await client.getQueue({ name });
  const tooFast = { queue: { name, rateLimits: { maxDispatchesPerSecond: 501 } } };
  const noField = { queue: { name }, updateMask: { paths: ["colour"] } };
  const noPart = { queue: { name }, updateMask: { paths: ["retry_config.constructor"] } };
  for (const update of [tooFast, noField, noPart]) {
    expect((await rejectionOf(() => client.updateQueue(update))).code).toBe(status.INVALID_ARGUMENT);
  }
  expect((await client.getQueue({ name }))[0]).toEqual(before);
});

test("keeps sub-second backoffs", async () => {
  const { client } = await startHarness();
  const name = `${PARENT}/queues/default`;
  const retryConfig = {
    minBackoff: { nanos: 250_000_000 },
    maxBackoff: { seconds: 1, nanos: 500_000_000 },
  };
  const [queue] = await client.createQueue({ parent: PARENT, queue: { name, retryConfig } });
  expect(queue.retryConfig).toMatchObject({
    minBackoff: { seconds: "0", nanos: 250_000_000 },
    maxBackoff: { seconds: "1", nanos: 500_000_000 },
  });
});
