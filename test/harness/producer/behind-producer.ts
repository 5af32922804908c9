import { FieldPath, Timestamp } from "@google-cloud/firestore";
import { TASK_OUTBOX } from "../../../shared/outbox/entry.ts";
import { DEAD_LETTERS } from "../../../shared/records/letters/dead-letter.ts";
import { TASK_RECORDS } from "../../../shared/records/task-record.ts";
import { TASK_SCHEDULES } from "../../../shared/schedules/task-schedules.ts";
import type { Backends } from "./producer-backends.ts";
import { QUEUES_PATH, queueNameOf } from "./producer-queues.ts";

/** What a test sees and writes behind the producer's back: in its queues, its database and the emulators' counts. */
export function behindProducer({ admin, emulators, pastIt }: Pick<Backends, "admin" | "emulators" | "pastIt">) {
  const { cloudTasks, firestore } = emulators;
  const records = pastIt.collection(TASK_RECORDS);
  const letters = pastIt.collection(DEAD_LETTERS);
  const entries = pastIt.collection(TASK_OUTBOX);
  return {
    /** How often an RPC reached the emulators. */
    calls: (rpc: string) => (cloudTasks.calls.get(rpc) ?? 0) + (firestore.calls.get(rpc) ?? 0),
    async queuedTasks(queue: string) {
      const [tasks] = await admin().listTasks({ parent: `${QUEUES_PATH}/${queueNameOf(queue)}`, responseView: "FULL" });
      return tasks;
    },
    /** A task's full name in Cloud Tasks. */
    taskName: (id: string) => `${QUEUES_PATH}/${queueNameOf(id.slice(id.indexOf("-") + 1))}/tasks/${id}`,
    /** Writes a task's record as a worker would. `fields` override those of a task that succeeded. */
    writeRecord: (id: string, fields: Record<string, unknown> = {}) =>
      records.doc(id).set({ ...SUCCEEDED, expireAt: Timestamp.fromMillis(Date.now() + MINUTE_MS), ...fields }),
    /** A task's record as Firestore holds it; undefined if there is none. */
    recordOf: async (id: string) => (await records.doc(id).get()).data(),
    letters: () => letters,
    outboxEntries: () => entries,
    /** What is remembered of schedules. */
    schedules: () => pastIt.collection(TASK_SCHEDULES),
    /** The entries of a task. */
    async entriesOf(id: string) {
      const { docs } = await entries.where(FieldPath.documentId(), ">=", `${id}.`).get();
      return docs
        .filter((entry) => entry.id.startsWith(`${id}.`))
        .map((entry) => ({ id: entry.id, data: entry.data() }));
    },
  };
}

const MINUTE_MS = 60_000;

/** The record of a task that succeeded. Its payload hash matches no payload. */
const SUCCEEDED = {
  queue: "default",
  type: "webhook.deliver",
  state: "succeeded",
  owner: "owner-1",
  fence: 1,
  attempts: 1,
  claimedAt: null,
  leaseMs: 45_000,
  payloadHash: "",
  firstSeenAt: Timestamp.fromMillis(Date.UTC(2026, 4, 1, 10, 0, 0)),
  finishedAt: Timestamp.fromMillis(Date.UTC(2026, 4, 1, 10, 0, 5)),
  lastError: null,
  result: '{"status":204}',
};
