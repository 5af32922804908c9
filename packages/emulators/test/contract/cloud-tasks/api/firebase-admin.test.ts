import { type Credential, deleteApp, initializeApp } from "firebase-admin/app";
import { type TaskQueue, getFunctions } from "firebase-admin/functions";
import { randomUUID } from "node:crypto";
import { expect, onTestFinished, test, vi } from "vitest";
import { VirtualClock } from "../../../../src/kernel/virtual-clock.ts";
import { startHarness } from "../support/harness.ts";

const START_MS = Date.UTC(2026, 0, 1);
const INVOKER = "invoker@my-project.iam.gserviceaccount.com";

/** Firebase's task queue for the function `work` in europe-west1, which is a queue of that name. */
async function setup() {
  const clock = new VirtualClock({ startMs: START_MS });
  const name = "projects/my-project/locations/europe-west1/queues/work";
  const harness = await startHarness({ clock, queues: [{ name }] });
  vi.stubEnv("CLOUD_TASKS_EMULATOR_HOST", `${harness.emulator.host}:${harness.emulator.port}`);
  // Firebase gets a token before it sends anything. The real service would check it.
  const credential: Credential = {
    getAccessToken: () => Promise.resolve({ access_token: "local", expires_in: 3600 }),
  };
  const app = initializeApp({ projectId: "my-project", serviceAccountId: INVOKER, credential }, randomUUID());
  onTestFinished(async () => {
    vi.unstubAllEnvs();
    await deleteApp(app);
  });
  const queue: TaskQueue<{ greeting: string }> = getFunctions(app).taskQueue("locations/europe-west1/functions/work");
  return { ...harness, clock, name, queue, uri: `${harness.receiver.url}/work` };
}

test("Firebase enqueues a task, which arrives with its data and a token", async () => {
  const { queue, uri, receiver, emulator, name } = await setup();
  await queue.enqueue({ greeting: "hello" }, { uri, id: "one" });
  await emulator.waitForIdle({ until: "empty" });
  expect(receiver.received.map(({ body }) => JSON.parse(body))).toEqual([{ data: { greeting: "hello" } }]);
  const [attempt] = emulator.history({ task: `${name}/tasks/one` });
  expect(attempt?.token?.claims).toMatchObject({ email: INVOKER, aud: uri });
  await expect(queue.enqueue({ greeting: "again" }, { uri, id: "one" })).rejects.toMatchObject({
    code: "functions/task-already-exists",
  });
});

test("Firebase schedules a task, and deletes it before it is due", async () => {
  const { queue, uri, receiver, clock, client, name } = await setup();
  for (const id of ["stays", "goes"]) {
    await queue.enqueue({ greeting: id }, { uri, id, scheduleTime: new Date(START_MS + 60_000) });
  }
  expect((await client.listTasks({ parent: name }))[0]).toHaveLength(2);
  await queue.delete("goes");
  await queue.delete("goes");
  await clock.advance("2m");
  expect(receiver.received.map(({ body }) => JSON.parse(body))).toEqual([{ data: { greeting: "stays" } }]);
});
