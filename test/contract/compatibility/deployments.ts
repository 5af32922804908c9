import type { TestContext } from "vitest";
import { z } from "zod";
import { startCloudTasksEmulator } from "handoff-emulators/cloud-tasks";
import { TASK_RECORDS, parseTaskRecord } from "../../../shared/records/task-record.ts";
import { type Revision, type Surroundings, startSurroundings } from "./surroundings.ts";

const REVISIONS = ["previous", "today"] as const satisfies readonly Revision[];

/** Longer than any test: what fails stays as its first delivery leaves it. */
const BACKOFF = "3600s";

const NOWHERE = "http://127.0.0.1:1";

/**
 * A producer and a worker of each revision over one Cloud Tasks and one Firestore. A task goes from the producer of one
 * revision to the worker of the other.
 */
export async function startDeployments(context: TestContext) {
  const surroundings = await startSurroundings(context);
  const { db, subscribe, startProducer, startWorker } = surroundings;
  const { cloudTasks, address } = await startQueues(surroundings);
  const starting = REVISIONS.map(async (revision) => {
    const workerUrl = await startWorker(otherThan(revision), `http://${address}/oauth2/v1/certs`);
    const env = { CLOUD_TASKS_EMULATOR_HOST: address, WORKER_URL: workerUrl };
    return [revision, await startProducer(revision, env)] as const;
  });
  const producers = new Map(await Promise.all(starting));
  return {
    subscribe,
    cloudTasks,
    db,
    /** Asks a producer for a task. Resolves with the status and the task's id. */
    enqueue: async (revision: Revision, task: { type: string; payload: unknown }, key: string) => {
      const response = await fetch(`${producers.get(revision)}/v1/tasks`, {
        method: "POST",
        headers: { "content-type": "application/json", "idempotency-key": key },
        body: JSON.stringify(task),
      });
      const { id } = taskSchema.parse(await response.json());
      return { status: response.status, id };
    },
    /** A task as a producer shows it. */
    view: (revision: Revision, id: string) => viewAt(producers.get(revision), id),
    /** The states of all records, by id, as today's revision reads them. */
    recordedStates: async (): Promise<Record<string, string>> => {
      const { docs } = await db.collection(TASK_RECORDS).get();
      return Object.fromEntries(docs.map((doc) => [doc.id, parseTaskRecord(doc.data()).state]));
    },
  };
}

/** Today's producer without a worker: it is asked about tasks and given none. */
export async function startOneProducer(context: TestContext) {
  const surroundings = await startSurroundings(context);
  const { db, storeClock, startProducer } = surroundings;
  const { address } = await startQueues(surroundings);
  const url = await startProducer("today", { CLOUD_TASKS_EMULATOR_HOST: address, WORKER_URL: NOWHERE });
  return { db, storeClock, view: (id: string) => viewAt(url, id) };
}

/** The other of the two. */
export function otherThan(revision: Revision): Revision {
  return revision === "today" ? "previous" : "today";
}

async function startQueues({ cleanUps }: Surroundings) {
  const retryConfig = { minBackoff: BACKOFF, maxBackoff: BACKOFF };
  const cloudTasks = await startCloudTasksEmulator({
    project: "handoff-test",
    location: "europe-west1",
    queues: ["critical", "default", "bulk"].map((name) => ({ name, retryConfig })),
    stopGraceMs: 0,
  });
  cleanUps.push(() => cloudTasks.stop());
  return { cloudTasks, address: `${cloudTasks.host}:${cloudTasks.port}` };
}

const taskSchema = z.looseObject({ id: z.string() });

async function viewAt(producer: string | undefined, id: string) {
  const response = await fetch(`${producer}/v1/tasks/${id}`);
  if (!response.ok) throw new Error(`Asked about ${id}, the producer answered ${response.status}.`);
  return taskSchema.parse(await response.json());
}
