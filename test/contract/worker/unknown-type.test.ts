import { expect, test } from "vitest";
import { retryLater } from "../../../services/worker/runner/handler.ts";
import {
  claimTaskType,
  naturalTaskType,
  scriptedHandler,
  scriptedTransactionHandler,
} from "../../harness/worker/scripted-handler.ts";
import { sealTask, setUpWorker } from "../../harness/worker/worker-harness.ts";

const KINDS = [
  ["claim", () => scriptedHandler(claimTaskType)],
  ["natural", () => scriptedHandler(naturalTaskType)],
  ["transaction", scriptedTransactionHandler],
] as const;

/** Two revisions on one store, as in a deployment; only the newer one knows the type. It allows three attempts. */
async function setup(makeHandler: (typeof KINDS)[number][1]) {
  const handler = makeHandler();
  const older = await setUpWorker(() => []);
  const newer = await setUpWorker(() => [handler], { reachFirestore: () => Promise.resolve(older.emulator) });
  const task = sealTask(handler.taskType, { n: 1 });
  let dispatches = 0;
  const deliverTo = async (worker: typeof older) => {
    const headers = { "x-cloudtasks-taskretrycount": String(dispatches++) };
    return (await worker.deliver(task, { headers })).headers.get("Handoff-Outcome");
  };
  return { handler, older, newer, task, deliverTo };
}

test.each(KINDS)(
  "a %s task whose type an older revision didn't know keeps all its attempts",
  async (_, makeHandler) => {
    const { handler, older, newer, task, deliverTo } = await setup(makeHandler);

    const outcomes: unknown[] = [];
    for (let delivery = 1; delivery <= 5; delivery++) outcomes.push(await deliverTo(older));
    const recorded = await older.recordOf(task);
    outcomes.push(await deliverTo(newer));

    expect(outcomes).toEqual([...Array.from({ length: 5 }, () => "unknown-type"), "done"]);
    expect(recorded).toMatchObject({ state: "waiting", attempts: 0, lastError: { code: "unknown_type" } });
    expect(handler.runs.map(({ attempt }) => attempt)).toEqual([1]);
    expect(await older.recordOf(task)).toMatchObject({ state: "succeeded", attempts: 1, lastError: null });
  },
);

test.each(KINDS)(
  "a %s task's count of attempts continues after an older revision has received it",
  async (_, makeHandler) => {
    const { handler, older, newer, task, deliverTo } = await setup(makeHandler);
    const again = () => retryLater({ code: "not_yet", message: "Not yet." });
    handler.steps(again, again, again);

    const outcomes: unknown[] = [];
    for (const worker of [newer, older, newer, older, older, newer]) outcomes.push(await deliverTo(worker));

    expect(outcomes).toEqual(["retry", "unknown-type", "retry", "unknown-type", "unknown-type", "dead"]);
    expect(handler.runs).toHaveLength(3);
    expect(await older.recordOf(task)).toMatchObject({ state: "dead", attempts: 3, lastError: { code: "not_yet" } });
  },
);

test("a task that has had more attempts than an older revision allows isn't dead-lettered by it", async () => {
  const handler = scriptedHandler({ ...claimTaskType, attempts: 20 });
  const older = await setUpWorker(() => []);
  const newer = await setUpWorker(() => [handler], { reachFirestore: () => Promise.resolve(older.emulator) });
  const task = sealTask(claimTaskType, { n: 1 });
  for (let attempt = 1; attempt <= 11; attempt++) {
    handler.steps(() => retryLater({ code: "not_yet", message: "Not yet." }));
    await newer.deliver(task);
  }

  const byOlder = await older.deliver(task);
  const byNewer = await newer.deliver(task);

  expect([byOlder.status, byNewer.status]).toEqual([404, 200]);
  expect(await older.recordOf(task)).toMatchObject({ state: "succeeded", attempts: 12 });
});
