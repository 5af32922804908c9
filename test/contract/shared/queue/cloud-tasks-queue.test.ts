import { expect, it, onTestFinished } from "vitest";
import { startCloudTasksEmulator } from "handoff-emulators/cloud-tasks";
import { sealText } from "../../../../shared/contract/envelope.ts";
import { randomTaskId } from "../../../../shared/contract/task-id.ts";
import { createCloudTasksQueue } from "../../../../shared/queue/cloud-tasks-queue.ts";
import { createCloudTasksClient } from "../../../../shared/runtime/google-clients.ts";
import { systemClock } from "../../../../shared/runtime/clock.ts";
import { TEST_QUEUES } from "../../../harness/registry/test-queues.ts";

const LOCATION = "projects/handoff-test/locations/europe-west1";
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
  return createCloudTasksQueue(client, {
    project: "handoff-test",
    location: "europe-west1",
    queues: new Map([["default", { settings: TEST_QUEUES.default, names: ["default"] }]]),
    workerUrl: "https://worker.example",
    workerAudience: "https://audience.example",
    invokerServiceAccount: "invoker@handoff-test.iam.gserviceaccount.com",
  });
}

it("a task that is looked up brings its envelope without the payload, whose values can take much memory", async () => {
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
