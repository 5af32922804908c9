import { expect, test } from "vitest";
import { CLAIMED, NATURAL, setUpProducer } from "../../../harness/producer/producer-harness.ts";
import { bodyOf, hopsInQueue, waitingAt } from "../../../harness/producer/outbox-tasks.ts";

const DAY_MS = 24 * 60 * 60_000;
const inDays = (days: number) => new Date(Math.floor(Date.now() / 1_000) * 1_000 + days * DAY_MS).toISOString();

test("a task that is due within 29 days is in its queue for that time, and its envelope has no due time", async () => {
  const producer = await setUpProducer();
  const scheduleTime = inDays(28.9);

  const { body: task } = await producer.enqueue({ ...CLAIMED, scheduleTime });

  expect(task).toMatchObject({ state: "scheduled", scheduleTime });
  expect(await hopsInQueue(producer, task.id)).toEqual({ "": Date.parse(scheduleTime) });
  expect(await bodyOf(producer, task.id)).not.toHaveProperty("notBefore");
});

test.each([
  ["a time", (scheduleTime: string) => ({ scheduleTime })],
  ["a delay", () => ({ delaySeconds: 3_650 * 86_400 })],
])(
  "a task that is due in ten years by %s is in its queue for 29 days, and is shown with its real time",
  async (_, due) => {
    const producer = await setUpProducer();
    const scheduleTime = inDays(3_650);
    const before = Date.now();

    const accepted = await producer.enqueue({ ...NATURAL, ...due(scheduleTime) });

    expect(accepted).toMatchObject({ status: 202, body: { state: "scheduled" } });
    const { id, scheduleTime: shown } = accepted.body;
    expect(Math.abs(Date.parse(shown) - Date.parse(scheduleTime))).toBeLessThan(10_000);
    const { "": queuedMs = 0 } = await hopsInQueue(producer, id);
    expect(queuedMs).toBeGreaterThanOrEqual(before + 29 * DAY_MS);
    expect(queuedMs).toBeLessThan(before + 29 * DAY_MS + 10_000);
    expect(await bodyOf(producer, id)).toMatchObject({ notBefore: shown });
    expect((await producer.send(`/v1/tasks/${id}`)).body).toEqual(accepted.body);
  },
);

test("a request is answered as replayed while its task is at a later hop, with the state that it has there", async () => {
  const producer = await setUpProducer();
  const scheduleTime = inDays(100);
  const { body: task } = await producer.enqueue({ ...CLAIMED, scheduleTime }, "k");
  const envelope = await bodyOf(producer, task.id);
  const { payloadHash } = envelope;
  // As the worker does when a delivery comes early: the next hop, in the outbox and then in the queue.
  await producer.writeRecord(
    task.id,
    waitingAt(1, String(payloadHash), { notBefore: scheduleTime, type: CLAIMED.type }),
  );
  await producer.admin.deleteTask({ name: producer.taskName(task.id) });
  const again = () => producer.enqueue({ ...CLAIMED, scheduleTime }, "k");
  const name = `${producer.taskName(task.id)}-h1`;
  const body = Buffer.from(JSON.stringify({ ...envelope, hop: 1 }));
  const httpRequest = {
    url: "https://worker.example/tasks/webhook.deliver",
    body,
    headers: { "Handoff-Not-Before": scheduleTime },
  };
  const parent = name.split("/tasks/")[0] ?? "";
  await producer.admin.createTask({
    parent,
    task: { name, httpRequest, scheduleTime: { seconds: Date.now() / 1_000 + 86_400 } },
  });

  expect(await again()).toMatchObject({ status: 200, body: { id: task.id, state: "scheduled", scheduleTime } });
  const other = { ...CLAIMED, payload: { ...CLAIMED.payload, event: "else" } };
  expect(await producer.enqueue(other, "k")).toMatchObject({ status: 422 });
  expect(Object.keys(await hopsInQueue(producer, task.id))).toEqual(["-h1"]);
});
