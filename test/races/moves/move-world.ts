import { status } from "@grpc/grpc-js";
import { randomUUID } from "node:crypto";
import * as z from "zod";
import { hashPayload } from "../../../shared/contract/payload-hash.ts";
import { deriveTaskId } from "../../../shared/contract/task-id.ts";
import { TASK_OUTBOX, entryFields, newTaskEntryId } from "../../../shared/outbox/entry.ts";
import { relaySafely } from "../../../shared/outbox/relay-safely.ts";
import { Documents } from "../../../shared/records/documents.ts";
import { TASK_RECORDS } from "../../../shared/records/task-record.ts";
import { systemClock } from "../../../shared/runtime/clock.ts";
import { createCloudTasksClient } from "../../../shared/runtime/google-clients.ts";
import { createLogger } from "../../../shared/runtime/log.ts";
import { connectToEmulator } from "../../harness/firestore/connect-to-emulator.ts";
import { type RelayedCall, startFaultProxy } from "../../harness/network/fault-proxy.ts";
import { relayOf } from "../../harness/producer/test-relay.ts";
import { racingQueue } from "../race-producer.ts";
import { type RaceWorld, type Responded, startRaceWorld } from "../race-world.ts";
import { RACING_QUEUES, RACING_REGISTRY, RACING_TASKS, type RacingKind } from "../racing-tasks.ts";

const RELAY_MS = 20_000;
const OK: number = status.OK;

const answered = z.object({
  state: z.string().optional(),
  code: z.string().optional(),
  mayHaveRun: z.boolean().optional(),
});

/** What a relay does to its entry's task. */
export type RelayEvent = "created" | "deleted the entry" | "deleted the task";

/** The same by the RPC that does it. */
const RELAY_EVENTS: ReadonlyMap<string, RelayEvent> = new Map([
  ["CreateTask", "created"],
  ["Commit", "deleted the entry"],
  ["DeleteTask", "deleted the task"],
]);

/** The world of races with a relay of its own, which reaches Firestore and Cloud Tasks through a proxy each. */
export async function startMoveWorld() {
  const world = await startRaceWorld();
  const relay = await startRelay(world);
  const entries = world.db.collection(TASK_OUTBOX);
  return {
    ...world,
    relayObserver: relay.observer,
    storeFaults: relay.storeFaults,
    queueFaults: relay.queueFaults,
    relay: relay.relay,
    /** Commits a task into the outbox, as an application does. */
    async commitTask(kind: RacingKind) {
      const payload = { n: randomUUID() };
      const { type } = RACING_TASKS[kind];
      const origin = ["outbox", type, payload.n] as const;
      const id = deriveTaskId(origin, RACING_TASKS[kind]);
      const entryId = newTaskEntryId(id, hashPayload(payload));
      const payloadJson = JSON.stringify(payload);
      const enqueuedAt = new Date().toISOString();
      await entries
        .doc(entryId)
        .set(entryFields({ taskId: id, type, payloadJson, origin, caller: "local", enqueuedAt, hop: 0 }));
      return { id, entryId };
    },
    async entryIdsOf(id: string): Promise<string[]> {
      const all = await entries.listDocuments();
      return all.map((one) => one.id).filter((one) => one.startsWith(`${id}.`));
    },
    /** The names under which a task is in its queue, after its id. */
    async namesOf(id: string): Promise<string[]> {
      const [tasks] = await world.client.listTasks({ parent: world.queue });
      const names = tasks.map(({ name }) => name?.split("/").at(-1) ?? "");
      return names.filter((name) => name.startsWith(id)).toSorted();
    },
    async recordOf(id: string) {
      const record = await world.db.collection(TASK_RECORDS).doc(id).get();
      const told = z.object({ state: z.string(), hop: z.int().default(0), notBefore: z.string().optional() });
      return record.exists ? told.parse(record.data()) : { state: "none", hop: 0, notBefore: undefined };
    },
    /** Gives a task another time; default: now. */
    async move(id: string, scheduleTime?: string): Promise<Responded> {
      const response = await world.fetch(`/v1/tasks/${id}/run`, {
        method: "POST",
        body: JSON.stringify(scheduleTime === undefined ? {} : { scheduleTime }),
        headers: { "content-type": "application/json" },
      });
      const { state, code } = answered.parse(await response.json());
      return { status: response.status, says: String(code ?? state) };
    },
    async stop(): Promise<void> {
      await relay.stop();
      await world.stop();
    },
  };
}

async function startRelay({ addresses, worker }: RaceWorld) {
  const observer: { onRelay: (event: RelayEvent) => void } = { onRelay: () => undefined };
  const onRelayed = ({ rpc, status: code }: RelayedCall): void => {
    const event = RELAY_EVENTS.get(rpc);
    if (event && code === OK) observer.onRelay(event);
  };
  const storeFaults = await startFaultProxy(addresses.firestore, { onRelayed });
  const queueFaults = await startFaultProxy(addresses.cloudTasks, { onRelayed });
  const client = await createCloudTasksClient(queueFaults);
  const documents = new Documents({ db: connectToEmulator(storeFaults), clock: systemClock });
  const relay = relayOf({
    documents,
    queue: racingQueue(client, worker.url),
    clock: systemClock,
    log: createLogger({ service: "producer", level: "silent" }),
    types: RACING_REGISTRY.types,
    queues: RACING_QUEUES,
  });
  return {
    observer,
    storeFaults,
    queueFaults,
    relay: (entryId: string) => relaySafely(entryId, relay, Date.now() + RELAY_MS),
    async stop(): Promise<void> {
      storeFaults.calm();
      queueFaults.calm();
      await client.close();
      await documents.close(systemClock);
      await Promise.all([storeFaults.stop(), queueFaults.stop()]);
    },
  };
}

export type MoveWorld = RaceWorld & Awaited<ReturnType<typeof startMoveWorld>>;
