import { status } from "@grpc/grpc-js";
import { type TestContext, expect, test } from "vitest";
import { type HandlerResult, failPermanently, retryLater, succeeded } from "../../../services/worker/runner/handler.ts";
import { setUpFaultyWorker } from "../../harness/worker/faulty-worker-harness.ts";
import {
  claimTaskType,
  naturalTaskType,
  scriptedHandler,
  scriptedTransactionHandler,
  transactionTaskType,
} from "../../harness/worker/scripted-handler.ts";
import { sealTask } from "../../harness/worker/worker-harness.ts";

const TYPES = { claim: claimTaskType, natural: naturalTaskType, transaction: transactionTaskType };
type Kind = keyof typeof TYPES;

/** How many commits of a delivery come before its end. */
const COMMITS_BEFORE: Readonly<Record<Kind, number>> = { claim: 1, natural: 0, transaction: 0 };
/** A claim's end is first written without a read. */
const COMMITS_WHOLE: Readonly<Record<Kind, number>> = { claim: 2, natural: 1, transaction: 1 };

const REFUSED = "Firestore refused to store the error's message.";
const error = { code: "gone", message: "canary" };

async function setup(kind: Kind, result: HandlerResult, { onTestFinished }: TestContext) {
  const handler = kind === "transaction" ? scriptedTransactionHandler() : scriptedHandler(orThrow(kind));
  handler.steps(() => result);
  const worker = await setUpFaultyWorker(() => [handler], onTestFinished);
  return {
    handler,
    worker,
    task: sealTask(TYPES[kind], { n: 1 }),
    /** Firestore refuses the commits of the end, this many of them. */
    refuse: (times: number, code = status.INVALID_ARGUMENT) =>
      void worker.faults.inject({
        rpc: "Commit",
        when: "before-effect",
        answer: { status: code },
        skip: COMMITS_BEFORE[kind],
        times,
      }),
  };
}

function orThrow(kind: Exclude<Kind, "transaction">) {
  return kind === "claim" ? claimTaskType : naturalTaskType;
}

test.for<Kind>(["claim", "natural", "transaction"])(
  "a permanent failure of a %s task that Firestore refuses to store is stored without its words, and never repeated",
  async (kind, context) => {
    const { handler, worker, task, refuse } = await setup(kind, failPermanently(error), context);
    refuse(COMMITS_WHOLE[kind]);

    const answer = await worker.deliver(task);

    expect([answer.status, answer.headers.get("Handoff-Outcome")]).toEqual([200, "dead"]);
    expect(handler.runs).toHaveLength(1);
    const lastError = { code: "gone", message: REFUSED };
    const attemptLog = [{ attempt: 1, outcome: "permanent", ...lastError, stack: null }];
    expect(await worker.recordOf(task)).toMatchObject({ state: "dead", attempts: 1, lastError, attemptLog });
    expect(await worker.deadLetters()).toMatchObject([
      { taskId: task.id, error: lastError, payload: { n: 1 }, attemptLog },
    ]);
  },
);

test.for<Kind>(["claim", "natural", "transaction"])(
  "a dead letter of a %s task that Firestore refuses even so is stored without its payload",
  async (kind, context) => {
    const { handler, worker, task, refuse } = await setup(kind, failPermanently(error), context);
    refuse(COMMITS_WHOLE[kind] + 1);

    expect((await worker.deliver(task)).status).toBe(200);

    expect(handler.runs).toHaveLength(1);
    expect(await worker.deadLetters()).toMatchObject([
      { taskId: task.id, error: { code: "gone", message: REFUSED }, payload: null, payloadOmitted: true },
    ]);
  },
);

test("a success that Firestore refuses to store is stored without its result", async (context) => {
  const { handler, worker, task, refuse } = await setup("claim", succeeded({ canary: 1 }), context);
  refuse(COMMITS_WHOLE.claim);

  const answer = await worker.deliver(task);

  expect([answer.status, answer.headers.get("Handoff-Outcome")]).toEqual([200, "done"]);
  expect(handler.runs).toHaveLength(1);
  expect(await worker.recordOf(task)).toMatchObject({ state: "succeeded", attempts: 1, result: null });
});

test.for<Kind>(["claim", "natural", "transaction"])(
  "a failure of a %s task that Firestore refuses to store is counted",
  async (kind, context) => {
    const { handler, worker, task, refuse } = await setup(kind, retryLater(error), context);
    refuse(COMMITS_WHOLE[kind]);

    expect((await worker.deliver(task)).status).toBe(424);

    expect(handler.runs).toHaveLength(1);
    expect(await worker.recordOf(task)).toMatchObject({
      state: "waiting",
      attempts: 1,
      lastError: { message: REFUSED },
    });
  },
);

test.for([
  ["keeps its words if Firestore then takes them", 2, "canary"],
  ["goes without its words if Firestore keeps refusing", 3, REFUSED],
] as const)("an end that Firestore can't store for an unknown reason %s", async ([, times, message], context) => {
  const { handler, worker, task, refuse } = await setup("natural", retryLater(error), context);
  refuse(times, status.UNKNOWN);

  expect((await worker.deliver(task)).status).toBe(424);

  expect(handler.runs).toHaveLength(1);
  expect(await worker.recordOf(task)).toMatchObject({ state: "waiting", attempts: 1, lastError: { message } });
});

test("a lone surrogate in a handler's error doesn't reach Firestore", async (context) => {
  const result = failPermanently({ code: "c\ud800", message: `${"m".repeat(1_999)}😀` });
  const { worker, task } = await setup("claim", result, context);

  expect((await worker.deliver(task)).status).toBe(200);

  const kept = { code: "c\ufffd", message: `${"m".repeat(1_999)}…` };
  expect(await worker.deadLetters()).toMatchObject([{ error: kept }]);
  expect(await worker.recordOf(task)).toMatchObject({ lastError: kept });
});

test("the names of unknown fields are cut to whole characters", async (context) => {
  const { worker } = await setup("claim", succeeded(), context);
  const fields = Object.fromEntries(Array.from({ length: 60 }, (_, n) => [`${n}${"😀".repeat(30)}`, 1]));
  const task = sealTask(claimTaskType, fields);

  expect((await worker.deliver(task)).status).toBe(200);

  const [letter] = await worker.deadLetters();
  expect(letter).toMatchObject({ error: { code: "invalid_payload", message: expect.stringMatching(/…$/) } });
  expect(JSON.stringify(letter)).not.toContain("\ufffd");
});
