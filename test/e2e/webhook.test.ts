import type http from "node:http";
import { Webhook } from "standardwebhooks";
import { expect, onTestFinished, test } from "vitest";
import { DEAD_LETTERS } from "../../shared/records/letters/dead-letter.ts";
import { startWebhookReceiver } from "../harness/network/webhook-receiver.ts";
import { connectFirestore } from "./support/firestore-client.ts";
import { producerClient } from "./support/producer-client.ts";
import { shareStack } from "./support/stack-process.ts";

/** The secret of the endpoint `ep_1` from the local master, computed by other software. */
const ENDPOINT_SECRET = "whsec_2G1cx+MIUajWfqNMVmKlg/6W1LAsi81GHMvLVQcDffY=";

const sharedStack = shareStack();

async function setup(statuses: readonly number[] = []) {
  const answers = [...statuses];
  const arrivals: number[] = [];
  const receiver = await startWebhookReceiver((response: http.ServerResponse) => {
    arrivals.push(performance.now());
    response.writeHead(answers.shift() ?? 204).end();
  });
  onTestFinished(() => receiver.close());
  const stack = sharedStack();
  const task = {
    type: "webhook.deliver",
    payload: {
      url: `http://127.0.0.1:${receiver.port}/hook`,
      endpointId: "ep_1",
      event: "order.paid",
      data: { order: 7 },
    },
  };
  return { receiver, arrivals, task, stack, producer: producerClient(stack) };
}

test("a webhook arrives once, signed according to the standard, and its task goes from queued to succeeded", async () => {
  const { receiver, task, producer } = await setup();

  const accepted = await producer.enqueue(task);
  const done = await producer.untilState(accepted.id, "succeeded");

  expect(accepted.state).toBe("queued");
  expect(done).toMatchObject({ attempts: 1, result: { status: 204 } });
  expect(receiver.received).toHaveLength(1);
  const webhook = receiver.received[0];
  expect(webhook?.headers["webhook-id"]).toBe(accepted.id);
  const verified = new Webhook(ENDPOINT_SECRET).verify(webhook?.body ?? "", webhook?.headers ?? {});
  expect(verified).toMatchObject({ type: "order.paid", data: { order: 7 } });
});

test("the same key and payload again is a replay that delivers nothing; another payload is refused", async () => {
  const { receiver, task, producer } = await setup();
  const first = await producer.post(task, "order-7");
  const { id } = await producer.taskIn(first);
  await producer.untilState(id, "succeeded");

  const again = await producer.post(task, "order-7");
  const other = await producer.post({ ...task, payload: { ...task.payload, event: "order.refunded" } }, "order-7");

  expect([first.status, again.status, other.status]).toEqual([202, 200, 422]);
  expect(again.headers.get("Idempotency-Replayed")).toBe("true");
  expect(await again.json()).toMatchObject({ id, state: "succeeded" });
  await producer.untilState((await producer.enqueue(task)).id, "succeeded");
  expect(receiver.received).toHaveLength(2);
});

test("a receiver that answers 503 twice gets three deliveries with growing delays", async () => {
  const { receiver, arrivals, task, producer } = await setup([503, 503, 200]);

  const { id } = await producer.enqueue(task);
  const done = await producer.untilState(id, "succeeded");

  expect(done.attempts).toBe(3);
  expect(receiver.received).toHaveLength(3);
  const [first = 0, second = 0, third = 0] = arrivals;
  expect(second - first).toBeGreaterThanOrEqual(900);
  expect(third - second).toBeGreaterThan(second - first);
});

test("a receiver that answers 410 gets one delivery, and the payload is kept as a dead letter", async () => {
  const { receiver, task, stack, producer } = await setup([410]);

  const { id } = await producer.enqueue(task);
  const dead = await producer.untilState(id, "dead");

  expect(dead).toMatchObject({ attempts: 1, lastError: { code: expect.any(String) } });
  expect(receiver.received).toHaveLength(1);
  const letter = await connectFirestore(stack).collection(DEAD_LETTERS).doc(id).get();
  expect(letter.data()).toMatchObject({ taskId: id, payloadJson: JSON.stringify(task.payload) });
});
