import { randomUUID } from "node:crypto";
import { Timestamp } from "@google-cloud/firestore";
import { afterAll, beforeAll } from "vitest";
import { startCloudTasksEmulator } from "handoff-emulators/cloud-tasks";
import { VirtualClock } from "handoff-emulators/clock";
import { startFirestoreEmulator } from "handoff-emulators/firestore";
import { hashPayload } from "../../../shared/contract/payload-hash.ts";
import type { TaskTypes } from "../../../shared/contract/registry.ts";
import { type TaskId, deriveTaskId, queueOf } from "../../../shared/contract/task-id.ts";
import { type OutboxEntry, entryFields, newTaskEntryId } from "../../../shared/outbox/entry.ts";
import { type Relayed, relayEntry } from "../../../shared/outbox/relay.ts";
import { createCloudTasksQueue } from "../../../shared/queue/cloud-tasks-queue.ts";
import { Documents } from "../../../shared/records/documents.ts";
import { createCloudTasksClient } from "../../../shared/runtime/google-clients.ts";
import { connectToEmulator } from "../firestore/connect-to-emulator.ts";
import { startFaultProxy } from "../network/fault-proxy.ts";
import { relayOf } from "../producer/test-relay.ts";
import { deployTestQueues } from "../registry/test-queues.ts";
import { TEST_REGISTRY } from "../registry/test-registry.ts";
import { captureLog } from "../runtime/captured-log.ts";

const PARENT = "projects/handoff-test/locations/europe-west1";
const RELAY_MS = 10_000;
export const DAY_MS = 24 * 60 * 60_000;

/** A valid payload of the tests' `claim` type. */
export const WEBHOOK = { url: "https://example.com/hook", event: "order.paid", data: { order: 7 } };
export const CONTENT = { documentId: "d1", version: 1, content: "text" };

/** The fields of an entry other than those that follow from its type and its key. */
export interface GivenEntry extends Partial<OutboxEntry> {
  readonly payload?: unknown;
  readonly key?: string;
  readonly queue?: string;
}

/** An entry as the client writes it, with its task's id. */
export function entryOf({ payload = WEBHOOK, key = randomUUID(), queue, ...over }: GivenEntry = {}) {
  const { type = "webhook.deliver", payloadJson = JSON.stringify(payload) } = over;
  const known = TEST_REGISTRY.types.get(type);
  const target = { queue: queue ?? known?.queue ?? "default", idempotency: known?.idempotency ?? "claim" } as const;
  const origin = over.origin ?? (["outbox", type, key] as const);
  const taskId = over.taskId ?? deriveTaskId(origin, target);
  const enqueuedAt = "2026-05-01T10:00:00.000Z";
  const caller = "shop@example.com";
  const entry: OutboxEntry = { taskId, type, payloadJson, origin, caller, enqueuedAt, hop: 0, ...over };
  const payloadHash = hashPayload(JSON.parse(payloadJson));
  const id = entry.hop === 0 ? newTaskEntryId(taskId, payloadHash) : `${taskId}.h${entry.hop}`;
  return { id, taskId, payloadHash, entry };
}

/**
 * The emulators for a file's tests, with one clock that tests advance, behind proxies that can inject faults. Each test
 * has its own outbox, by prefix.
 */
export function startOutboxes() {
  const clock = new VirtualClock({ startMs: Date.UTC(2026, 4, 1, 12) });
  const start = async () => {
    const cloudTasks = await startCloudTasksEmulator({ clock });
    const firestore = await startFirestoreEmulator({ clock });
    const tasksFaults = await startFaultProxy(cloudTasks);
    const recordsFaults = await startFaultProxy(firestore);
    const admin = await createCloudTasksClient(cloudTasks);
    const client = await createCloudTasksClient(tasksFaults);
    const [db, relayDb] = [connectToEmulator(firestore), connectToEmulator(recordsFaults)];
    for (const key of TEST_REGISTRY.queues.keys()) {
      const name = `${PARENT}/queues/${key}`;
      await admin.createQueue({ parent: PARENT, queue: { name } });
      await admin.pauseQueue({ name });
    }
    const stop = async () => {
      tasksFaults.calm();
      recordsFaults.calm();
      await Promise.all([client.close(), admin.close(), db.terminate(), relayDb.terminate()]);
      await Promise.all([tasksFaults.stop(), recordsFaults.stop()]);
      await Promise.all([cloudTasks.stop(), firestore.stop()]);
    };
    return { cloudTasks, firestore, tasksFaults, recordsFaults, admin, client, db, relayDb, stop };
  };
  let world: Awaited<ReturnType<typeof start>>;
  beforeAll(async () => {
    world = await start();
  });
  afterAll(() => world.stop());
  return { clock, setUp: (options: OutboxOptions = {}) => setUpOutbox(world, clock, options) };
}

interface OutboxOptions {
  /** Default: the tests' own. */
  readonly types?: TaskTypes;
  readonly outboxTypes?: readonly string[];
}

interface World {
  readonly admin: Awaited<ReturnType<typeof createCloudTasksClient>>;
  readonly client: Awaited<ReturnType<typeof createCloudTasksClient>>;
  readonly db: ReturnType<typeof connectToEmulator>;
  readonly relayDb: ReturnType<typeof connectToEmulator>;
  readonly cloudTasks: { readonly calls: ReadonlyMap<string, number> };
  readonly firestore: { readonly calls: ReadonlyMap<string, number> };
  readonly tasksFaults: Awaited<ReturnType<typeof startFaultProxy>>;
  readonly recordsFaults: Awaited<ReturnType<typeof startFaultProxy>>;
}

function setUpOutbox(world: World, clock: VirtualClock, { types = TEST_REGISTRY.types, outboxTypes }: OutboxOptions) {
  const { admin, client, db, relayDb, tasksFaults, recordsFaults } = world;
  const collectionPrefix = `t${randomUUID().slice(0, 8)}_`;
  const queues = deployTestQueues((key) => key);
  const { log, lines } = captureLog();
  const queue = createCloudTasksQueue(client, {
    project: "handoff-test",
    location: "europe-west1",
    queues,
    workerUrl: "https://worker.example",
    workerAudience: "https://audience.example",
    invokerServiceAccount: "invoker@handoff-test.iam.gserviceaccount.com",
  });
  const documents = new Documents({ db: relayDb, clock, collectionPrefix });
  const relay = relayOf({ documents, queue, clock, log, types, queues, ...(outboxTypes ? { outboxTypes } : {}) });
  const collection = (name: string) => db.collection(`${collectionPrefix}${name}`);
  const [entries, records, letters] = [collection("taskOutbox"), collection("taskRecords"), collection("deadLetters")];
  const nameOf = (taskId: TaskId, hop = 0) =>
    `${PARENT}/queues/${queueOf(taskId)}/tasks/${taskId}${hop === 0 ? "" : `-h${hop}`}`;
  return {
    relay,
    clock,
    entries,
    records,
    letters,
    tasksFaults,
    recordsFaults,
    admin,
    nameOf,
    lines,
    calls: (rpc: string) => (world.cloudTasks.calls.get(rpc) ?? 0) + (world.firestore.calls.get(rpc) ?? 0),
    /** Writes an entry as the client does. `fields` override the document's. */
    async write(given: GivenEntry = {}, fields: Readonly<Record<string, unknown>> = {}) {
      const made = entryOf(given);
      await entries.doc(made.id).set({ ...entryFields(made.entry), ...fields });
      return made;
    },
    relayId: (id: string): Promise<Relayed> => relayEntry(id, relay, clock.now() + RELAY_MS),
    /** A task in its queue, with its body as text; undefined if it isn't there. */
    async queued(taskId: TaskId, hop = 0) {
      try {
        const [task] = await admin.getTask({ name: nameOf(taskId, hop), responseView: "FULL" });
        const { headers, body, url } = task.httpRequest ?? {};
        return { scheduleMs: Number(task.scheduleTime?.seconds) * 1_000, headers, url, text: String(body ?? "") };
      } catch {
        return undefined;
      }
    },
    entry: async (id: string) => (await entries.doc(id).get()).data(),
    letter: async (id: string) => (await letters.doc(id).get()).data(),
    record: async (id: string) => (await records.doc(id).get()).data(),
    /** Writes a task's record. `fields` override those of a waiting task. */
    writeRecord: (id: string, fields: Readonly<Record<string, unknown>> = {}) =>
      records.doc(id).set({
        queue: "default",
        type: "webhook.deliver",
        state: "waiting",
        owner: "owner-1",
        fence: 3,
        attempts: 2,
        claimedAt: null,
        leaseMs: 0,
        payloadHash: "",
        lastError: null,
        result: null,
        expireAt: Timestamp.fromMillis(clock.now() + 5 * DAY_MS),
        ...fields,
      }),
  };
}
