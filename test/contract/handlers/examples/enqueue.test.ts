import { Firestore } from "@google-cloud/firestore";
import { expect, test } from "vitest";
import { createHarness } from "../../../../services/worker/testing/harness.ts";
import { setUpProducer } from "../../../harness/producer/producer-harness.ts";
import { createHandlers } from "./handlers/index.ts";
import { registry } from "./tasks/index.ts";

/** A producer of the task types of docs/handlers.md, and the Cloud Tasks emulator that it enqueues into. */
async function setUp() {
  const { url: producerUrl, tasksProxy } = await setUpProducer({ registry });
  const emulator = { host: tasksProxy.host, port: tasksProxy.port };
  const handlers = createHandlers({ db: new Firestore({ projectId: "handoff-test" }) });
  return { producerUrl, emulator, handlers };
}

/** Code of an application that hands over a task. */
async function checkOut(producerUrl: string, order: { id: string; email: string }): Promise<void> {
  await fetch(`${producerUrl}/v1/tasks`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ type: "receipt.send", payload: { orderId: order.id, to: order.email } }),
  });
}

test("an application's task is enqueued", async () => {
  const { producerUrl, emulator, handlers } = await setUp();

  const tasks = { ...emulator, project: "handoff-test", location: "europe-west1" };
  const harness = createHarness({ registry, handlers, tasks });
  await checkOut(producerUrl, { id: "7", email: "ann@example.com" });
  const task = await harness.expectEnqueued("receipt.send", { orderId: "7" });

  expect(task.payload).toEqual({ orderId: "7", to: "ann@example.com" });
});
