import { expect, test, vi } from "vitest";
import { startCloudTasksEmulator } from "handoff-emulators/cloud-tasks";
import { startFirestoreEmulator } from "handoff-emulators/firestore";
import { startService } from "../../programs/service.ts";

const LOCATION = "projects/handoff-test/locations/europe-west1";
/** Far less than the wait, and than what requests have to end. */
const AT_ONCE_MS = 5_000;

test("a producer that is told to stop answers waiting requests at once, with the current task", async (context) => {
  const queues = [{ name: `${LOCATION}/queues/bulk-queue`, state: "PAUSED" as const }];
  const [cloudTasks, firestore] = await Promise.all([startCloudTasksEmulator({ queues }), startFirestoreEmulator()]);
  context.onTestFinished(async () => {
    await Promise.all([cloudTasks.stop(), firestore.stop()]);
  });
  const { child, port, ended } = await startService("producer", context, {
    CLOUD_TASKS_EMULATOR_HOST: `${cloudTasks.host}:${cloudTasks.port}`,
    FIRESTORE_EMULATOR_HOST: `${firestore.host}:${firestore.port}`,
  });
  const url = `http://127.0.0.1:${port}/v1/tasks`;
  const payload = { documentId: "d1", version: 1, content: "text" };
  const body = JSON.stringify({ type: "document.publish", payload });
  const created = await fetch(url, { method: "POST", headers: { "content-type": "application/json" }, body });
  const { id }: { id: string } = JSON.parse(await created.text());

  const waits = Array.from({ length: 3 }, () => fetch(`${url}/${id}?waitSeconds=30`));
  await vi.waitFor(() => expect(firestore.calls.get("Listen")).toBe(3), { timeout: 100_000 });
  const sentMs = performance.now();
  child.kill("SIGTERM");
  const responses = await Promise.all(waits);
  expect(performance.now() - sentMs).toBeLessThan(AT_ONCE_MS);
  const views = await Promise.all(responses.map(async (response) => [response.status, await response.json()]));
  expect(views).toMatchObject(waits.map(() => [200, { id, state: "queued" }]));
  expect(await ended).toBe(0);
});
