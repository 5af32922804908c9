import { status } from "@grpc/grpc-js";
import { type TestContext, describe, expect, it } from "vitest";
import { retryLater, snooze } from "../../../../services/worker/runner/handler.ts";
import type { Fault } from "../../../harness/network/fault-proxy.ts";
import { setUpFaultyWorker } from "../../../harness/worker/faulty-worker-harness.ts";
import { sealTask } from "../../../harness/worker/worker-harness.ts";
import { HANDLERS, KINDS, type Kind, hopsOf } from "./hops.ts";

const HOUR_MS = 3_600_000;

async function setUp(kind: Kind, { onTestFinished }: TestContext) {
  const handler = HANDLERS[kind]();
  const worker = await setUpFaultyWorker(() => [handler], onTestFinished);
  return { handler, worker, task: sealTask(handler.taskType, { n: 1 }), hops: hopsOf(worker) };
}

/** The commit with which an attempt puts its task off. A claim has made one before. */
const hopCommit = (kind: Kind) => ({ rpc: "Commit", ...(kind === "claim" ? { skip: 1 } : {}) });

const ENDS = {
  snoozes: { end: () => snooze({ forMs: HOUR_MS }), attempts: 0 },
  fails: { end: () => retryLater({ code: "busy", message: "Busy.", retryAfterMs: HOUR_MS }), attempts: 1 },
} as const;

const CASES = KINDS.flatMap((kind) => (["snoozes", "fails"] as const).map((how) => [kind, how] as const));

describe("the commit of a next hop", () => {
  it.for(CASES.flatMap((one) => (["before-effect", "after-effect"] as const).map((when) => [...one, when] as const)))(
    "is written once when a %s task %s and the commit fails %s",
    async ([kind, how, when], context) => {
      const { handler, worker, task, hops } = await setUp(kind, context);
      handler.steps(ENDS[how].end);
      const lost: Fault = { ...hopCommit(kind), when, answer: { status: status.INTERNAL } };

      expect(await worker.deliverFaultily(task, [lost])).toEqual([200, "rescheduled"]);

      const { attempts } = ENDS[how];
      expect(await worker.recordOf(task)).toMatchObject({ state: "waiting", hop: 1, attempts, fence: 1 });
      expect((await worker.recordOf(task))?.attemptLog).toHaveLength(1);
      expect(await hops.ids()).toEqual([`${task.id}.h1`]);
      expect(handler.runs).toHaveLength(1);
    },
  );

  it.for(CASES)("leaves nothing to do if a %s task %s and the response is lost", async ([kind, how], context) => {
    const { handler, worker, task, hops } = await setUp(kind, context);
    handler.steps(ENDS[how].end);
    const lost: Fault = { ...hopCommit(kind), when: "after-effect", answer: "nothing" };

    expect(await worker.deliverFaultily(task, [lost])).toEqual([503, "unavailable"]);
    expect(await worker.redeliver(task)).toEqual([[200, "duplicate"]]);

    expect(await worker.recordOf(task)).toMatchObject({ hop: 1, attempts: ENDS[how].attempts, fence: 1 });
    expect(await hops.ids()).toEqual([`${task.id}.h1`]);
    expect(handler.runs).toHaveLength(1);
  });

  it.for(KINDS)("is not acknowledged before it is durable: %s", async (kind, context) => {
    const { handler, worker, task, hops } = await setUp(kind, context);
    handler.steps(ENDS.snoozes.end, ENDS.snoozes.end);
    const lost: Fault = { ...hopCommit(kind), when: "before-effect", answer: "nothing" };

    expect(await worker.deliverFaultily(task, [lost])).toEqual([503, "unavailable"]);
    expect(await hops.ids()).toEqual([]);
    const endings = await worker.redeliver(task);

    expect(endings.at(-1)).toEqual([200, "rescheduled"]);
    expect(await hops.ids()).toEqual([`${task.id}.h1`]);
    expect(handler.runs).toHaveLength(2);
  });
});

describe("the commit of an early delivery's next hop", () => {
  it.for(KINDS)("is found by the attempt that lost its response: %s", async (kind, context) => {
    const { handler, worker, task, hops } = await setUp(kind, context);
    const early = { ...task, notBefore: new Date(worker.clock.now() + HOUR_MS).toISOString() };
    const lost: Fault = { rpc: "Commit", when: "after-effect", answer: { status: status.INTERNAL } };

    expect(await worker.deliverFaultily(early, [lost])).toEqual([200, "rescheduled"]);

    expect(await worker.recordOf(task)).toMatchObject({ state: "waiting", hop: 1, attempts: 0, fence: 1 });
    expect(await hops.ids()).toEqual([`${task.id}.h1`]);
    expect(handler.runs).toEqual([]);
  });

  it("isn't acknowledged before it is durable, and isn't repeated once it is", async (context) => {
    const { worker, task, hops } = await setUp("natural", context);
    const early = { ...task, notBefore: new Date(worker.clock.now() + 10 * HOUR_MS).toISOString() };
    const spoil = (when: Fault["when"]): Fault => ({ rpc: "Commit", when, answer: "nothing" });

    expect(await worker.deliverFaultily(early, [spoil("before-effect")])).toEqual([503, "unavailable"]);
    expect(await hops.ids()).toEqual([]);
    expect(await worker.deliverFaultily(early, [spoil("after-effect")])).toEqual([503, "unavailable"]);
    expect(await worker.redeliver(early)).toEqual([[200, "duplicate"]]);
    expect(await hops.ids()).toEqual([`${task.id}.h1`]);
  });
});
