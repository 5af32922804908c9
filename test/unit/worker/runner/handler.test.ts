import type { Firestore, Transaction } from "@google-cloud/firestore";
import { expect, it } from "vitest";
import * as z from "zod";
import {
  bindHandler,
  bindTransactionHandler,
  failPermanently,
  type RunContext,
  retryLater,
  saturated,
  snooze,
  succeeded,
} from "../../../../services/worker/runner/handler.ts";
import { secret } from "../../../../shared/contract/task-settings.ts";
import { defineTask, type Idempotency } from "../../../../shared/contract/task-type.ts";
import { captureLog } from "../../../harness/runtime/captured-log.ts";
import { detachedWorker } from "../../../harness/worker/detached-worker.ts";

const taskTypeOf = <const Kind extends Idempotency>(idempotency: Kind) =>
  defineTask({
    type: "test.add",
    payload: z.strictObject({ n: z.coerce.number(), list: z.array(z.strictObject({ a: z.string() })).default([]) }),
    queue: "default",
    idempotency,
    timeoutMs: 1_000,
    attempts: 3,
  });

function contextOf(over: Partial<RunContext> = {}): RunContext {
  const { clock, log } = detachedWorker();
  const signal = new AbortController().signal;
  const isCancelled = () => Promise.resolve(false);
  return {
    signal,
    isCancelled,
    idempotencyKey: "k",
    attempt: 1,
    enqueuedAt: "2026-01-01T00:00:00.000Z",
    clock,
    log,
    ...over,
  };
}

it("passes the parsed payload and the context to the handler", async () => {
  const seen: unknown[] = [];
  const bound = bindHandler(taskTypeOf("claim"), async (payload, context) => {
    seen.push(payload, context);
    return succeeded(payload.n);
  });
  const prepared = bound.prepare({ n: "2" });
  const { log, ...context } = contextOf();
  expect(seen).toEqual([]);
  expect(prepared.ok && (await prepared.run({ ...context, log }))).toEqual({ kind: "succeeded", result: 2 });
  const added = { log: expect.anything(), enqueue: expect.any(Function), isLastAttempt: false, settings: {} };
  expect(seen).toEqual([
    { n: 2, list: [] },
    { ...context, ...added },
  ]);
});

it.each([
  [1, false],
  [2, false],
  [3, true],
  [4, true],
])("tells a handler whether attempt %i of 3 is the last: %s", async (attempt, isLast) => {
  const bound = bindHandler(taskTypeOf("claim"), async (_, { isLastAttempt }) => succeeded(isLastAttempt));
  const prepared = bound.prepare({ n: 1 });
  expect(prepared.ok && (await prepared.run(contextOf({ attempt })))).toEqual({ kind: "succeeded", result: isLast });
});

it("puts the task's id and type on each line of a handler's log", async () => {
  const { log, lines } = captureLog();
  const bound = bindHandler(taskTypeOf("claim"), async (_, context) => {
    context.log.info({ n: 1 }, "added");
    return succeeded();
  });
  const prepared = bound.prepare({ n: 1 });
  if (prepared.ok) await prepared.run(contextOf({ log }));
  expect(lines.map((line) => JSON.parse(line))).toMatchObject([
    { message: "added", n: 1, taskId: "k", taskType: "test.add" },
  ]);
});

const withKey = defineTask({
  type: "test.sign",
  payload: z.strictObject({}),
  queue: "default",
  timeoutMs: 1_000,
  attempts: 1,
  settings: { API_KEY: secret() },
});

it("gives a handler the settings that its task type declares", async () => {
  const bound = bindHandler(withKey, async (_, { settings }) => succeeded(settings.API_KEY));
  const prepared = bound.withSettings({ API_KEY: "key" }).prepare({});
  expect(prepared.ok && (await prepared.run(contextOf()))).toEqual({ kind: "succeeded", result: "key" });
});

it("doesn't run a handler without the settings that its task type declares", async () => {
  let runs = 0;
  const bound = bindHandler(withKey, async () => {
    runs++;
    return succeeded();
  });
  const prepared = bound.prepare({});
  if (!prepared.ok) throw new Error("The payload fits.");
  await expect(prepared.run(contextOf())).rejects.toThrow("test.sign was run without its settings.");
  expect(runs).toBe(0);
});

it("lists what is wrong with a payload, each problem with its path from the envelope down", () => {
  const bound = bindHandler(taskTypeOf("claim"), () => Promise.reject(new Error("was run")));
  expect(bound.prepare({ n: 1, list: [{ a: 1 }], more: 1 })).toEqual({
    ok: false,
    problems: [
      { path: "payload.list.0.a", message: "must be a string" },
      { path: "payload.more", message: "is not a known field: leave it out" },
    ],
  });
});

it("gives a transaction handler its transaction", async () => {
  const { db } = detachedWorker();
  const seen: Transaction[] = [];
  const bound = bindTransactionHandler(taskTypeOf("transaction"), async (_payload, { transaction }) => {
    seen.push(transaction);
    return succeeded();
  });
  const prepared = bound.prepare({ n: 1 });
  const transaction = await newTransaction(db);
  expect(prepared.ok && (await prepared.run({ ...contextOf(), transaction }))).toEqual({
    kind: "succeeded",
    result: null,
  });
  expect(seen).toEqual([transaction]);
});

/** A transaction that has sent nothing, and never will. */
async function newTransaction(db: Firestore): Promise<Transaction> {
  const { promise, resolve } = Promise.withResolvers<Transaction>();
  const abandoned = db.runTransaction((transaction) => {
    resolve(transaction);
    throw new Error("abandoned");
  });
  await expect(abandoned).rejects.toThrow("abandoned");
  return promise;
}

it("doesn't run a transaction handler without a transaction", async () => {
  let runs = 0;
  const bound = bindTransactionHandler(taskTypeOf("transaction"), async () => {
    runs++;
    return succeeded();
  });
  const prepared = bound.prepare({ n: 1 });
  if (!prepared.ok) throw new Error("The payload fits.");
  await expect(prepared.run(contextOf())).rejects.toThrow("test.add was run without its transaction.");
  expect(runs).toBe(0);
});

it("builds results from a handler's return values, with a wait only if one is given", () => {
  const error = { code: "c", message: "m" };
  expect([
    succeeded(),
    succeeded({ n: 1 }),
    retryLater(error),
    retryLater({ ...error, retryAfterMs: 5 }),
    saturated(error),
    saturated({ ...error, retryAfterMs: 0 }),
    failPermanently(error),
    snooze({ forMs: 5 }),
    snooze({ untilMs: 7 }),
  ]).toStrictEqual([
    { kind: "succeeded", result: null },
    { kind: "succeeded", result: { n: 1 } },
    { kind: "retry", error },
    { kind: "retry", error, retryAfterMs: 5 },
    { kind: "saturated", error },
    { kind: "saturated", error, retryAfterMs: 0 },
    { kind: "permanent", error },
    { kind: "snoozed", delay: { forMs: 5 } },
    { kind: "snoozed", delay: { untilMs: 7 } },
  ]);
});

it("refuses to snooze a task until a time that isn't a number", () => {
  expect(() => snooze({ untilMs: Date.parse("soon") })).toThrow(TypeError);
  for (const forMs of [Number.NaN, "5000", 5n, null, undefined]) {
    // @ts-expect-error -- Most of them aren't numbers, as in a handler without types.
    expect(() => snooze({ forMs })).toThrow("snooze needs a number");
  }
});

it("drops a result that is too large to store, and says so, because the work is done", async () => {
  const bound = bindHandler(taskTypeOf("claim"), () => Promise.resolve(succeeded("x".repeat(64 * 1024))));
  const prepared = bound.prepare({ n: 1 });
  if (!prepared.ok) throw new Error("The payload fits.");
  expect(await prepared.run(contextOf())).toEqual({ kind: "succeeded", result: null });
});
