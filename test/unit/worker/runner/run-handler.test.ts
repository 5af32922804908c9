import { getEventListeners } from "node:events";
import { expect, it } from "vitest";
import { claimStrategy } from "../../../../services/worker/idempotency/claim.ts";
import { newAttempt } from "../../../../services/worker/idempotency/strategy.ts";
import { naturalStrategy } from "../../../../services/worker/idempotency/natural.ts";
import type { HandlerResult, RunContext } from "../../../../services/worker/runner/handler.ts";
import type { Ran } from "../../../../services/worker/runner/run-handler.ts";
import { parseTaskId } from "../../../../shared/contract/task-id.ts";
import { detachedWorker } from "../../../harness/worker/detached-worker.ts";

const ID = "0123456789abcdef0123456789abcdef-default";
const TIMEOUT_MS = 30_000;
const GRACE_MS = 3_000;
const SHUTDOWN_GRACE_MS = 1_000;
const error = { code: "some_code", message: "Some message." };
const timedOut = { kind: "timed-out", error: { code: "timeout", message: "The handler used up its time." } };

type Run = (context: RunContext) => Promise<HandlerResult>;

/** Starts a handler; the test moves the clock and decides how the handler ends. */
function startHandler(run?: Run, kind: "claim" | "natural" = "claim", worker = detachedWorker()) {
  const gate = Promise.withResolvers<HandlerResult>();
  const contexts: RunContext[] = [];
  const delivery = {
    envelope: {
      id: parseTaskId(ID) ?? unreachable(),
      type: "webhook.deliver",
      payload: { secret: "canary" },
      payloadHash: "0".repeat(64),
      enqueuedAt: "2026-01-01T00:00:00.000Z",
    },
    kind,
    maxAttempts: 3,
    leaseMs: 50_000,
    deadLetterRetentionMs: 1,
    timeoutMs: TIMEOUT_MS,
    isRepeated: false,
    isFirstDispatch: true,
    run: (context: RunContext) => {
      contexts.push(context);
      return run ? run(context) : gate.promise;
    },
  } as const;
  const ends: Ran[] = [];
  const strategy = kind === "claim" ? claimStrategy(delivery, worker) : naturalStrategy(delivery, worker);
  const attempt = { ...newAttempt(delivery, worker), number: kind === "claim" ? 2 : 1 };
  const ended = strategy.run(attempt).then((end) => void ends.push(end));
  const signal = contexts[0]?.signal ?? unreachable();
  return { ...worker, ended, ends, contexts, signal, end: gate.resolve, fail: gate.reject };
}

function unreachable(): never {
  throw new Error("The test is wrong.");
}

const ends: readonly HandlerResult[] = [
  { kind: "succeeded", result: { n: 1 } },
  { kind: "permanent", error },
  { kind: "retry", error, retryAfterMs: 1_000 },
  { kind: "saturated", error },
];

it.each(ends)("ends as the handler returns: $kind", async (end) => {
  const harness = startHandler(() => Promise.resolve(end));
  await harness.ended;
  expect(harness.ends).toEqual([{ kind: "ended", end }]);
  expect(harness.clock.pending).toBe(0);
  expect(harness.signal.aborted).toBe(false);
});

it("tells the handler its key, its attempt and when the task was accepted", async () => {
  const { contexts, ended, end, clock } = startHandler();
  expect(contexts).toMatchObject([{ idempotencyKey: ID, attempt: 2, enqueuedAt: "2026-01-01T00:00:00.000Z", clock }]);
  end({ kind: "succeeded", result: null });
  await ended;
});

it("numbers every attempt of an unrecorded task as the first", async () => {
  const run = () => Promise.resolve({ kind: "succeeded", result: null } as const);
  const { contexts, ended } = startHandler(run, "natural");
  await ended;
  expect(contexts).toMatchObject([{ attempt: 1 }]);
});

it("ends as threw if the handler throws, and logs why", async () => {
  const harness = startHandler();
  harness.fail(new RangeError("canary-message"));
  await harness.ended;
  const threw = { code: "handler_threw", message: "The handler threw RangeError." };
  // The payload's secret is "canary".
  const thrown = {
    message: "RangeError: [payload]-message",
    stack: expect.stringMatching(/^at .*run-handler\.test\.ts/),
  };
  expect(harness.ends).toEqual([{ kind: "ended", end: { kind: "threw", error: threw, thrown } }]);
  expect(harness.lines.map((line) => JSON.parse(line))).toMatchObject([
    { severity: "ERROR", error: { message: "canary-message" } },
  ]);
  expect(harness.clock.pending).toBe(0);
});

it("survives a handler that throws before it returns a promise, and one that throws something other than an Error", async () => {
  const harness = startHandler(() => {
    // oxlint-disable-next-line typescript/only-throw-error -- a handler may
    throw "canary";
  });
  await harness.ended;
  const threw = { code: "handler_threw", message: "The handler threw string." };
  const thrown = { message: "string: [payload]", stack: "" };
  expect(harness.ends).toEqual([{ kind: "ended", end: { kind: "threw", error: threw, thrown } }]);
});

it("fires the signal when the timeout is used up, and not before", async () => {
  const { clock, signal, end, ended } = startHandler();
  await clock.advance(TIMEOUT_MS - 1);
  expect(signal.aborted).toBe(false);
  await clock.advance(1);
  expect(signal.aborted).toBe(true);
  end({ kind: "succeeded", result: null });
  await ended;
  expect(clock.pending).toBe(0);
});

it.each<[string, (harness: ReturnType<typeof startHandler>) => void]>([
  ["throws", ({ fail, signal }) => fail(signal.reason)],
  ["asks for a retry", ({ end }) => end({ kind: "retry", error })],
  ["blames a dependency", ({ end }) => end({ kind: "saturated", error })],
])("ends as timed out if the handler %s within its grace", async (_name, stop) => {
  const harness = startHandler();
  await harness.clock.advance(TIMEOUT_MS + GRACE_MS - 1);
  expect(harness.ends).toEqual([]);
  stop(harness);
  await harness.ended;
  expect(harness.ends).toEqual([{ kind: "ended", end: timedOut }]);
  expect(harness.clock.pending).toBe(0);
});

it.each([ends[0] ?? unreachable(), ends[1] ?? unreachable()])("accepts $kind after the signal", async (end) => {
  const harness = startHandler();
  await harness.clock.advance(TIMEOUT_MS + 1);
  harness.end(end);
  await harness.ended;
  expect(harness.ends).toEqual([{ kind: "ended", end }]);
});

it("gives up on a handler that ignores its signal beyond its grace", async () => {
  const harness = startHandler();
  await harness.clock.advance(TIMEOUT_MS + GRACE_MS - 1);
  expect(harness.ends).toEqual([]);
  await harness.clock.advance(1);
  await harness.ended;
  expect(harness.ends).toEqual([{ kind: "decided", outcome: { kind: "failed", error: timedOut.error } }]);
  expect(harness.clock.pending).toBe(0);
});

it("counts a natural task's attempt that ignores its signal, because no lease keeps others away", async () => {
  const harness = startHandler(undefined, "natural");
  await harness.clock.advance(TIMEOUT_MS + GRACE_MS);
  await harness.ended;
  expect(harness.ends).toEqual([{ kind: "ended", end: timedOut }]);
});

it("keeps its decision, and logs nothing, if the handler throws later", async () => {
  const harness = startHandler();
  await harness.clock.advance(TIMEOUT_MS + GRACE_MS);
  await harness.ended;
  harness.fail(new Error("late"));
  await harness.clock.advance(1_000);
  expect(harness.ends).toMatchObject([{ kind: "decided" }]);
});

/** Shuts down while the handler runs, up to the moment at which it is told to stop. */
async function shutDown(harness: ReturnType<typeof startHandler>): Promise<void> {
  void harness.shutdown.track(harness.ended);
  void harness.shutdown.drain();
  await harness.clock.advance(7_999);
  expect(harness.signal.aborted).toBe(false);
  await harness.clock.advance(1);
  expect(harness.signal.aborted).toBe(true);
}

it("releases an attempt that stops when the worker shuts down", async () => {
  const harness = startHandler();
  await shutDown(harness);
  harness.fail(harness.signal.reason);
  await harness.ended;
  expect(harness.ends).toEqual([{ kind: "ended", end: { kind: "released" } }]);
  await harness.clock.advance(0);
  expect(harness.clock.pending).toBe(0);
});

it("leaves no listener on the worker's shutdown, which outlives every attempt", async () => {
  const harness = startHandler();
  expect(getEventListeners(harness.shutdown.signal, "abort")).toHaveLength(1);
  harness.end({ kind: "succeeded", result: null });
  await harness.ended;
  expect(getEventListeners(harness.shutdown.signal, "abort")).toEqual([]);
});

it.each([ends[0] ?? unreachable(), ends[1] ?? unreachable()])("accepts $kind on shutdown", async (end) => {
  const harness = startHandler();
  await shutDown(harness);
  harness.end(end);
  await harness.ended;
  expect(harness.ends).toEqual([{ kind: "ended", end }]);
});

it("reports that the worker is shutting down if a handler ignores that", async () => {
  const harness = startHandler();
  await shutDown(harness);
  await harness.clock.advance(SHUTDOWN_GRACE_MS - 1);
  expect(harness.ends).toEqual([]);
  await harness.clock.advance(1);
  await harness.ended;
  expect(harness.ends).toEqual([{ kind: "decided", outcome: { kind: "unavailable", reason: "shutting-down" } }]);
});

it("shortens the grace when the worker shuts down during it", async () => {
  const harness = startHandler();
  void harness.shutdown.track(harness.ended);
  await harness.clock.advance(TIMEOUT_MS - 7_500);
  void harness.shutdown.drain();
  await harness.clock.advance(8_000 + SHUTDOWN_GRACE_MS - 1);
  expect(harness.ends).toEqual([]);
  await harness.clock.advance(1);
  await harness.ended;
  expect(harness.ends).toEqual([{ kind: "decided", outcome: { kind: "failed", error: timedOut.error } }]);
  await harness.clock.advance(0);
  expect(harness.clock.pending).toBe(0);
});

it("blames the timeout if it was before the shutdown", async () => {
  const harness = startHandler();
  void harness.shutdown.track(harness.ended);
  await harness.clock.advance(TIMEOUT_MS - 8_000);
  void harness.shutdown.drain();
  await harness.clock.advance(8_000);
  harness.fail(harness.signal.reason);
  await harness.ended;
  expect(harness.ends).toEqual([{ kind: "ended", end: timedOut }]);
});

it("gives an attempt that begins after the shutdown's end a signal that has already fired", async () => {
  const worker = detachedWorker();
  const never = Promise.withResolvers<void>();
  void worker.shutdown.track(never.promise);
  void worker.shutdown.drain();
  await worker.clock.advance(8_000);
  const harness = startHandler(undefined, "claim", worker);
  expect(harness.signal.aborted).toBe(true);
  harness.fail(harness.signal.reason);
  await harness.ended;
  expect(harness.ends).toEqual([{ kind: "ended", end: { kind: "released" } }]);
});
