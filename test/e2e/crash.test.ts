import { expect, onTestFinished, test } from "vitest";
import { parseTaskRecord, TASK_RECORDS } from "../../shared/records/task-record.ts";
import { startWebhookReceiver } from "../harness/network/webhook-receiver.ts";
import { connectFirestore } from "./support/firestore-client.ts";
import { producerClient } from "./support/producer-client.ts";
import { startStackProcess } from "./support/stack-process.ts";

test("when a worker is killed in the middle of a handler, its successor finishes the task", async () => {
  let deliveries = 0;
  // The first delivery is never answered: its worker is killed while the subscriber waits.
  const receiver = await startWebhookReceiver((response) => {
    deliveries++;
    if (deliveries > 1) response.writeHead(200).end();
  });
  onTestFinished(() => receiver.close());
  const stack = await startStackProcess();
  const producer = producerClient(stack);
  const arrived = receiver.next();
  const { id } = await producer.enqueue({
    type: "webhook.deliver",
    payload: { url: `http://127.0.0.1:${receiver.port}/hook`, event: "killed", data: null },
  });
  await arrived;

  process.kill(stack.pidOf("worker"), "SIGKILL");
  await stack.line(/^worker was ended by SIGKILL; starting it again/);
  const done = await producer.untilState(id, "succeeded");

  expect(done.attempts).toBe(2);
  expect(receiver.received.map(({ headers }) => headers["webhook-id"])).toEqual([id, id]);
  const { docs } = await connectFirestore(stack).collection(TASK_RECORDS).get();
  expect(docs.map((doc) => [doc.id, parseTaskRecord(doc.data()).fence])).toEqual([[id, 2]]);
});
