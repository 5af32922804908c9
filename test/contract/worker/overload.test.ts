import { expect, test } from "vitest";
import { succeeded } from "../../../services/worker/runner/handler.ts";
import { anyJson } from "../../../shared/contract/any-json.ts";
import { claimTaskType, scriptedHandler } from "../../harness/worker/scripted-handler.ts";
import { sealTask, setUpWorker } from "../../harness/worker/worker-harness.ts";

const anyClaim = { ...claimTaskType, payload: anyJson };
const ROOMY = 1_000_000;
const LARGE = "x".repeat(10_000);

/** A worker whose next handler waits, and a delivery that occupies it. */
async function occupy(limits: { maxRequests: number; maxBodyBytes: number }, payload: string) {
  const handler = scriptedHandler(anyClaim);
  const held = handler.hold();
  const worker = await setUpWorker(() => [handler], { limits });
  const caller = new AbortController();
  const answer = worker.deliver(sealTask(anyClaim, payload), { signal: caller.signal });
  await held.started;
  worker.callsSince();
  return { handler, worker, caller, answer, finish: () => held.finish(succeeded()) };
}

test("a delivery for which there is no room gets 503: no Firestore call, no handler, and probes pass", async () => {
  const { handler, worker, answer, finish } = await occupy({ maxRequests: 1, maxBodyBytes: ROOMY }, "x");
  const task = sealTask(anyClaim, "y");

  const refused = await worker.deliver(task);

  expect([refused.status, refused.headers.get("handoff-outcome")]).toEqual([503, "unavailable"]);
  expect(refused.headers.get("retry-after")).toBe("5");
  expect(worker.callsSince()).toEqual({});
  expect(handler.runs).toHaveLength(1);
  expect(worker.logged.at(-1)).toContain('"reason":"overloaded"');
  expect((await fetch(`${worker.url}/live`)).status).toBe(200);
  expect((await fetch(`${worker.url}/ready`)).status).toBe(200);

  finish();
  expect((await answer).status).toBe(200);
  expect((await worker.deliver(task)).status).toBe(200);
});

test("a large body is refused while the room for large ones is taken, but small ones aren't", async () => {
  const { worker, answer, finish } = await occupy({ maxRequests: 10, maxBodyBytes: 15_000 }, LARGE);

  expect((await worker.deliver(sealTask(anyClaim, LARGE))).status).toBe(503);
  expect((await worker.deliver(sealTask(anyClaim, "small"))).status).toBe(200);

  finish();
  expect((await answer).status).toBe(200);
  expect((await worker.deliver(sealTask(anyClaim, LARGE))).status).toBe(200);
});

test("a delivery whose caller has gone keeps its slot until its handler ends", async () => {
  const { worker, caller, answer, finish } = await occupy({ maxRequests: 1, maxBodyBytes: ROOMY }, "x");
  caller.abort();
  await expect(answer).rejects.toThrow("aborted");
  expect((await worker.deliver(sealTask(anyClaim, "y"))).status).toBe(503);

  finish();
  await expect.poll(async () => (await worker.deliver(sealTask(anyClaim, "y"))).status).toBe(200);
});

test("a refused delivery frees its slot", async () => {
  const handler = scriptedHandler(anyClaim);
  const worker = await setUpWorker(() => [handler], { limits: { maxRequests: 1, maxBodyBytes: 15_000 } });
  const task = sealTask(anyClaim, LARGE);
  const broken: Record<string, string>[] = [
    { authorization: "Bearer no" },
    { "content-type": "text/plain" },
    { "x-cloudtasks-taskname": "other" },
    { "x-cloudtasks-queuename": "other" },
  ];

  const answers = [];
  for (const headers of broken) answers.push((await worker.deliver(task, { headers })).status);

  expect(answers).toEqual([401, 415, 400, 403]);
  expect((await worker.deliver(task)).status).toBe(200);
});

test("deliveries that an earlier revision accepted still run, however many values they have", async () => {
  const handler = scriptedHandler(anyClaim);
  const worker = await setUpWorker(() => [handler]);
  // As many as fit into 256 KiB.
  const payload = Array.from({ length: 131_071 }, () => 0);

  expect((await worker.deliver(sealTask(anyClaim, payload))).status).toBe(200);
  expect(handler.runs).toMatchObject([{ payload }]);
});
