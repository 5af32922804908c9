import { AsyncLocalStorage } from "node:async_hooks";
import { expect, test } from "vitest";
import { succeeded } from "../../../services/worker/runner/handler.ts";
import { claimTaskType, scriptedHandler } from "../../harness/worker/scripted-handler.ts";
import { sealTask, setUpWorker } from "../../harness/worker/worker-harness.ts";

test("surrounds an attempt, from its claim to its recorded end, and its context reaches the handler", async () => {
  const tenant = new AsyncLocalStorage<string>();
  const seen: unknown[] = [];
  const handler = scriptedHandler(claimTaskType).steps(() => {
    seen.push(tenant.getStore());
    return succeeded();
  });
  const worker = await setUpWorker(() => [handler], {
    around: async ({ envelope }, next) => {
      seen.push((await worker.recordOf(task))?.state);
      const outcome = await tenant.run(`tenant of ${envelope.type}`, next);
      seen.push(outcome.kind, (await worker.recordOf(task))?.state);
      return outcome;
    },
  });
  const task = sealTask(claimTaskType, { n: 1 });

  expect((await worker.deliver(task)).status).toBe(200);

  expect(seen).toEqual([undefined, `tenant of ${claimTaskType.type}`, "done", "succeeded"]);
});

test("fails a delivery with 500 if `around` throws", async () => {
  const handler = scriptedHandler(claimTaskType);
  const worker = await setUpWorker(() => [handler], {
    around: () => Promise.reject(new Error("no tenant")),
  });

  expect((await worker.deliver(sealTask(claimTaskType, { n: 1 }))).status).toBe(500);

  expect(handler.runs).toEqual([]);
});

test("doesn't surround a refused request", async () => {
  const seen: unknown[] = [];
  const worker = await setUpWorker(() => [], {
    around: async (delivery, next) => {
      seen.push(delivery);
      return await next();
    },
  });

  const response = await worker.deliver(sealTask(claimTaskType, { n: 1 }), { headers: { authorization: "Bearer x" } });

  expect([response.status, seen]).toEqual([401, []]);
});
