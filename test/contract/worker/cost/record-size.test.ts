import { readFileSync } from "node:fs";
import { Timestamp } from "@google-cloud/firestore";
import { expect, test } from "vitest";
import { succeeded } from "../../../../services/worker/runner/handler.ts";
import { TASK_RECORDS } from "../../../../shared/records/task-record.ts";
import { claimTaskType, scriptedHandler } from "../../../harness/worker/scripted-handler.ts";
import { sealTask, setUpWorker } from "../../../harness/worker/worker-harness.ts";

/** What Firestore counts, in bytes (https://cloud.google.com/firestore/native/docs/storage-size). */
function sizeOf(value: unknown): number {
  if (typeof value === "string") return Buffer.byteLength(value) + 1;
  if (typeof value === "number" || value instanceof Timestamp) return 8;
  if (typeof value === "boolean" || value === null) return 1;
  if (Array.isArray(value)) return value.reduce((sum: number, item) => sum + sizeOf(item), 0);
  if (typeof value === "object") return 32 + fieldsSize(value);
  throw new TypeError(`No size is known for ${typeof value}.`);
}

function fieldsSize(fields: object): number {
  return Object.entries(fields).reduce((sum, [name, value]) => sum + sizeOf(name) + sizeOf(value), 0);
}

const NAME_OVERHEAD = 16;
const DOCUMENT_OVERHEAD = 32;

test("the docs give the size of the record of a task that succeeds at once", async () => {
  const handler = scriptedHandler(claimTaskType);
  handler.steps(() => succeeded());
  const worker = await setUpWorker(() => [handler]);
  const envelope = sealTask(claimTaskType, { n: 1 });
  await worker.deliver(envelope);

  const document = (await worker.db.collection(TASK_RECORDS).doc(envelope.id).get()).data() ?? {};
  const name = sizeOf(TASK_RECORDS) + sizeOf(envelope.id) + NAME_OVERHEAD;
  const size = name + fieldsSize(document) + DOCUMENT_OVERHEAD;

  const [, told = ""] = /a record takes (\d+) bytes/.exec(readFileSync("docs/operating.md", "utf8")) ?? [];
  expect(size).toBe(Number(told));
});
