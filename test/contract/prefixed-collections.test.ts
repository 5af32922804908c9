import { execFile } from "node:child_process";
import path from "node:path";
import { promisify } from "node:util";
import { type Firestore, Timestamp } from "@google-cloud/firestore";
import { expect, test } from "vitest";
import { deriveTaskId } from "../../shared/contract/task-id.ts";
import { deliverWebhook } from "../../shared/tasks/webhook-deliver.ts";
import { transferBetweenAccounts } from "../../shared/tasks/ledger-transfer.ts";
import { PROJECT_DIR } from "../../tools/project-dir.ts";
import { startToday } from "./compatibility/deployments.ts";

const IDLE_LIMIT_MS = 50_000;

/** All documents of the database but the handlers' own, by path. */
async function documentsOf(db: Firestore): Promise<ReadonlyMap<string, { at: Timestamp; fields: object }>> {
  const collections = (await db.listCollections()).filter(({ id }) => id !== "accounts");
  const snapshots = await Promise.all(collections.map((collection) => collection.get()));
  return new Map(
    snapshots.flatMap(({ docs }) =>
      docs.map((doc) => [doc.ref.path, { at: doc.updateTime, fields: doc.data() }] as const),
    ),
  );
}

test("an application's collections of the same names and the prefixed ones don't affect each other", async (context) => {
  const { db, emulator, subscribe, cloudTasks, url, view } = await startToday(context, { COLLECTION_PREFIX: "our_" });
  const webhook = (status: number) => ({ url: subscribe(status).url, event: "order.paid", data: null });
  const tasks = [
    { key: "works", taskType: deliverWebhook, payload: webhook(204), state: "succeeded" },
    { key: "dies", taskType: deliverWebhook, payload: webhook(410), state: "dead" },
    {
      key: "commits",
      taskType: transferBetweenAccounts,
      payload: { from: "payer", to: "payee", amount: 1 },
      state: "succeeded",
    },
  ].map((task) => ({ ...task, id: deriveTaskId(["key", "local", task.taskType.type, task.key], task.taskType) }));
  await db.doc("accounts/payer").set({ balance: 100 });
  await db.doc("accounts/payee").set({ balance: 0 });
  // The application has documents of the very ids that the tasks get, of a form of its own.
  for (const { id } of tasks) {
    await db.doc(`taskRecords/${id}`).set({ state: "ours", expireAt: Timestamp.fromMillis(0) });
    await db.doc(`deadLetters/${id}`).set({ type: "ours", status: "open" });
  }
  const ofApplication = await documentsOf(db);

  for (const { key, taskType, payload } of tasks) {
    const response = await fetch(`${url}/v1/tasks`, {
      method: "POST",
      headers: { "content-type": "application/json", "idempotency-key": key },
      body: JSON.stringify({ type: taskType.type, payload }),
    });
    expect(response.status).toBe(202);
  }
  await cloudTasks.waitForIdle({ timeoutMs: IDLE_LIMIT_MS });

  const after = await documentsOf(db);
  const ours = [...after.keys()].filter((name) => !ofApplication.has(name));
  expect(new Map([...after].filter(([name]) => ofApplication.has(name)))).toEqual(ofApplication);
  expect(ours.toSorted()).toEqual(
    [
      ...tasks.map(({ id }) => `our_taskRecords/${id}`),
      ...tasks.filter(({ state }) => state === "dead").map(({ id }) => `our_deadLetters/${id}`),
    ].toSorted(),
  );
  // Handlers have the database as it is.
  expect((await db.doc("accounts/payee").get()).data()).toMatchObject({ balance: 1 });

  const backfill = ["--project", "handoff-test", "--database", "(default)", "--collection-prefix", "our_"];
  const { stdout } = await promisify(execFile)(
    process.execPath,
    [path.join(PROJECT_DIR, "tools/dead-letters/main.ts"), ...backfill],
    { env: { ...process.env, FIRESTORE_EMULATOR_HOST: `${emulator.host}:${emulator.port}` } },
  );
  expect(stdout).toBe("1 dead letters: 0 completed now, 1 complete before.\n1 are open.\n");

  // And the other way round: what the application does to its own changes no task.
  for (const name of ofApplication.keys()) await db.doc(name).delete();
  const seen = await Promise.all(tasks.map(({ id }) => view(id)));
  expect(seen.map((task) => task["state"])).toEqual(tasks.map(({ state }) => state));
});
