import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { failPermanently, succeeded } from "../../../services/worker/runner/handler.ts";
import { deadNotice } from "../../../shared/contract/new-task/dead-notice.ts";
import { defineTask } from "../../../shared/contract/task-type.ts";
import { createTransferBetweenAccounts } from "../../../services/worker/handlers/transfer-between-accounts.ts";
import { transferBetweenAccounts } from "../../../shared/tasks/ledger-transfer.ts";
import {
  claimTaskType,
  naturalTaskType,
  scriptedHandler,
  scriptedTransactionHandler,
  transactionTaskType,
} from "../../harness/worker/scripted-handler.ts";
import { sealTask } from "../../harness/worker/worker-harness.ts";
import { workerQueues } from "../../harness/worker/worker-queues.ts";
import { startCountedTask, startCountedWorker } from "./cost/harness.ts";
import { PATHS } from "./cost/paths.ts";

const HANDLERS = {
  natural: (over: object) => scriptedHandler({ ...naturalTaskType, ...over }),
  transaction: (over: object) => scriptedTransactionHandler({ ...transactionTaskType, ...over }),
  claim: (over: object) => scriptedHandler({ ...claimTaskType, ...over }),
} as const;

const READ = "BatchGetDocuments";

/** A delivery, the kind of its task, its outcome, its calls, and how many documents are read and written. */
type Row = readonly [keyof typeof PATHS, keyof typeof HANDLERS, string, string, number, number];

/** The table in docs/lifecycle.md. Dead letters count as writes, too. */
const COSTS: readonly Row[] = [
  ["succeeds at once", "natural", "done", "none", 0, 0],
  ["succeeds at once", "transaction", "done", `1 ${READ}, 1 Commit`, 1, 1],
  ["succeeds at once", "claim", "done", "2 Commit", 0, 2],
  ["enqueues a task", "natural", "done", "none", 0, 0],
  ["enqueues a task", "transaction", "done", `1 ${READ}, 1 Commit`, 1, 2],
  ["enqueues a task", "claim", "done", "2 Commit", 0, 3],
  ["asks for a retry", "natural", "retry", `1 ${READ}, 1 Commit`, 1, 1],
  ["asks for a retry", "transaction", "retry", `2 ${READ}, 1 Commit, 1 Rollback`, 2, 1],
  ["asks for a retry", "claim", "retry", "2 Commit", 0, 2],
  ["succeeds after a retry", "natural", "done", `1 ${READ}, 1 Commit`, 1, 1],
  ["succeeds after a retry", "transaction", "done", `1 ${READ}, 1 Commit`, 1, 1],
  ["succeeds after a retry", "claim", "done", `1 ${READ}, 2 Commit`, 1, 2],
  ["fails permanently", "natural", "dead", `1 ${READ}, 1 Commit`, 1, 2],
  ["fails permanently", "transaction", "dead", `2 ${READ}, 1 Commit, 1 Rollback`, 2, 2],
  ["fails permanently", "claim", "dead", "2 Commit", 0, 3],
  ["fails its last attempt", "natural", "dead", `1 ${READ}, 1 Commit`, 1, 2],
  ["fails its last attempt", "transaction", "dead", `2 ${READ}, 1 Commit, 1 Rollback`, 2, 2],
  ["fails its last attempt", "claim", "dead", `1 ${READ}, 2 Commit`, 1, 3],
  ["is redelivered when the task is done", "natural", "done", "none", 0, 0],
  ["is redelivered when the task is done", "transaction", "duplicate", `1 ${READ}, 1 Commit`, 1, 0],
  ["is redelivered when the task is done", "claim", "duplicate", `1 ${READ}, 1 Commit`, 1, 0],
  ["is stopped by a shutdown", "natural", "unavailable", "none", 0, 0],
  ["is stopped by a shutdown", "transaction", "unavailable", `1 ${READ}, 1 Rollback`, 1, 0],
  ["is stopped by a shutdown", "claim", "unavailable", "2 Commit", 0, 2],
  ["finds another attempt running", "claim", "busy", `1 ${READ}, 1 Commit`, 1, 0],
  ["takes over from an attempt whose lease has ended", "claim", "done", `1 ${READ}, 2 Commit`, 1, 2],
  ["ends after another has taken over and is done", "claim", "duplicate", `1 ${READ}, 1 Commit`, 1, 0],
  ["finds that the last attempt was killed", "claim", "dead", `1 ${READ}, 1 Commit`, 1, 2],
  ["is redelivered when the task is cancelled", "natural", "duplicate", `1 ${READ}`, 1, 0],
  ["is redelivered when the task is cancelled", "transaction", "duplicate", `1 ${READ}, 1 Commit`, 1, 0],
  ["is redelivered when the task is cancelled", "claim", "duplicate", `1 ${READ}`, 1, 0],
  ["fails after a cancel was requested", "claim", "duplicate", `1 ${READ}, 3 Commit`, 1, 2],
  ["finds that an attempt was killed after a cancel was requested", "claim", "duplicate", `1 ${READ}, 1 Commit`, 1, 1],
  ["is of a type that the revision doesn't know", "natural", "unknown-type", `1 ${READ}, 1 Commit`, 1, 1],
  ["is of a type that the revision doesn't know", "transaction", "unknown-type", `1 ${READ}, 1 Commit`, 1, 1],
  ["is of a type that the revision doesn't know", "claim", "unknown-type", `1 ${READ}, 1 Commit`, 1, 1],
  ["is snoozed by its handler", "natural", "rescheduled", `1 ${READ}, 1 Commit`, 1, 2],
  ["is snoozed by its handler", "transaction", "rescheduled", `2 ${READ}, 1 Commit, 1 Rollback`, 2, 2],
  ["is snoozed by its handler", "claim", "rescheduled", "2 Commit", 0, 3],
  ["asks for a retry after a certain time", "natural", "rescheduled", `1 ${READ}, 1 Commit`, 1, 2],
  ["asks for a retry after a certain time", "transaction", "rescheduled", `2 ${READ}, 1 Commit, 1 Rollback`, 2, 2],
  ["asks for a retry after a certain time", "claim", "rescheduled", "2 Commit", 0, 3],
  ["fails, and its type has a backoff", "natural", "rescheduled", `1 ${READ}, 1 Commit`, 1, 2],
  ["fails, and its type has a backoff", "transaction", "rescheduled", `2 ${READ}, 1 Commit, 1 Rollback`, 2, 2],
  ["fails, and its type has a backoff", "claim", "rescheduled", "2 Commit", 0, 3],
  ["arrives before its time", "natural", "rescheduled", `1 ${READ}, 1 Commit`, 1, 2],
  ["arrives before its time", "transaction", "rescheduled", `1 ${READ}, 1 Commit`, 1, 2],
  ["arrives before its time", "claim", "rescheduled", `1 ${READ}, 1 Commit`, 1, 2],
  ["succeeds in a later hop", "natural", "done", `1 ${READ}, 1 Commit`, 1, 1],
  ["succeeds in a later hop", "transaction", "done", `1 ${READ}, 1 Commit`, 1, 1],
  ["succeeds in a later hop", "claim", "done", `1 ${READ}, 2 Commit`, 1, 2],
  ["is redelivered when the task has gone on to a later hop", "natural", "duplicate", `1 ${READ}`, 1, 0],
  ["is redelivered when the task has gone on to a later hop", "transaction", "duplicate", `1 ${READ}, 1 Commit`, 1, 0],
  ["is redelivered when the task has gone on to a later hop", "claim", "duplicate", `1 ${READ}`, 1, 0],
];

test.each(COSTS)("a delivery that %s, of a %s task, costs what the table says", async (...row) => {
  const [path, kind, outcome, calls, reads, writes] = row;
  const backoff = { firstMs: 60_000, factor: 2, maxMs: 3_600_000 };
  const task = await startCountedTask(HANDLERS[kind](path.includes("backoff") ? { backoff } : {}));

  const counted = await PATHS[path](task);

  expect({ ...counted, calls: describe(counted.calls) }).toEqual({ outcome, calls, reads, writes });
});

test("a transaction's effects are part of its one commit", async () => {
  const { worker, count } = await startCountedWorker((db) => [createTransferBetweenAccounts({ db })]);
  for (const id of ["a", "b"]) await worker.db.collection("accounts").doc(id).set({ balance: 100 });
  const task = sealTask(transferBetweenAccounts, { from: "a", to: "b", amount: 30 });

  const counted = await count(async () => (await worker.deliver(task)).headers.get("Handoff-Outcome"));

  // The record, and two accounts.
  expect(counted).toEqual({ outcome: "done", calls: { [READ]: 2, Commit: 1 }, reads: 3, writes: 3 });
});

test("a relay reads its entry, creates its task and deletes the entry", async () => {
  const handler = scriptedHandler(claimTaskType);
  handler.steps(({ enqueue }) => {
    enqueue(claimTaskType, { n: 2 });
    return succeeded();
  });
  const queues = workerQueues();
  const { worker, count } = await startCountedWorker(() => [handler], queues.relay);
  const task = sealTask(claimTaskType, { n: 1 });

  const counted = await count(async () => (await worker.deliver(task)).headers.get("Handoff-Outcome"));

  // Without the relay: two commits of three documents.
  expect(counted).toEqual({ outcome: "done", calls: { [READ]: 1, Commit: 3 }, reads: 1, writes: 4 });
  expect(await queues.creations()).toBe(1);
});

test("the onDead task is one more document in the commit of the dead letter", async () => {
  const told = scriptedHandler(defineTask({ ...claimTaskType, type: "test.told", payload: deadNotice }));
  const dies = scriptedHandler(defineTask({ ...claimTaskType, type: "test.dies", onDead: told.taskType }));
  dies.steps(() => failPermanently({ code: "gone", message: "Gone." }));
  const { worker, count } = await startCountedWorker(() => [dies, told]);
  const task = sealTask(dies.taskType, { n: 1 });

  const counted = await count(async () => (await worker.deliver(task)).headers.get("Handoff-Outcome"));

  // The claim; the record, the letter and the entry.
  expect(counted).toEqual({ outcome: "dead", calls: { Commit: 2 }, reads: 0, writes: 4 });
});

test("docs/lifecycle.md has the same table", () => {
  const text = readFileSync(new URL("../../../docs/lifecycle.md", import.meta.url), "utf8");
  const section = text.split("\n## What a task costs\n")[1]?.split("\n## ")[0] ?? "";
  const rows = section
    .split("\n")
    .filter((line) => line.startsWith("| "))
    .slice(2);

  expect(rows.map(cellsOf)).toEqual(COSTS.map((row) => row.map(String)));
});

test("every path has a row", () => {
  expect(new Set(COSTS.map(([path]) => path))).toEqual(new Set(Object.keys(PATHS)));
});

function describe(calls: Readonly<Record<string, number>>): string {
  const parts = Object.entries(calls).map(([rpc, count]) => `${count} ${rpc}`);
  return parts.join(", ") || "none";
}

function cellsOf(row: string): string[] {
  return row
    .split("|")
    .slice(1, -1)
    .map((cell) => cell.trim());
}
