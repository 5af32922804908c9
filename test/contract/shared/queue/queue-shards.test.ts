import { expect, it, onTestFinished } from "vitest";
import { startCloudTasksEmulator } from "handoff-emulators/cloud-tasks";
import { sealText } from "../../../../shared/contract/envelope.ts";
import { shardKeys } from "../../../../shared/contract/queue-shards.ts";
import type { Shards } from "../../../../shared/contract/queues.ts";
import { isTaskId } from "../../../../shared/contract/task-id.ts";
import { createCloudTasksQueue } from "../../../../shared/queue/cloud-tasks-queue.ts";
import { createCloudTasksClient } from "../../../../shared/runtime/google-clients.ts";
import { systemClock } from "../../../../shared/runtime/clock.ts";
import { DependencyError } from "../../../../shared/runtime/dependency-error.ts";
import { TEST_QUEUES } from "../../../harness/registry/test-queues.ts";

const LOCATION = "projects/handoff-test/locations/europe-west1";
const DEADLINE = { clock: systemClock, timeoutMs: 5_000 };
/** Modulo 2 its digits choose the second queue, modulo 4 the fourth. */
const ID = `00000007${"0".repeat(24)}-bulk`;

/** Four paused queues in Cloud Tasks, and what one revision after another makes of them. */
async function setUp() {
  const emulator = await startCloudTasksEmulator();
  const client = await createCloudTasksClient(emulator);
  onTestFinished(async () => {
    await client.close();
    await emulator.stop();
  });
  for (const key of shardKeys("bulk", { shards: { now: 4 } })) {
    const name = `${LOCATION}/queues/${key}`;
    await client.createQueue({ parent: LOCATION, queue: { name } });
    await client.pauseQueue({ name });
  }
  const revision = (shards: Shards) => {
    const settings = { ...TEST_QUEUES.bulk, shards };
    const [first = "", ...others] = shardKeys("bulk", settings);
    return createCloudTasksQueue(client, {
      project: "handoff-test",
      location: "europe-west1",
      queues: new Map([["bulk", { settings, names: [first, ...others] }]]),
      workerUrl: "https://worker.example",
      workerAudience: "https://audience.example",
      invokerServiceAccount: "invoker@handoff-test.iam.gserviceaccount.com",
    });
  };
  const tasksIn = async (key: string) => {
    const [tasks] = await client.listTasks({ parent: `${LOCATION}/queues/${key}` });
    return tasks.length;
  };
  return { client, revision, tasksIn };
}

function idOf(text: string) {
  if (!isTaskId(text)) throw new TypeError(text);
  return text;
}

const id = idOf(ID);
const task = {
  envelope: sealText({
    id,
    type: "a",
    caller: "shop@example.com",
    payload: { json: "{}", hash: "0".repeat(64) },
    enqueuedAtMs: 0,
  }),
};

it("a task is created in its shard, and found there after a change of their number", async () => {
  const { revision, tasksIn } = await setUp();
  const [before, during] = [revision({ now: 2 }), revision({ now: 4, before: 2 })];
  await before.create(task, DEADLINE);
  expect(await tasksIn("bulk-1")).toBe(1);

  expect((await during.find({ id }, "basic", DEADLINE)).kind).toBe("found");
  expect((await revision({ now: 4 }).find({ id }, "basic", DEADLINE)).kind).toBe("never");

  await during.delete({ id }, DEADLINE);
  expect(await tasksIn("bulk-1")).toBe(0);
  expect((await during.find({ id }, "basic", DEADLINE)).kind).toBe("gone");
});

it("a task that is in both of its queues is found until it is deleted from both", async () => {
  const { revision, tasksIn } = await setUp();
  const [before, during] = [revision({ now: 2 }), revision({ now: 4, before: 2 })];
  expect((await during.find({ id }, "basic", DEADLINE)).kind).toBe("never");
  expect((await before.create(task, DEADLINE)).kind).toBe("created");
  expect((await during.create(task, DEADLINE)).kind).toBe("created");
  expect(await Promise.all(["bulk-1", "bulk-3"].map(tasksIn))).toEqual([1, 1]);

  await before.delete({ id }, DEADLINE);
  expect((await during.find({ id }, "full", DEADLINE)).kind).toBe("found");
  await during.delete({ id }, DEADLINE);
  expect(await Promise.all(["bulk-1", "bulk-3"].map(tasksIn))).toEqual([0, 0]);
  expect((await during.find({ id }, "full", DEADLINE)).kind).toBe("gone");
});

it("a queue is usable once all of its shards exist", async () => {
  const { client, revision } = await setUp();
  await revision({ now: 4 }).probe("bulk", DEADLINE);
  await client.deleteQueue({ name: `${LOCATION}/queues/bulk-3` });
  await expect(revision({ now: 4 }).probe("bulk", DEADLINE)).rejects.toBeInstanceOf(DependencyError);
  await revision({ now: 2 }).probe("bulk", DEADLINE);
});
