import { expect, onTestFinished, test } from "vitest";
import { VirtualClock } from "handoff-emulators/clock";
import { startCloudTasksEmulator } from "handoff-emulators/cloud-tasks";
import { hashPayload } from "../../../../shared/contract/payload-hash.ts";
import { type TaskId, deriveTaskId } from "../../../../shared/contract/task-id.ts";
import { type OutboxEntry, TASK_OUTBOX, entryFields, newTaskEntryId } from "../../../../shared/outbox/entry.ts";
import { OutboxStore } from "../../../../shared/outbox/outbox-store.ts";
import { type Relay, relayEntry } from "../../../../shared/outbox/relay.ts";
import { createCloudTasksQueue } from "../../../../shared/queue/cloud-tasks-queue.ts";
import { Documents } from "../../../../shared/records/documents.ts";
import { TASK_RECORDS, parseTaskRecord } from "../../../../shared/records/task-record.ts";
import { createCloudTasksClient } from "../../../../shared/runtime/google-clients.ts";
import { createLogger } from "../../../../shared/runtime/log.ts";
import { AUDIENCE, INVOKER } from "../../../harness/auth/token-rules.ts";
import { countFirestoreCost } from "../../../harness/firestore/firestore-cost.ts";
import { startFaultProxy } from "../../../harness/network/fault-proxy.ts";
import { deployTestQueues } from "../../../harness/registry/test-queues.ts";
import { setUpWorker } from "../../../harness/worker/worker-harness.ts";
import { HANDLERS, KINDS, type Kind } from "./hops.ts";

const DAY_MS = 24 * 60 * 60_000;
const PATH = { project: "handoff-test", location: "europe-west1" } as const;

/** A worker, both emulators and a relay on one clock. Cloud Tasks delivers by itself; the test relays. */
async function setUp(kind: Kind) {
  const clock = new VirtualClock();
  const handler = HANDLERS[kind]();
  const queueName = `${handler.taskType.queue}-queue`;
  const queues = [{ name: queueName, retryConfig: { minBackoff: "1s" } }];
  const cloudTasks = await startCloudTasksEmulator({ clock, queues, ...PATH });
  const cost = countFirestoreCost();
  const worker = await setUpWorker(() => [handler], {
    sharedClock: clock,
    keysUrl: `http://${cloudTasks.host}:${cloudTasks.port}/oauth2/v1/certs`,
    async reachFirestore(emulator) {
      const proxy = await startFaultProxy(emulator, cost);
      onTestFinished(() => proxy.stop());
      return proxy;
    },
  });
  const client = await createCloudTasksClient(cloudTasks);
  onTestFinished(async () => {
    await client.close();
    await cloudTasks.stop();
  });
  const deployed = deployTestQueues((key) => `${key}-queue`);
  const { taskType } = handler;
  const relay: Relay = {
    outbox: new OutboxStore(new Documents({ db: worker.db, clock })),
    queue: createCloudTasksQueue(client, {
      ...PATH,
      queues: deployed,
      workerUrl: worker.url,
      workerAudience: AUDIENCE,
      invokerServiceAccount: INVOKER,
    }),
    rules: { types: new Map([[taskType.type, taskType]]), queues: deployed, maxPayloadBytes: 1_000 },
    deadLetterRetentionMs: DAY_MS,
    clock,
    log: createLogger({ service: "test", level: "silent" }),
  };
  return { clock, handler, worker, cloudTasks, cost, relay };
}

test.each(KINDS)("a %s task that is due in 400 days runs once, in its 14th hop", async (kind) => {
  const { clock, handler, worker, cloudTasks, cost, relay } = await setUp(kind);
  const startMs = clock.now();
  const { type } = handler.taskType;
  const origin = ["outbox", type, "renew"] as const;
  const taskId = deriveTaskId(origin, handler.taskType);
  const due = {
    notBefore: new Date(startMs + 400 * DAY_MS).toISOString(),
    enqueuedAt: new Date(startMs).toISOString(),
  };
  const entry: OutboxEntry = { taskId, type, payloadJson: '{"n":1}', origin, hop: 0, ...due };
  const entryId = newTaskEntryId(taskId, hashPayload({ n: 1 }));
  await worker.db.collection(TASK_OUTBOX).doc(entryId).set(entryFields(entry));
  const untilMs = (): number => clock.now() + 5_000;
  expect(await relayEntry(entryId, relay, untilMs())).toBe("relayed");

  for (let hop = 1; hop <= 13; hop++) {
    await clock.advance(29 * DAY_MS);
    await sweepExpired(worker.db, taskId, clock.now());
    for (const { id } of (await worker.db.collection(TASK_OUTBOX).get()).docs) {
      expect(await relayEntry(id, relay, untilMs())).toBe("relayed");
    }
  }
  await clock.advance(23 * DAY_MS - 1);
  expect(handler.runs).toHaveLength(0);
  await clock.advance(1);
  expect(handler.runs).toHaveLength(1);
  await clock.advance(10 * DAY_MS);

  expect(handler.runs).toHaveLength(1);
  const names = cloudTasks.history().map(({ task }) => task.slice(task.lastIndexOf("/") + 1));
  expect(names).toEqual(Array.from({ length: 14 }, (_, hop) => (hop === 0 ? taskId : `${taskId}-h${hop}`)));
  // 13 hops, each with one read and one commit of the record and an entry; and the run itself.
  const { calls, reads, writes } = cost.costSince();
  const run = { claim: 2, transaction: 1, natural: 1 }[kind];
  expect({ calls, reads, writes }).toEqual({
    calls: { BatchGetDocuments: 14, Commit: 13 + run },
    reads: 14,
    writes: 13 * 2 + run,
  });
});

/** Deletes the task's record if it has expired, as Firestore's TTL does. */
async function sweepExpired(db: FirebaseFirestore.Firestore, id: TaskId, nowMs: number): Promise<void> {
  const document = db.collection(TASK_RECORDS).doc(id);
  const snapshot = await document.get();
  if (snapshot.exists && parseTaskRecord(snapshot.data()).expireAt.toMillis() <= nowMs) await document.delete();
}
