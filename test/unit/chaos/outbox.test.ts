import { expect, test } from "vitest";
import type { HandlerRun, Histories, TaskHistory } from "../../chaos/check/history/histories.ts";
import {
  CLAIM_RECORD,
  FIRST,
  ID,
  SECOND,
  broken,
  claimTask,
  claimed,
  historyOf,
  settled,
  version,
} from "./kept-history.ts";

const ORDER = [["chaosOrders/n7", [version(900, {})]]] as const;
const run: HandlerRun = { run: "a run", taskId: ID, attempt: 1, pid: 1, at: 1_010, fingerprint: "good" };

/** A history with more tasks than one. */
function withTasks(histories: Histories, ...more: readonly TaskHistory[]): Histories {
  return { ...histories, tasks: [...histories.tasks, ...more] };
}

test("a task from the outbox has its application's order", () => {
  const task = claimTask({ origin: "outbox" });
  expect(broken(historyOf(task, { documents: ORDER }))).toEqual([]);
  expect(broken(historyOf(task))).toEqual(["a task has its order"]);
});

test("a rolled-back transaction leaves no order, and its task doesn't run", () => {
  const task = claimTask({ origin: "outbox", ids: new Set(), runs: [], deliveries: [], isRolledBack: true });
  const histories = historyOf(task, { record: [] });
  expect(broken(histories)).toEqual([]);
  expect(broken(historyOf(task, { record: [], documents: ORDER }))).toEqual(["what is rolled back leaves nothing"]);
  expect(broken({ ...histories, strayRuns: [run] })).toEqual(["only what was committed runs"]);
});

test("an entry that stays in the outbox breaks a promise", () => {
  const histories = historyOf(claimTask());
  expect(broken({ ...histories, run: { ...histories.run, isOutboxEmpty: false } })).toEqual([
    "the outbox is empty in the end",
  ]);
});

test("a parent that succeeded has each of its children once, and a dead one has none", () => {
  const parent = claimTask({ script: "parent" });
  const child = (ids: readonly string[]): TaskHistory =>
    claimTask({ n: 8, origin: "child", parent: 7, ids: new Set(ids), runs: [], deliveries: [], received: [] });
  const promise = "children are as planned";
  const succeeded = historyOf(parent);
  expect(broken(withTasks(succeeded, child([])))).toEqual([promise]);
  expect(broken(withTasks(succeeded, child(["a", "b"])))).toContain(promise);
  expect(broken(withTasks(succeeded, child(["a"])))).not.toContain(promise);
  const died = historyOf(parent, { record: [claimed(1_000, FIRST), settled(1_050, "dead", FIRST)] });
  expect(broken(withTasks(died, child(["a"])))).toContain(promise);
  expect(broken(withTasks(died, child([])))).not.toContain(promise);
});

test("a letter with two tasks was replayed twice", () => {
  const replay = (ids: readonly string[]) => historyOf(claimTask({ origin: "replay", ids: new Set(ids) }));
  expect(broken(replay([ID]))).toEqual([]);
  expect(broken(replay([ID, ID.replace("0", "1")]))).toContain("a letter is replayed once");
});

test("another payload under a task's key gets a letter of its own", () => {
  const task = claimTask({ contestant: "other" });
  expect(broken(historyOf(task))).toEqual(["another payload leaves a letter"]);
  expect(broken(historyOf(task, { documents: [[`deadLetters/${ID}.0123`, [version(1_100, {})]]] }))).toEqual([]);
});

test("a request to run a task now gets a response", () => {
  expect(broken(historyOf(claimTask({ runsNow: [202, 409] })))).toEqual([]);
  expect(broken(historyOf(claimTask({ runsNow: [503] })))).toEqual(["a run now is answered"]);
});

/** Put off at 1050 by its first run, until `dueAt`, and then claimed by its second at 5000. */
function putOff({ dueAt, hop = 1 }: { readonly dueAt: number; readonly hop?: number }): Histories {
  const [first] = CLAIM_RECORD;
  const waiting = { state: "waiting", owner: "first", fence: 1, attempts: 0, leaseMs: 0, hop: 1 };
  const second = { ...SECOND, attempts: 1 };
  const running = { state: "running", claimedAt: { time: 5_000 }, leaseMs: 20_000, hop, ...second };
  const record = [
    first!,
    version(1_050, { ...waiting, notBefore: new Date(dueAt).toISOString() }),
    version(5_000, running),
    version(5_050, { state: "succeeded", leaseMs: 0, hop, ...second }),
  ];
  const runs = [
    { ...run, endedAt: 1_040, how: "snoozed" },
    { ...run, run: "second run", at: 5_010, effectAt: 5_020, endedAt: 5_040, how: "succeeded" },
  ];
  const deliveries = [
    { pid: 1, hop: 0, sentAt: 990, endedAt: 1_060, status: 200, outcome: "rescheduled" },
    { pid: 1, hop: 1, sentAt: 4_990, endedAt: 5_060, status: 200, outcome: "done" },
  ];
  return historyOf(claimTask({ script: "snoozes", runs, deliveries }), { record });
}

test("a snoozed task runs when it is due, and its first acknowledgement needs only the next hop", () => {
  expect(broken(putOff({ dueAt: 4_990 }))).toEqual([]);
});

test("a task that runs more than a second before its time breaks a promise", () => {
  expect(broken(putOff({ dueAt: 5_900 }))).toEqual([]);
  expect(broken(putOff({ dueAt: 6_100 }))).toEqual(["nothing runs before its time"]);
});

test("a worker whose clock is ahead may run a task earlier by that much, and no more", () => {
  const lives = [{ name: "worker-0", pid: 1, clockOffsetMs: 600_000, pauses: [] }];
  expect(broken({ ...putOff({ dueAt: 605_900 }), lives })).toEqual([]);
  expect(broken({ ...putOff({ dueAt: 606_100 }), lives })).toEqual(["nothing runs before its time"]);
  const others = [{ ...lives[0]!, pid: 2 }];
  expect(broken({ ...putOff({ dueAt: 605_900 }), lives: others })).toEqual(["nothing runs before its time"]);
});

test("a task that runs at an earlier hop breaks a promise", () => {
  expect(broken(putOff({ dueAt: 4_990, hop: 0 }))).toContain("no task goes back a hop");
});
