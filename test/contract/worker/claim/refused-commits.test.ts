import { type Firestore, Timestamp, type Transaction } from "@google-cloud/firestore";
import { expect, test } from "vitest";
import { bindTransactionHandler, succeeded } from "../../../../services/worker/runner/handler.ts";
import { transactionTaskType } from "../../../harness/worker/scripted-handler.ts";
import { sealTask, setUpWorker } from "../../../harness/worker/worker-harness.ts";

const TAKEN = "things/taken";

/** Requests that a handler may make and that Firestore refuses, however often they are repeated. */
const REFUSED: readonly (readonly [string, (db: Firestore, transaction: Transaction) => unknown])[] = [
  ["an update of what is not there", (db, transaction) => transaction.update(db.doc("things/none"), { n: 1 })],
  ["a creation of what is there", (db, transaction) => transaction.create(db.doc(TAKEN), { n: 1 })],
  [
    "a condition that doesn't hold",
    (db, transaction) => transaction.update(db.doc(TAKEN), { n: 2 }, { lastUpdateTime: Timestamp.fromMillis(0) }),
  ],
  ["a document that is too large", (db, transaction) => transaction.set(db.doc(TAKEN), { n: "x".repeat(1_100_000) })],
  ["half a surrogate pair", (db, transaction) => transaction.set(db.doc(TAKEN), { n: { deep: ["a\ud800"] } })],
  ["half a pair in a name", (db, transaction) => transaction.update(db.doc(TAKEN), { "a\udc00": 1 })],
  ["an array within an array", (db, transaction) => transaction.set(db.doc(TAKEN), { n: [[1]] })],
  ["a reserved name", (db, transaction) => transaction.set(db.doc(TAKEN), { __n__: 1 })],
  ["more than 20 levels", (db, transaction) => transaction.set(db.doc(TAKEN), { n: nested(21) })],
  ["undefined", (db, transaction) => transaction.set(db.doc(TAKEN), { n: undefined })],
];

function nested(levels: number): unknown {
  return levels === 0 ? 1 : { n: nested(levels - 1) };
}

async function setup(write: (db: Firestore, transaction: Transaction) => unknown) {
  const worker = await setUpWorker((db) => [
    bindTransactionHandler(transactionTaskType, async (_, { transaction }) => {
      await write(db, transaction);
      transaction.set(db.doc("things/other"), { n: 1 });
      return succeeded();
    }),
  ]);
  await worker.db.doc(TAKEN).set({ n: 0 });
  return { worker, task: sealTask(transactionTaskType, { n: 1 }) };
}

test.each(REFUSED)("%s fails its own task, which becomes a dead letter after its attempts", async (_, write) => {
  const { worker, task } = await setup(write);

  const statuses: number[] = [];
  for (let delivery = 1; delivery <= 3; delivery++) statuses.push((await worker.deliver(task)).status);

  expect(statuses).toEqual([500, 500, 200]);
  expect(await worker.recordOf(task)).toMatchObject({
    state: "dead",
    attempts: 3,
    lastError: { code: "handler_threw" },
  });
  expect(await worker.deadLetters()).toMatchObject([{ taskId: task.id, attempts: 3 }]);
  expect((await worker.db.doc(TAKEN).get()).data()).toEqual({ n: 0 });
  expect((await worker.db.doc("things/other").get()).exists).toBe(false);
});

test("another service's error with a numeric code counts as the handler's, not Firestore's", async () => {
  const { worker, task } = await setup(() => {
    throw Object.assign(new Error("Not found."), { code: 404 });
  });

  const answer = await worker.deliver(task);

  expect(answer.status).toBe(500);
  expect(await worker.recordOf(task)).toMatchObject({ state: "waiting", attempts: 1 });
});
