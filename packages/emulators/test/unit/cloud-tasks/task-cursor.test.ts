import * as fc from "fast-check";
import { expect, test } from "vitest";
import { tasksAfter } from "../../../src/cloud-tasks/state/task-cursor.ts";
import { State } from "../../../src/cloud-tasks/state/state.ts";
import { parseQueueConfig } from "../../../src/cloud-tasks/wire/queue-config.ts";

const QUEUE = "projects/p/locations/l/queues/q";

function setup() {
  const state = new State({ taskNameMs: 0, queueNameMs: 0 });
  const queue = state.commitQueue(QUEUE, { config: parseQueueConfig({}), paused: true });
  const add = (): void => {
    const order = state.nextOrder();
    const target = { url: "http://127.0.0.1/", method: "POST" as const, headers: [] };
    const counts = { dispatchCount: 0, responseCount: 0, failures: 0, heapIndex: -1, running: 0 };
    const times = { createdMs: 0, dueMs: 0, dispatchDeadlineMs: 600_000 };
    const task = { id: String(order), order, target, body: new Uint8Array(), ...times, ...counts };
    state.commit({ kind: "task-created", queue: QUEUE, task });
  };
  const remove = (index: number): void => {
    const id = [...queue.tasks.keys()][index % Math.max(1, queue.tasks.size)];
    if (id !== undefined) state.commit({ kind: "task-gone", queue: QUEUE, taskId: id, atMs: 0 });
  };
  /** As a list of a page does. */
  const page = (after: number | undefined, size: number): number[] => {
    const orders: number[] = [];
    for (const { order } of tasksAfter(queue, after)) {
      if (after !== undefined && order <= after) continue;
      if (orders.length === size) break;
      orders.push(order);
    }
    return orders;
  };
  return { queue, add, remove, page };
}

const stepArbitrary = fc.oneof(
  fc.constant({ kind: "add" as const }),
  fc.record({ kind: fc.constant("remove" as const), index: fc.nat(9) }),
  fc.record({ kind: fc.constant("page" as const), size: fc.integer({ min: 1, max: 4 }), again: fc.boolean() }),
);

test("lists every task that is there after a position, whatever came, went and was listed before", () => {
  fc.assert(
    fc.property(fc.array(stepArbitrary, { maxLength: 60 }), (steps) => {
      const { queue, add, remove, page } = setup();
      let after: number | undefined;
      const pages: { readonly listed: number[]; readonly expected: number[] }[] = [];
      for (const step of steps) {
        if (step.kind === "add") add();
        else if (step.kind === "remove") remove(step.index);
        else {
          const rest = [...queue.tasks.values()].map(({ order }) => order).filter((order) => order > (after ?? -1));
          const listed = page(after, step.size);
          pages.push({ listed, expected: rest.slice(0, step.size) });
          // The next page, or the same one again.
          if (!step.again) after = listed.at(-1) ?? after;
        }
      }
      expect(pages.map(({ listed }) => listed)).toEqual(pages.map(({ expected }) => expected));
    }),
    { numRuns: 500 },
  );
});
