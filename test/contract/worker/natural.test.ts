import { expect, test } from "vitest";
import { failPermanently, retryLater } from "../../../services/worker/runner/handler.ts";
import { createPublishDocument } from "../../../services/worker/handlers/publish-document.ts";
import { ABORT_GRACE_MS } from "../../../shared/contract/queues.ts";
import { publishDocument } from "../../../shared/tasks/document-publish.ts";
import { naturalTaskType, scriptedHandler } from "../../harness/worker/scripted-handler.ts";
import { shuffled } from "../../harness/runtime/shuffled.ts";
import { sealTask, setUpWorker } from "../../harness/worker/worker-harness.ts";

const neverEnd = () => new Promise<never>(() => undefined);

async function setup() {
  const handler = scriptedHandler(naturalTaskType);
  const worker = await setUpWorker(() => [handler]);
  return { handler, worker, task: sealTask(naturalTaskType, { n: 1 }) };
}

test("success on the first dispatch neither reads nor writes a record", async () => {
  const { worker, task } = await setup();

  const answer = await worker.deliver(task);

  expect(answer.status).toBe(200);
  expect(worker.callsSince()).toEqual({});
  expect(await worker.recordOf(task)).toBeNull();
});

test("a failed attempt is recorded, and a later success closes the record", async () => {
  const { handler, worker, task } = await setup();
  handler.steps(() => retryLater({ code: "not_yet", message: "Not yet." }));

  const first = await worker.deliver(task);
  const between = await worker.recordOf(task);
  const second = await worker.deliver(task, { headers: { "x-cloudtasks-taskretrycount": "1" } });

  expect([first.status, second.status]).toEqual([424, 200]);
  expect(between).toMatchObject({ state: "waiting", attempts: 1, lastError: { code: "not_yet" } });
  expect(await worker.recordOf(task)).toMatchObject({ state: "succeeded", attempts: 2, lastError: null });
});

test("a handler that ignores its signal is counted, and at last the task is dead-lettered", async () => {
  const handler = scriptedHandler(naturalTaskType).steps(...Array.from({ length: 3 }, () => neverEnd));
  const worker = await setUpWorker(() => [handler]);
  const task = sealTask(naturalTaskType, { n: 1 });

  const outcomes: unknown[] = [];
  for (let attempt = 1; attempt <= naturalTaskType.attempts; attempt++) {
    const answer = worker.deliver(task);
    await expect.poll(() => handler.runs.length).toBe(attempt);
    await worker.clock.advance(naturalTaskType.timeoutMs + ABORT_GRACE_MS);
    outcomes.push((await answer).headers.get("Handoff-Outcome"));
  }

  expect(outcomes).toEqual(["failed", "failed", "dead"]);
  expect(await worker.deadLetters()).toMatchObject([{ attempts: 3, error: { code: "timeout" } }]);
});

test("another payload under the same id may run at its first delivery, and is kept", async () => {
  const { handler, worker } = await setup();
  handler.steps(...[1, 2].map(() => () => retryLater({ code: "not_yet", message: "Not yet." })));
  const original = sealTask(naturalTaskType, { n: 1 }, "one key");
  const impostor = sealTask(naturalTaskType, { n: 2 }, "one key");
  await worker.deliver(original);
  const before = await worker.recordOf(original);

  const answer = await worker.deliver(impostor);
  const again = await worker.deliver(impostor, { headers: { "x-cloudtasks-taskretrycount": "1" } });

  expect([answer, again].map(({ headers }) => headers.get("Handoff-Outcome"))).toEqual(["dead", "dead"]);
  expect(handler.runs.map(({ payload }) => payload)).toEqual([{ n: 1 }, { n: 2 }]);
  expect(await worker.recordOf(original)).toEqual(before);
  expect(await worker.deadLetters()).toMatchObject([{ payload: { n: 2 }, error: { code: "payload_conflict" } }]);
});

test("success on a retry without a record writes none", async () => {
  const { worker, task } = await setup();

  const answer = await worker.deliver(task, { headers: { "x-cloudtasks-taskretrycount": "3" } });

  expect(answer.status).toBe(200);
  expect(await worker.recordOf(task)).toBeNull();
});

test("a permanent failure is recorded as dead with its letter", async () => {
  const { handler, worker, task } = await setup();
  handler.steps(() => failPermanently({ code: "impossible", message: "This can't be done." }));

  const answer = await worker.deliver(task);

  expect([answer.status, answer.headers.get("Handoff-Outcome")]).toEqual([200, "dead"]);
  expect(await worker.recordOf(task)).toMatchObject({ state: "dead", attempts: 1 });
  expect(await worker.deadLetters()).toMatchObject([{ taskId: task.id, error: { code: "impossible" } }]);
});

test("versions 1 to 50 in any order, with repeats, leave version 50 in place", async () => {
  const worker = await setUpWorker((db) => [createPublishDocument({ db })]);
  const versions = Array.from({ length: 50 }, (_, index) => index + 1);
  const tasks = versions.map((version) =>
    sealTask(publishDocument, { documentId: "page", version, content: `content of version ${version}` }),
  );
  const deliveries = shuffled([...tasks, ...tasks]);

  const statuses: number[] = [];
  const deliverNext = async (): Promise<void> => {
    for (let task = deliveries.shift(); task; task = deliveries.shift())
      statuses.push((await worker.deliver(task)).status);
  };
  await Promise.all([deliverNext(), deliverNext(), deliverNext(), deliverNext()]);

  expect(statuses).toEqual(Array.from({ length: 100 }, () => 200));
  const stored = await worker.db.collection("documents").doc("page").get();
  expect(stored.data()).toEqual({ version: 50, content: "content of version 50" });
});
