import { status } from "@grpc/grpc-js";
import { describe, expect, it, onTestFinished } from "vitest";
import {
  type HandlerContext,
  failPermanently,
  retryLater,
  succeeded,
} from "../../../../services/worker/runner/handler.ts";
import { RECORD_STORE_DEADLINE_MS, RELAY_MS, leaseMsOf } from "../../../../shared/contract/queues.ts";
import type { Fault } from "../../../harness/network/fault-proxy.ts";
import { TEST_QUEUES } from "../../../harness/registry/test-queues.ts";
import { CALLER } from "../../../harness/worker/worker-harness.ts";
import { child, enqueue, setUpFamily } from "./family.ts";

const TRACE = "00-0123456789abcdef0123456789abcdef-0123456789abcdef-01";
const FIVE = [1, 2, 3, 4, 5].map((n) => ({ n }));

/** Cloud Tasks refuses: a call that is repeated would wait by the worker's clock. */
const DOWN = { rpc: "CreateTask", when: "before-effect", answer: { status: status.PERMISSION_DENIED } } as const;
/** How a commit's response is lost, so that the worker learns nothing before it has to answer. */
const LOST = {
  claim: { rpc: "Commit", answer: "nothing" },
  transaction: { rpc: "Commit", answer: { status: status.PERMISSION_DENIED } },
} as const;

const payloadsOf = (tasks: readonly { payload?: unknown }[]) => tasks.map(({ payload }) => payload);
const outcomeOf = (response: Response) => [response.status, response.headers.get("Handoff-Outcome")];

describe.each(["claim", "transaction"] as const)("a %s", (kind) => {
  it("has its children in their queue before its response, and lists them in its record", async () => {
    const { parent, deliver, task, queues, entries, recordOf } = await setUpFamily(kind, { onTestFinished });
    parent.steps(enqueue(2));

    expect(outcomeOf(await deliver({ ...task, traceparent: TRACE }))).toEqual([200, "done"]);

    const queued = await queues.queued();
    const common = { type: "test.child", parentId: task.id, caller: CALLER, traceparent: TRACE };
    expect(queued).toMatchObject([
      { ...common, payload: { n: 1 } },
      { ...common, payload: { n: 2 } },
    ]);
    expect(await entries()).toEqual([]);
    expect(await recordOf(task)).toMatchObject({ state: "succeeded", children: queued.map(({ id }) => id) });
  });

  it("leaves its children to the sweep while Cloud Tasks is down", async () => {
    const { parent, deliver, task, queues, entries, sweep } = await setUpFamily(kind, { onTestFinished });
    const { faults } = await queues.started();
    const hit = faults.inject({ ...DOWN, times: 5 });
    parent.steps(enqueue(5));

    expect(outcomeOf(await deliver(task))).toEqual([200, "done"]);
    await hit;
    expect([await queues.queued(), (await entries()).length]).toEqual([[], 5]);

    expect(await sweep()).toMatchObject({ relayed: 5, isComplete: true });
    expect(payloadsOf(await queues.queued())).toEqual(FIVE);
  });

  it("gets its response after a second, however long Cloud Tasks takes", async () => {
    const { parent, deliver, task, queues, entries, clock } = await setUpFamily(kind, { onTestFinished });
    const { faults } = await queues.started();
    const hit = faults.inject({ ...DOWN, answer: "nothing" });
    parent.steps(enqueue(1));
    let isAnswered = false;
    const answered = deliver(task).then((response) => {
      isAnswered = true;
      return response;
    });
    await hit;

    await clock.advance(RELAY_MS - 1);
    expect(isAnswered).toBe(false);
    await clock.advance(1);
    expect(outcomeOf(await answered)).toEqual([200, "done"]);
    expect(await entries()).toHaveLength(1);
  });

  it("that fails creates no children", async () => {
    const { parent, deliver, task, queues, entries } = await setUpFamily(kind, { onTestFinished });
    parent.steps((context) => {
      enqueue(2)(context);
      return retryLater({ code: "later", message: "Later." });
    });

    expect(outcomeOf(await deliver(task))).toEqual([424, "retry"]);

    expect([await queues.creations(), await entries()]).toEqual([0, []]);
  });

  it("that dies creates no children but its onDead", async () => {
    const { parent, deliver, task, queues, entries } = await setUpFamily(kind, { onTestFinished });
    parent.steps((context) => {
      enqueue(2)(context);
      return failPermanently({ code: "gone", message: "Gone." });
    });

    expect(outcomeOf(await deliver(task))).toEqual([200, "dead"]);

    expect(await queues.queued()).toMatchObject([{ type: "test.notify" }]);
    expect(await entries()).toEqual([]);
  });

  it("has each child once, even if it is delivered three times and responses are lost", async () => {
    const { parent, faults, clock, storeClock, ...family } = await setUpFamily(kind, { onTestFinished });
    const { task, queues, deliver, entries, sweep } = family;
    const statuses: number[] = [];
    for (const [retryCount, when] of (["before-effect", "after-effect"] as const).entries()) {
      const hit = Promise.withResolvers<void>();
      parent.steps((context) => {
        // The next commit is the one that ends the attempt.
        faults.inject({ ...LOST[kind], when }).then(() => hit.resolve(), hit.reject);
        return enqueue(5)(context);
      });
      const answered = deliver(task, { headers: { "x-cloudtasks-taskretrycount": String(retryCount) } });
      await hit.promise;
      if (kind === "claim") await clock.advance(RECORD_STORE_DEADLINE_MS);
      statuses.push((await answered).status);
      expect(await entries()).toHaveLength(when === "before-effect" ? 0 : 5);
      await storeClock.advance(leaseMsOf(TEST_QUEUES.default) + 1);
    }
    const third = await family.redeliver(task);

    expect([statuses, third]).toEqual([[503, 503], [[200, "duplicate"]]]);
    expect(await sweep()).toMatchObject({ relayed: 5 });
    expect(payloadsOf(await queues.queued())).toEqual(FIVE);
    expect([await queues.creations(), await entries()]).toEqual([5, []]);
  });
});

describe("a transaction", () => {
  it("begins anew when Firestore's client runs it again", async () => {
    const { parent, task, queues, deliverFaultily } = await setUpFamily("transaction", { onTestFinished });
    parent.steps(enqueue(2), enqueue(3));
    const aborted: Fault = { rpc: "Commit", when: "before-effect", answer: { status: status.ABORTED } };

    expect(await deliverFaultily(task, [aborted])).toEqual([200, "done"]);

    expect(parent.runs).toHaveLength(2);
    expect(payloadsOf(await queues.queued())).toEqual([{ n: 1 }, { n: 2 }, { n: 3 }]);
  });
});

describe("a natural task", () => {
  it("creates its children before its response, and leaves no record", async () => {
    const { parent, deliver, task, queues, callsSince } = await setUpFamily("natural", { onTestFinished });
    parent.steps(enqueue(5));
    callsSince();

    expect(outcomeOf(await deliver(task))).toEqual([200, "done"]);

    expect(callsSince()).toEqual({});
    const queued = await queues.queued();
    expect(payloadsOf(queued)).toEqual(FIVE);
    expect(queued[0]).toMatchObject({ type: "test.child", parentId: task.id, caller: CALLER });
  });

  it("is retried if a child can't be created", async () => {
    const { parent, deliver, task, queues, recordOf } = await setUpFamily("natural", { onTestFinished });
    const { faults } = await queues.started();
    const hit = faults.inject({ ...DOWN, skip: 2 });
    parent.steps(enqueue(5), enqueue(5));

    expect(outcomeOf(await deliver(task))).toEqual([503, "unavailable"]);
    await hit;
    expect(await recordOf(task)).toBeNull();

    const again = await deliver(task, { headers: { "x-cloudtasks-taskretrycount": "1" } });
    expect(outcomeOf(again)).toEqual([200, "done"]);
    expect(payloadsOf(await queues.queued())).toEqual(FIVE);
  });

  it("has each child once, even if it is delivered three times and responses are lost", async () => {
    const { parent, deliver, task, queues } = await setUpFamily("natural", { onTestFinished });
    const { faults } = await queues.started();
    parent.steps(enqueue(5), enqueue(5), enqueue(5));

    for (const retryCount of [0, 1]) {
      const hit = faults.inject({ ...DOWN, when: "after-effect", skip: 2 * retryCount });
      const answer = await deliver(task, { headers: { "x-cloudtasks-taskretrycount": String(retryCount) } });
      await hit;
      expect(outcomeOf(answer)).toEqual([503, "unavailable"]);
    }
    const third = await deliver(task, { headers: { "x-cloudtasks-taskretrycount": "2" } });

    expect(outcomeOf(third)).toEqual([200, "done"]);
    expect(payloadsOf(await queues.queued())).toEqual(FIVE);
  });

  it("retries if the response to a creation is lost", async () => {
    const { parent, deliver, task, queues, clock } = await setUpFamily("natural", { onTestFinished });
    const { faults } = await queues.started();
    parent.steps(enqueue(1));
    const hit = faults.inject({ rpc: "CreateTask", when: "after-effect", answer: "nothing" });
    const answered = deliver(task);
    await hit;

    await clock.advance(RECORD_STORE_DEADLINE_MS);

    expect(outcomeOf(await answered)).toEqual([200, "done"]);
    expect(payloadsOf(await queues.queued())).toEqual([{ n: 1 }]);
  });

  it("that has a record creates its children, too, and then records its success", async () => {
    const { parent, deliver, task, queues, recordOf } = await setUpFamily("natural", { onTestFinished });
    parent.steps(() => retryLater({ code: "later", message: "Later." }), enqueue(2));
    await deliver(task);

    const again = await deliver(task, { headers: { "x-cloudtasks-taskretrycount": "1" } });

    expect(outcomeOf(again)).toEqual([200, "done"]);
    expect(payloadsOf(await queues.queued())).toEqual([{ n: 1 }, { n: 2 }]);
    expect(await recordOf(task)).toMatchObject({ state: "succeeded" });
  });
});

describe("a handler that exceeds a limit", () => {
  it.each([
    ["101 tasks", enqueue(101)],
    ["5 MiB", enqueue(25, "x".repeat(210_000))],
    [
      "a payload that isn't one of its type",
      (context: HandlerContext) => {
        enqueue(1)(context);
        context.enqueue(child, { n: 0.5 }, { key: "half" });
        return succeeded();
      },
    ],
  ])("throws at %s, and nothing is created", async (_, step) => {
    const { parent, deliver, task, queues, entries } = await setUpFamily("claim", { onTestFinished });
    parent.steps(step);

    expect(outcomeOf(await deliver(task))).toEqual([500, "failed"]);

    expect([await queues.creations(), await entries()]).toEqual([0, []]);
  });
});
