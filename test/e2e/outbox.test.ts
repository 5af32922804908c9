import { expect, test } from "vitest";
import { createClient } from "handoff-client/outbox";
import { claimCanary } from "../../shared/tasks/canary.ts";
import { connectFirestore } from "./support/firestore-client.ts";
import { producerClient } from "./support/producer-client.ts";
import { startStackProcess } from "./support/stack-process.ts";

const PAYLOAD = { sentAt: "2030-01-01T00:00:00Z" };

test("a task that an application commits reaches its handler, told by the listener alone or by the client", async () => {
  const stack = await startStackProcess();
  const db = connectFirestore(stack);
  const producer = producerClient(stack);
  const order = db.doc("orders/7");
  // This address leads nowhere, so nobody but the listener tells the producer.
  const silent = createClient({ url: "http://127.0.0.1:9", outbox: { db } });

  const id = await silent.transaction(async (tx) => {
    tx.set(order, { paid: true });
    return silent.enqueueIn(tx, claimCanary, PAYLOAD, { idempotencyKey: "order-7" });
  });

  expect(await producer.untilState(id, "succeeded")).toMatchObject({ result: { attempt: 1 } });
  expect((await order.get()).data()).toEqual({ paid: true });
  await expect.poll(async () => (await db.collection("taskOutbox").get()).size).toBe(0);

  const direct = createClient({ url: producer.base, outbox: { db } });
  const second = await direct.transaction(async (tx) =>
    direct.enqueueIn(tx, claimCanary, PAYLOAD, { idempotencyKey: "order-8" }),
  );
  await producer.untilState(second, "succeeded");

  expect(stack.lines.filter((line) => /metadata/i.test(line))).toEqual([]);
  expect(await stack.stop()).toBe(0);
});
