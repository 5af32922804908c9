import { expect, test } from "vitest";
import type { Firestore } from "@google-cloud/firestore";
import {
  createTransactionCanary,
  handleClaimCanary,
  handleNaturalCanary,
} from "../../../services/worker/handlers/canaries.ts";
import { CANARIES, naturalCanary, transactionCanary } from "../../../shared/tasks/canary.ts";
import { sealTask, setUpWorker } from "../../harness/worker/worker-harness.ts";

const canaryHandlers = (db: Firestore) => [handleClaimCanary, createTransactionCanary({ db }), handleNaturalCanary];

const SENT_AT = "2026-01-02T03:04:05.678Z";

test.each(CANARIES)("$type is done, and done or a duplicate if it is delivered again", async (taskType) => {
  const worker = await setUpWorker(canaryHandlers);
  const task = sealTask(taskType, { sentAt: SENT_AT });

  const first = await worker.deliver(task);
  const second = await worker.deliver(task);

  expect([first.status, second.status]).toEqual([200, 200]);
  const isNatural = taskType === naturalCanary;
  expect(second.headers.get("handoff-outcome")).toBe(isNatural ? "done" : "duplicate");
  expect((await worker.recordOf(task))?.state).toBe(isNatural ? undefined : "succeeded");
});

test("the transaction canary counts each of its tasks once", async () => {
  const worker = await setUpWorker(canaryHandlers);
  for (const key of ["a", "b", "b", "a"]) await worker.deliver(sealTask(transactionCanary, { sentAt: SENT_AT }, key));

  const { docs } = await worker.db.collection("canaries").get();
  expect(docs.map((doc) => [doc.id, doc.data()])).toEqual([["canary.transaction", { count: 2 }]]);
});

test("the natural canary leaves nothing behind, however often it is delivered", async () => {
  const worker = await setUpWorker(canaryHandlers);
  for (const key of ["a", "b", "a"]) await worker.deliver(sealTask(naturalCanary, { sentAt: SENT_AT }, key));

  expect(await worker.db.listCollections()).toEqual([]);
});
