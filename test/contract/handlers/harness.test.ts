import { expect, test } from "vitest";
import {
  type HandlerContext,
  bindHandler,
  bindTransactionHandler,
  succeeded,
} from "../../../services/worker/runner/handler.ts";
import { createHarness } from "../../../services/worker/testing/harness.ts";
import { parseTaskId, queueOf } from "../../../shared/contract/task-id.ts";
import { ConfigError } from "../../../shared/runtime/config-error.ts";
import { sealTask, setUpWorker } from "../../harness/worker/worker-harness.ts";
import { handlersOf, natural, registry, setUp, setUpStore, stored } from "./recording-handlers.ts";

test("a handler gets its payload as from the worker: through JSON, and parsed", async () => {
  const { harness, runs } = setUp();
  await harness.run("test.claim", { n: 1, note: undefined });
  expect(runs.map(({ payload }) => payload)).toStrictEqual([{ n: 1, unit: "piece" }]);
});

test("an invalid payload is refused with every problem, and nothing runs", async () => {
  const { harness, runs } = setUp();
  // @ts-expect-error -- the payload has another type
  const run = harness.run("test.claim", { n: "one", extra: true });
  await expect(run).rejects.toThrow(
    "The payload of test.claim is invalid; the worker would dead-letter the task as invalid_payload:\n" +
      "  - payload.n: must be a number\n" +
      "  - payload.extra: is not a known field: leave it out",
  );
  expect(runs).toEqual([]);
});

test("a task type that isn't registered is a compile error, and refused", async () => {
  const { harness } = setUp();
  // @ts-expect-error -- there is no such type
  await expect(harness.run("test.other", { n: 1 })).rejects.toThrow('There is no task type "test.other".');
});

test("handlers that don't match the task types are refused", () => {
  const { "test.natural": _, ...rest } = handlersOf({}).handlers;
  // @ts-expect-error -- one is missing
  const create = () => createHarness({ registry, handlers: rest });
  expect(create).toThrow('Task type "test.natural" has no handler.');
});

test("the context has the same fields as the worker's", async () => {
  const fromWorker: string[][] = [];
  const keep = (_: unknown, context: HandlerContext) => {
    fromWorker.push(Object.keys(context).toSorted());
    return Promise.resolve(succeeded());
  };
  const worker = await setUpWorker(() => [bindHandler(natural, keep), bindTransactionHandler(stored, keep)]);
  const { harness, runs } = await setUpStore(() => Promise.resolve(succeeded()));
  for (const taskType of [natural, stored]) {
    expect((await worker.deliver(sealTask(taskType, { n: 1 }))).status).toBe(200);
    await harness.run(taskType.type, { n: 1 });
  }
  expect(fromWorker.map((fields) => fields.includes("transaction"))).toEqual([false, true]);
  expect(runs.map(({ context }) => Object.keys(context).toSorted())).toEqual(fromWorker);
});

test("by default it is the first attempt of a task with an id of its own, accepted now", async () => {
  const { harness, runs, clock } = setUp();
  await harness.run("test.claim", { n: 1 });
  await harness.run("test.claim", { n: 1 });
  const [first, second] = runs.map(({ context }) => context);
  const enqueuedAt = new Date(clock.now()).toISOString();
  expect(first).toMatchObject({ attempt: 1, isLastAttempt: false, enqueuedAt, clock });
  const id = parseTaskId(first?.idempotencyKey ?? "");
  expect(id && queueOf(id)).toBe("default");
  expect(second?.idempotencyKey).not.toBe(id);
});

test("a test can say which attempt it is, of which task, and when that was accepted", async () => {
  const { harness, runs } = setUp();
  const idempotencyKey = "0123456789abcdef0123456789abcdef-default";
  const enqueuedAt = "2026-01-02T03:04:05.678Z";
  await harness.run("test.claim", { n: 1 }, { attempt: 3, idempotencyKey, enqueuedAt });
  expect(runs[0]?.context).toMatchObject({ attempt: 3, isLastAttempt: true, idempotencyKey, enqueuedAt });
});

test("values that the worker would never pass to a handler are refused", async () => {
  const { harness, runs } = setUp();
  const run = (options: { attempt?: number; idempotencyKey?: string }) => harness.run("test.claim", { n: 1 }, options);
  await expect(run({ attempt: 0 })).rejects.toThrow(RangeError);
  await expect(run({ attempt: 4 })).rejects.toThrow("Attempt 4 never happens, since test.claim has 3 attempts.");
  await expect(run({ idempotencyKey: "key-1" })).rejects.toThrow("must be a task's id, such as");
  await expect(harness.run("test.natural", { n: 1 }, { attempt: 2 })).rejects.toThrow("always sees 1");
  expect(runs).toEqual([]);
});

test("settings have their local values, or the texts that the test gives", async () => {
  for (const [settings, expected] of [
    [{}, { TEST_KEY: "made-up-local-secret", TEST_SIZE: 7 }],
    [
      { TEST_KEY: "k", TEST_SIZE: "12" },
      { TEST_KEY: "k", TEST_SIZE: 12 },
    ],
  ] as const) {
    const { harness, runs } = setUp({ settings });
    await harness.run("test.claim", { n: 1 });
    expect(runs[0]?.context.settings).toEqual(expected);
  }
});

test("a text that a setting's schema rejects is refused, and so is an undeclared setting", () => {
  expect(() => setUp({ settings: { TEST_SIZE: "large" } })).toThrow(ConfigError);
  const { handlers } = handlersOf({});
  // @ts-expect-error -- it isn't declared
  createHarness({ registry, handlers, settings: { TEST_OTHER: "x" } });
});

test("log lines are kept, and name their task", async () => {
  const { harness, runs } = setUp({
    handle: (_, { log }) => {
      log.debug({ step: 1 }, "working");
      return Promise.resolve(succeeded());
    },
  });
  await harness.run("test.claim", { n: 1 });
  const taskId = runs[0]?.context.idempotencyKey;
  expect(harness.logs).toMatchObject([
    { severity: "DEBUG", message: "working", step: 1, taskId, taskType: "test.claim" },
  ]);
});
