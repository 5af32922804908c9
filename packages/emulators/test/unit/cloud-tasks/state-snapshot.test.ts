import * as fc from "fast-check";
import { expect, it } from "vitest";
import type { Change, StoredChange } from "../../../src/cloud-tasks/state/change.ts";
import { State } from "../../../src/cloud-tasks/state/state.ts";
import type { Task } from "../../../src/cloud-tasks/state/task.ts";
import { type QueueConfig, parseQueueConfig } from "../../../src/cloud-tasks/wire/queue-config.ts";

const PERIODS = { taskNameMs: 20, queueNameMs: 20 };
const QUEUES = ["a", "b"].map((id) => `projects/p/locations/l/queues/${id}`);
const TASK_IDS = ["1", "2", "3", "4", "5"];
const CONFIG: QueueConfig = parseQueueConfig({});

/** What can happen next. Whatever isn't possible then doesn't. */
const stepArbitrary = fc.record({
  kind: fc.constantFrom<Change["kind"] | "read">(
    "read",
    "queue-set",
    "queue-deleted",
    "queue-purged",
    "queue-emptied",
    "queue-forgotten",
    "task-created",
    "task-created",
    "task-created",
    "task-failed",
    "task-gone",
    "task-gone",
  ),
  queue: fc.constantFrom(...QUEUES),
  taskId: fc.constantFrom(...TASK_IDS),
  passesMs: fc.nat(8),
});
type Step = typeof stepArbitrary extends fc.Arbitrary<infer T> ? T : never;

/** A state whose changes are kept in a list. */
function recordedState() {
  const state = new State(PERIODS);
  const entries: StoredChange[] = [];
  // Through JSON, as in a file.
  state.keepIn({
    append: (entry) => void entries.push(JSON.parse(JSON.stringify(entry))),
    close: async () => undefined,
  });
  return { state, entries };
}

it("has the same state after a restart, whatever changes while a snapshot is taken", () => {
  const steps = fc.array(stepArbitrary, { maxLength: 40 });
  fc.assert(
    fc.property(steps, steps, (before, during) => {
      const { state, entries } = recordedState();
      let nowMs = 0;
      for (const step of before) nowMs = take(step, { state, nowMs });
      const cut = entries.length;
      const snapshot = state.snapshot()[Symbol.iterator]();
      const read: StoredChange[] = [];
      for (const step of during) {
        const next = step.kind === "read" ? snapshot.next() : undefined;
        if (next?.done === false) read.push(JSON.parse(JSON.stringify(next.value)));
        nowMs = take(step, { state, nowMs });
      }
      for (let next = snapshot.next(); next.done !== true; next = snapshot.next()) {
        read.push(JSON.parse(JSON.stringify(next.value)));
      }

      const restored = new State(PERIODS);
      for (const change of [...read, ...entries.slice(cut)]) restored.restore(change);
      restored.forgetNamesUntil(nowMs);
      expect(dump(restored, nowMs)).toEqual(dump(state, nowMs));
    }),
    { numRuns: 2000 },
  );
});

/** Takes a step, if it is possible, and returns the time after it. */
function take(
  { kind, queue: name, taskId, passesMs }: Step,
  { state, nowMs }: { state: State; nowMs: number },
): number {
  const atMs = nowMs + passesMs;
  const queue = state.queues.get(name);
  const task = queue?.tasks.get(taskId);
  if (kind === "queue-set" && (queue !== undefined || !state.isQueueNameTaken(name, atMs))) {
    state.commit({ kind, queue: name, settings: { config: CONFIG, paused: atMs % 2 === 0 } });
  }
  if (kind === "queue-forgotten") state.commit({ kind, queue: name });
  if (!queue) return atMs;
  if (kind === "queue-deleted" || kind === "queue-purged") state.commit({ kind, queue: name, atMs });
  if (kind === "queue-emptied") state.commit({ kind, queue: name });
  if (kind === "task-created" && !task && !state.isTaskNameTaken(queue, taskId, atMs)) {
    state.commit({ kind, queue: name, task: newTask(state, taskId, atMs) });
  }
  if (kind === "task-gone" && task) state.commit({ kind, queue: name, taskId, atMs });
  if (kind === "task-failed" && task) {
    const { dispatchCount, responseCount } = task;
    const progress = { dueMs: atMs, dispatchCount, responseCount, failures: task.failures + 1 };
    state.commit({ kind, queue: name, taskId, progress });
  }
  return atMs;
}

function newTask(state: State, id: string, nowMs: number): Task {
  return {
    id,
    order: state.nextOrder(),
    createdMs: nowMs,
    target: { url: "http://target.example/", method: "POST", headers: [] },
    body: new Uint8Array([nowMs % 256]),
    dispatchDeadlineMs: 1000,
    dueMs: nowMs,
    dispatchCount: 0,
    responseCount: 0,
    failures: 0,
    heapIndex: -1,
    running: 0,
  };
}

/** Everything that a caller can find out. */
function dump(state: State, nowMs: number): unknown {
  return QUEUES.map((name) => {
    const queue = state.queues.get(name);
    return {
      isTaken: state.isQueueNameTaken(name, nowMs),
      settings: queue?.settings,
      tasks: queue && [...queue.tasks.values()].map((task) => ({ ...task, body: [...task.body] })),
      taken: queue && TASK_IDS.filter((id) => state.isTaskNameTaken(queue, id, nowMs)),
    };
  });
}
