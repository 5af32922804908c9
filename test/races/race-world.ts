import { status } from "@grpc/grpc-js";
import { randomUUID } from "node:crypto";
import * as z from "zod";
import { startCloudTasksEmulator } from "handoff-emulators/cloud-tasks";
import { startFirestoreEmulator } from "handoff-emulators/firestore";
import { DEAD_LETTERS } from "../../shared/records/letters/dead-letter.ts";
import { TASK_RECORDS } from "../../shared/records/task-record.ts";
import { connectToEmulator } from "../harness/firestore/connect-to-emulator.ts";
import { type RelayedCall, startFaultProxy } from "../harness/network/fault-proxy.ts";
import { startProducer } from "./race-producer.ts";
import { EFFECTS, startRaceWorker } from "./race-worker.ts";
import { LOCATION, QUEUE, RACING_TASKS, type RacingKind } from "./racing-tasks.ts";

export type { RacingKind, Responded } from "./racing-tasks.ts";

/** The status of a call that succeeded, as it is on the wire. */
const OK: number = status.OK;

/**
 * A producer and a worker on real ports, with the emulators, and a proxy in front of Firestore for each of the two. The
 * queue is paused: tasks are delivered when they are run by hand, as Cloud Tasks does whatever the pause says.
 */
export async function startRaceWorld() {
  const cloudTasks = await startCloudTasksEmulator();
  const firestore = await startFirestoreEmulator();
  const observer: { onCommit: (by: "worker" | "producer") => void } = { onCommit: () => undefined };
  const watch = (by: "worker" | "producer") => ({
    onRelayed: ({ rpc, status: code, request }: RelayedCall): void => {
      if (rpc === "Commit" && code === OK && request.includes(TASK_RECORDS)) observer.onCommit(by);
    },
  });
  const workerFaults = await startFaultProxy(firestore, watch("worker"));
  const producerFaults = await startFaultProxy(firestore, watch("producer"));
  const worker = await startRaceWorker(workerFaults, `http://${cloudTasks.host}:${cloudTasks.port}`);
  const producer = await startProducer(producerFaults, cloudTasks, worker.url);
  const db = connectToEmulator(firestore);
  const queue = `${LOCATION}/queues/${QUEUE}-queue`;
  await producer.client.createQueue({ parent: LOCATION, queue: { name: queue } });
  await producer.client.pauseQueue({ name: queue });
  return {
    addresses: { cloudTasks, firestore },
    observer,
    db,
    client: producer.client,
    queue,
    fetch: producer.fetch,
    worker,
    workerFaults,
    producerFaults,
    producerClock: producer.clock,
    cancel: (id: string) => producer.cancel(id),
    /** Hands over a task that is due `delaySeconds` from now. */
    async enqueue(kind: RacingKind, delaySeconds: number): Promise<string> {
      const body = JSON.stringify({ type: RACING_TASKS[kind].type, payload: { n: randomUUID() }, delaySeconds });
      const response = await producer.fetch("/v1/tasks", {
        method: "POST",
        body,
        headers: { "content-type": "application/json" },
      });
      const { id } = z.object({ id: z.string() }).parse(await response.json());
      return id;
    },
    /** Delivers a task. False if it is in its queue no more. */
    async run(id: string): Promise<boolean> {
      return await isFound(producer.client.runTask({ name: `${queue}/tasks/${id}` }));
    },
    /** Whether the queue still has a task. */
    isQueued: (id: string) => isFound(producer.client.getTask({ name: `${queue}/tasks/${id}` })),
    /** A task's state by its record, whether it has a dead letter, and whether its transaction has had its effect. */
    async stateOf(id: string) {
      const of = (collection: string) => db.collection(collection).doc(id);
      const [record, letter, effect] = await db.getAll(of(TASK_RECORDS), of(DEAD_LETTERS), of(EFFECTS));
      return {
        state: String(record?.get("state") ?? "none"),
        hasLetter: letter?.exists === true,
        hasEffect: effect?.exists === true,
      };
    },
    async stop(): Promise<void> {
      workerFaults.calm();
      producerFaults.calm();
      await Promise.all([worker.stop(), producer.stop(), db.terminate()]);
      await Promise.all([workerFaults.stop(), producerFaults.stop()]);
      await Promise.all([cloudTasks.stop(), firestore.stop()]);
    },
  };
}

export type RaceWorld = Awaited<ReturnType<typeof startRaceWorld>>;

/** Whether a call about a task found it. */
async function isFound(calling: Promise<unknown>): Promise<boolean> {
  try {
    await calling;
    return true;
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === status.NOT_FOUND) return false;
    throw error;
  }
}
