import * as z from "zod";
import {
  bindHandler,
  failPermanently,
  type HandlerResult,
  retryLater,
  succeeded,
} from "../../../../services/worker/runner/handler.ts";
import { defineTask } from "../../../../shared/contract/task-type.ts";
import { setUpWorker, type WorkerHarnessOptions } from "../../../harness/worker/worker-harness.ts";

export const ENDS = ["succeeds", "retries", "fails permanently", "throws"] as const;
export type Ends = (typeof ENDS)[number];

export const fuzzType = defineTask({
  type: "test.fuzz",
  payload: z.strictObject({ text: z.string(), ends: z.enum(ENDS) }),
  queue: "default",
  timeoutMs: 10_000,
  attempts: 3,
});

/** A worker whose one handler ends as its payload says, and remembers how it ended since the last time. */
export async function startFuzzedWorker(onTestFinished: NonNullable<WorkerHarnessOptions["onTestFinished"]>) {
  let runs: Ends[] = [];
  const handler = bindHandler(fuzzType, async ({ ends }) => {
    runs.push(ends);
    return endAs(ends);
  });
  const worker = await setUpWorker(() => [handler], { onTestFinished });
  const runsSince = (): readonly Ends[] => {
    const since = runs;
    runs = [];
    return since;
  };
  let seen = 0;
  const linesSince = (): readonly string[] => {
    const since = worker.logged.slice(seen);
    seen = worker.logged.length;
    return since;
  };
  return { ...worker, runsSince, linesSince };
}

export type FuzzedWorker = Awaited<ReturnType<typeof startFuzzedWorker>>;

function endAs(ends: Ends): HandlerResult {
  switch (ends) {
    case "succeeds":
      return succeeded();
    case "retries":
      return retryLater({ code: "not_yet", message: "Not yet." });
    case "fails permanently":
      return failPermanently({ code: "never", message: "Never." });
    case "throws":
      throw new Error("The handler throws.");
  }
}
