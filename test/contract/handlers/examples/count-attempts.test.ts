import { expect, test } from "vitest";
import { deliver } from "../../../../services/worker/deliver.ts";
import { setUpTokenRules } from "../../../harness/auth/token-rules.ts";
import { detachedWorker } from "../../../harness/worker/detached-worker.ts";
import { naturalTaskType, scriptedHandler } from "../../../harness/worker/scripted-handler.ts";
import { deliveryHeaders, sealTask } from "../../../harness/worker/worker-harness.ts";
import { countAttempts } from "./count-attempts.ts";

test("counts attempts by their type and outcome, and changes none", async () => {
  const { rules: tokens, token } = await setUpTokenRules();
  const { rules, ...worker } = detachedWorker();
  const counted: unknown[] = [];
  const around = countAttempts((labels) => void counted.push(labels));
  const handlers = new Map([["test.natural", scriptedHandler(naturalTaskType)]]);
  const task = sealTask(naturalTaskType, { n: 1 });
  const request = new Request("https://worker.example.com/tasks/test.natural", {
    method: "POST",
    headers: deliveryHeaders(task, token),
    body: JSON.stringify(task),
  });

  const response = await deliver(request, { ...worker, tokens, rules: { ...rules, handlers }, around });

  expect(response.headers.get("handoff-outcome")).toBe("done");
  expect(counted).toEqual([{ type: "test.natural", outcome: "done" }]);
});
