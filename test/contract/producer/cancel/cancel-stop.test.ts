import { once } from "node:events";
import { expect, test } from "vitest";
import { startCloudTasksEmulator } from "handoff-emulators/cloud-tasks";
import { startFirestoreEmulator } from "handoff-emulators/firestore";
import { createCloudTasksClient } from "../../../../shared/runtime/google-clients.ts";
import { startFaultProxy } from "../../../harness/network/fault-proxy.ts";
import { startService } from "../../programs/service.ts";

const LOCATION = "projects/handoff-test/locations/europe-west1";

test("a producer that is told to stop finishes the cancels in progress, even one whose caller has gone", async (context) => {
  const [cloudTasks, firestore] = await Promise.all([startCloudTasksEmulator(), startFirestoreEmulator()]);
  const proxy = await startFaultProxy(cloudTasks);
  const admin = await createCloudTasksClient(cloudTasks);
  context.onTestFinished(async () => {
    await Promise.all([admin.close(), proxy.stop()]);
    await Promise.all([cloudTasks.stop(), firestore.stop()]);
  });
  const queue = { name: `${LOCATION}/queues/bulk-queue` };
  await admin.createQueue({ parent: LOCATION, queue });
  await admin.pauseQueue(queue);
  const { child, port, ended } = await startService("producer", context, {
    CLOUD_TASKS_EMULATOR_HOST: `${proxy.host}:${proxy.port}`,
    FIRESTORE_EMULATOR_HOST: `${firestore.host}:${firestore.port}`,
  });
  const url = `http://127.0.0.1:${port}/v1/tasks`;
  const enqueue = async (): Promise<string> => {
    const payload = { documentId: "d1", version: 1, content: "text" };
    const body = JSON.stringify({ type: "document.publish", payload });
    const headers = { "content-type": "application/json" };
    return JSON.parse(await (await fetch(url, { method: "POST", headers, body })).text()).id;
  };
  const [waited, left] = [await enqueue(), await enqueue()];
  const stopping = Promise.withResolvers<void>();
  /** Deletes the task only once the producer is stopping. */
  const cancelWhileStopping = async (id: string, signal?: AbortSignal) => {
    const { promise: arrived, resolve } = Promise.withResolvers<void>();
    const onArrival = async (): Promise<void> => {
      resolve();
      await stopping.promise;
    };
    void proxy.inject({ rpc: "DeleteTask", when: "after-effect", answer: "its-own", onArrival });
    const answer = fetch(`${url}/${id}`, { method: "DELETE", ...(signal ? { signal } : {}) });
    await Promise.race([arrived, answer]);
    return { answer };
  };
  const caller = new AbortController();
  const { answer: unheard } = await cancelWhileStopping(left, caller.signal);
  const { answer } = await cancelWhileStopping(waited);
  caller.abort();
  await expect(unheard).rejects.toThrow("aborted");

  child.kill("SIGTERM");
  await once(child.stdout, "data");
  stopping.resolve();

  const response = await answer;
  expect([response.status, await response.json()]).toEqual([200, { state: "cancelled", mayHaveRun: true }]);
  expect(await ended).toBe(0);
  const [tasks] = await admin.listTasks({ parent: queue.name });
  expect(tasks).toEqual([]);
});
