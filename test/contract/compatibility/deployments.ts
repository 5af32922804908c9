import type { TestContext } from "vitest";
import * as z from "zod";
import { startCloudTasksEmulator } from "handoff-emulators/cloud-tasks";
import { TASK_RECORDS, parseTaskRecord } from "../../../shared/records/task-record.ts";
import { type Revision, type Surroundings, startSurroundings } from "./surroundings.ts";

const REVISIONS = ["previous", "today"] as const satisfies readonly Revision[];

/** Today's producer during the roll-out, while keys are shared as the previous one's are, and once callers have their own. */
export const OWN_KEYS = "today, own keys";
export type Deployed = Revision | typeof OWN_KEYS;
const DAY_MS = 24 * 60 * 60_000;

/** Longer than any test: what fails stays as its first delivery leaves it. */
const BACKOFF = "3600s";

const NOWHERE = "http://127.0.0.1:1";

/**
 * A producer and a worker of each revision over one Cloud Tasks and one Firestore. A task goes from the producer of one
 * revision to the worker of the other. There is another producer of today's, for the time after the roll-out.
 */
export async function startDeployments(context: TestContext) {
  const surroundings = await startSurroundings(context);
  const { db, subscribe, startProducer, startWorker } = surroundings;
  const { cloudTasks, address } = await startQueues(surroundings);
  const starting = REVISIONS.map(async (revision) => {
    const workerUrl = await startWorker(otherThan(revision), `http://${address}/oauth2/v1/certs`);
    const env = { CLOUD_TASKS_EMULATOR_HOST: address, WORKER_URL: workerUrl };
    if (revision === "previous") return [[revision, await startProducer(revision, env)] as const];
    const rollingOut = { ...env, CALLER_KEYS_FROM: new Date(Date.now() + DAY_MS).toISOString() };
    const [shared, own] = await Promise.all([startProducer(revision, rollingOut), startProducer(revision, env)]);
    return [[revision, shared] as const, [OWN_KEYS, own] as const];
  });
  const producers = new Map<Deployed, string>((await Promise.all(starting)).flat());
  return {
    subscribe,
    cloudTasks,
    db,
    /** Asks a producer for a task. Resolves with the status and the task's id. */
    enqueue: async (revision: Deployed, task: { type: string; payload: unknown }, key: string) => {
      const response = await fetch(`${producers.get(revision)}/v1/tasks`, {
        method: "POST",
        headers: { "content-type": "application/json", "idempotency-key": key },
        body: JSON.stringify(task),
      });
      const { id } = taskSchema.parse(await response.json());
      return { status: response.status, id };
    },
    /** A task as a producer shows it. */
    view: (revision: Deployed, id: string) => viewAt(producers.get(revision), id),
    /** The states of all records, by id, as today's revision reads them. */
    recordedStates: async (): Promise<Record<string, string>> => {
      const { docs } = await db.collection(TASK_RECORDS).get();
      return Object.fromEntries(docs.map((doc) => [doc.id, parseTaskRecord(doc.data()).state]));
    },
  };
}

/**
 * Today's producer and worker.
 *
 * @param variables what the environment of both has besides.
 */
export async function startToday(context: TestContext, variables: Readonly<Record<string, string>>) {
  const surroundings = await startSurroundings(context, variables);
  const { startProducer, startWorker } = surroundings;
  const { cloudTasks, address } = await startQueues(surroundings);
  const workerUrl = await startWorker("today", `http://${address}/oauth2/v1/certs`);
  const url = await startProducer("today", { CLOUD_TASKS_EMULATOR_HOST: address, WORKER_URL: workerUrl });
  return { ...surroundings, cloudTasks, url, view: (id: string) => viewAt(url, id) };
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
