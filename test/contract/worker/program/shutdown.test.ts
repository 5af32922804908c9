import { expect, test } from "vitest";
import { DRAIN_MS } from "../../../../services/worker/runner/shutdown.ts";
import { retryLater, succeeded } from "../../../../services/worker/runner/handler.ts";
import { answerOn, bytesOf, openSocket } from "../../../harness/network/raw-http.ts";
import { claimTaskType, scriptedHandler } from "../../../harness/worker/scripted-handler.ts";
import { sealTask, setUpWorker } from "../../../harness/worker/worker-harness.ts";

async function setup() {
  const handler = scriptedHandler(claimTaskType);
  const worker = await setUpWorker(() => [handler]);
  return { handler, worker, task: sealTask(claimTaskType, { n: 1 }) };
}

/** Shuts the worker down while the task's handler runs until it is aborted. Resolves with the response to the delivery. */
async function outlastTheDrain({ handler, worker, task }: Awaited<ReturnType<typeof setup>>) {
  const started = Promise.withResolvers<void>();
  handler.steps(({ signal }) => {
    started.resolve();
    return new Promise((_, reject) => {
      signal.addEventListener("abort", () => reject(new Error("stopped by the signal")));
    });
  });
  const underWay = worker.deliver(task);
  await started.promise;
  const drained = worker.shutdown.drain();
  await worker.clock.advance(DRAIN_MS);
  await drained;
  return await underWay;
}

test("work in progress finishes, and nothing new starts", async () => {
  const { handler, worker, task } = await setup();
  const held = handler.hold();
  const underWay = worker.deliver(task);
  await held.started;

  const drained = worker.shutdown.drain();
  const late = await worker.deliver(sealTask(claimTaskType, { n: 2 }));
  held.finish(succeeded());
  await drained;

  expect([late.status, late.headers.get("Retry-After")]).toEqual([503, "5"]);
  expect((await underWay).status).toBe(200);
  expect(handler.runs).toHaveLength(1);
});

test("a delivery that arrives during shutdown gets its response before its token is checked", async () => {
  const { handler, worker, task } = await setup();
  await worker.shutdown.drain();

  const answers = await Promise.all([worker.deliver(task), worker.deliver(task, { headers: { authorization: "" } })]);

  expect(answers.map(({ status }) => status)).toEqual([503, 503]);
  expect(worker.keyServer.fetches).toBe(0);
  expect(worker.callsSince()).toEqual({});
  expect(handler.runs).toEqual([]);
});

test("work that outlasts the drain is aborted, its claim released, and no attempt counted", async () => {
  const { handler, worker, task } = await setup();

  const response = await outlastTheDrain({ handler, worker, task });

  expect(response.status).toBe(503);
  expect(await worker.recordOf(task)).toMatchObject({ state: "waiting", attempts: 0, fence: 1, claimedAt: null });
});

test("a released claim keeps the previous attempt's error", async () => {
  const { handler, worker, task } = await setup();
  handler.steps(() => retryLater({ code: "not_yet", message: "Not yet." }));
  await worker.deliver(task);

  await outlastTheDrain({ handler, worker, task });

  expect(await worker.recordOf(task)).toMatchObject({ state: "waiting", attempts: 1, lastError: { code: "not_yet" } });
});

test("a delivery whose body is still arriving when the shutdown begins is not claimed", async () => {
  const { handler, worker, task } = await setup();
  const body = Buffer.from(JSON.stringify(task));
  const framing = { host: "worker", connection: "close", "content-length": String(body.length) };
  const headers = Object.entries({ ...framing, ...worker.headersOf(task) });
  const request = bytesOf({ method: "POST", target: `/tasks/${task.type}`, headers, body });
  const socket = await openSocket(worker.port);
  const answered = answerOn(socket);
  const authenticating = worker.keyServer.nextFetch();
  socket.write(request.subarray(0, -1));
  await authenticating;

  const drained = worker.shutdown.drain();
  socket.write(request.subarray(-1));
  const answer = await answered;
  await drained;

  expect(answer.status).toBe(503);
  expect(answer.text).toMatch(/\r\nretry-after: 5\r\n/i);
  expect(worker.callsSince()).toEqual({});
  expect(handler.runs).toEqual([]);
});

test("the next delivery takes a released claim at once, as the same attempt", async () => {
  const { handler, worker, task } = await setup();
  await outlastTheDrain({ handler, worker, task });
  const successor = await setUpWorker(() => [handler], {
    reachFirestore: () => Promise.resolve(worker.emulator),
  });

  const answer = await successor.deliver(task);

  expect([answer.status, answer.headers.get("Handoff-Outcome")]).toEqual([200, "done"]);
  expect(handler.runs.map(({ attempt }) => attempt)).toEqual([1, 1]);
  expect(await worker.recordOf(task)).toMatchObject({ state: "succeeded", attempts: 1 });
});
