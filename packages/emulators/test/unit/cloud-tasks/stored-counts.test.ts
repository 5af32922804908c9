import { expect, it } from "vitest";
import { State } from "../../../src/cloud-tasks/state/state.ts";
import { parseQueueConfig } from "../../../src/cloud-tasks/wire/queue-config.ts";

const QUEUE = "projects/p/locations/l/queues/q";
const CREATED = {
  id: "t",
  order: 1,
  createdMs: 0,
  target: { url: "http://target.example/", method: "POST", headers: [] },
  body: "",
  dispatchDeadlineMs: 1000,
} as const;

function stateWith(counts: { responseCount: number; executions?: number }): State {
  const state = new State({ taskNameMs: 20, queueNameMs: 20 });
  state.restore({ kind: "queue-set", queue: QUEUE, settings: { config: parseQueueConfig({}), paused: false } });
  const task = { ...CREATED, dueMs: 0, dispatchCount: 0, failures: 0, ...counts };
  state.restore({ kind: "task-created", queue: QUEUE, task });
  return state;
}

const taskIn = (state: State) => state.queues.get(QUEUE)?.tasks.get("t");

it("takes the count of responses without 5xx from a task that an earlier version stored", () => {
  const task = taskIn(stateWith({ responseCount: 5, executions: 2 }));
  expect(task).toMatchObject({ responseCount: 2 });
  expect(task).not.toHaveProperty("executions");
});

it("takes that count from an attempt that an earlier version stored", () => {
  const state = stateWith({ responseCount: 0, executions: 0 });
  const progress = { dueMs: 9, dispatchCount: 4, failures: 4, responseCount: 3, executions: 1 };
  state.restore({ kind: "task-failed", queue: QUEUE, taskId: "t", progress });
  expect(taskIn(state)).toMatchObject({ dueMs: 9, dispatchCount: 4, failures: 4, responseCount: 1 });
  expect(taskIn(state)).not.toHaveProperty("executions");
});

it("takes the count of responses as it is from this version", () => {
  expect(taskIn(stateWith({ responseCount: 3 }))).toMatchObject({ responseCount: 3 });
});
