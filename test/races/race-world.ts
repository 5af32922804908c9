import { status } from "@grpc/grpc-js";
import { trace } from "@opentelemetry/api";
import { AsyncLocalStorage } from "node:async_hooks";
import { randomUUID } from "node:crypto";
import { z } from "zod";
import { startCloudTasksEmulator } from "handoff-emulators/cloud-tasks";
import { startFirestoreEmulator } from "handoff-emulators/firestore";
import { createTokenRules } from "../../services/worker/authenticate.ts";
import { createWorkerApp } from "../../services/worker/app.ts";
import { type HandlerResult, bindHandler, bindTransactionHandler } from "../../services/worker/runner/handler.ts";
import { Shutdown } from "../../services/worker/runner/shutdown.ts";
import { createKeyCache } from "../../shared/auth/key-cache.ts";
import { MIN_MEMORY_MIB, admissionLimits } from "../../shared/contract/memory-budget.ts";
import { Admission } from "../../shared/http/admission.ts";
import { serveHttp } from "../../shared/http/server.ts";
import { DEAD_LETTERS } from "../../shared/records/letters/dead-letter.ts";
import { TASK_RECORDS } from "../../shared/records/task-record.ts";
import { TaskStore } from "../../shared/records/task-store.ts";
import { systemClock } from "../../shared/runtime/clock.ts";
import { createLogger } from "../../shared/runtime/log.ts";
import { connectToEmulator } from "../harness/firestore/connect-to-emulator.ts";
import { type FaultProxy, type RelayedCall, startFaultProxy } from "../harness/network/fault-proxy.ts";
import { NO_RELAY } from "../harness/worker/no-relay.ts";
import { startProducer } from "./race-producer.ts";
import {
  AUDIENCE,
  INVOKER,
  LOCATION,
  QUEUE,
  RACING_QUEUES,
  RACING_TASKS,
  type RacingKind,
  type Responded,
} from "./racing-tasks.ts";

export type { RacingKind, Responded } from "./racing-tasks.ts";

/** The status of a call that succeeded, as it is on the wire. */
const OK: number = status.OK;

/** Where the handler of a transaction has its effect. */
const EFFECTS = "effects";

/** What the worker does with the task that races. */
export interface Script {
  /** Awaited before the worker sees a delivery. */
  onDelivery(): Promise<void>;
  /** Runs as the handler. */
  handle(hop: number): Promise<HandlerResult>;
}

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
  const worker = await startWorker(workerFaults, `http://${cloudTasks.host}:${cloudTasks.port}`);
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
      return await producer.client.runTask({ name: `${queue}/tasks/${id}` }).then(
        () => true,
        (error: unknown) => isNotFound(error, false),
      );
    },
    /** Whether the queue still has a task. */
    isQueued: (id: string) =>
      producer.client.getTask({ name: `${queue}/tasks/${id}` }).then(
        () => true,
        (error: unknown) => isNotFound(error, false),
      ),
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

function isNotFound<Otherwise>(error: unknown, otherwise: Otherwise): Otherwise {
  if (error instanceof Error && "code" in error && error.code === status.NOT_FOUND) return otherwise;
  throw error;
}

async function startWorker(faults: FaultProxy, queuesUrl: string) {
  const scripts = new Map<string, Script>();
  const deliveries = new Map<string, Request>();
  const scriptOf = (id: string): Script => {
    const script = scripts.get(id);
    if (!script) throw new Error(`Nothing is known of task ${id}.`);
    return script;
  };
  const handle = (_payload: unknown, { idempotencyKey }: { readonly idempotencyKey: string }) =>
    scriptOf(idempotencyKey).handle(hops.getStore() ?? 0);
  // Which hop the handler of a delivery runs at.
  const hops = new AsyncLocalStorage<number>();
  const log = createLogger({ service: "worker", level: "silent" });
  const db = connectToEmulator(faults);
  const store = new TaskStore({ db, clock: systemClock });
  const handlers = [
    bindHandler(RACING_TASKS.claim, handle),
    bindHandler(RACING_TASKS.natural, handle),
    bindTransactionHandler(RACING_TASKS.transaction, (payload, context) => {
      context.transaction.create(db.collection(EFFECTS).doc(context.idempotencyKey), {});
      return handle(payload, context);
    }),
  ];
  const app = createWorkerApp({
    project: "handoff-test",
    tracer: trace.getTracer("test"),
    instance: "race",
    store,
    clock: systemClock,
    log,
    shutdown: new Shutdown(systemClock),
    relay: NO_RELAY,
    around: (_delivery, next) => next(),
    tokens: createTokenRules({
      keys: createKeyCache({ url: `${queuesUrl}/oauth2/v1/certs`, clock: systemClock, log }),
      audience: AUDIENCE,
      invoker: INVOKER,
      clock: systemClock,
    }),
    admission: new Admission(admissionLimits("worker", MIN_MEMORY_MIB)),
    rules: {
      handlers: new Map(handlers.map((handler) => [handler.taskType.type, handler])),
      queues: RACING_QUEUES,
      maxBodyBytes: 10_000,
      deadLetterRetentionMs: 864_000_000,
    },
  });
  const waiting = new Map<string, (response: Responded) => void>();
  const respond = async (request: Request): Promise<Response> => {
    const name = request.headers.get("x-cloudtasks-taskname") ?? "";
    const [, id = name, hop = "0"] = /^(.*)-h([0-9]+)$/.exec(name) ?? [];
    deliveries.set(id, request.clone());
    await scripts.get(id)?.onDelivery();
    const response = await hops.run(Number(hop), () => Promise.resolve(app.fetch(request)));
    waiting.get(id)?.({ status: response.status, says: String(response.headers.get("Handoff-Outcome")) });
    return response;
  };
  const server = await serveHttp({ fetch: respond, port: 0, host: "127.0.0.1" });
  return {
    url: `http://127.0.0.1:${server.port}`,
    scripts,
    /** Resolves with the response to a task's next delivery. */
    nextResponse: (id: string) => new Promise<Responded>((resolve) => waiting.set(id, resolve)),
    /** Delivers a task's last delivery once more, as Cloud Tasks may; undefined if there was none. */
    async repeat(id: string): Promise<Responded | undefined> {
      const delivery = deliveries.get(id);
      if (!delivery) return undefined;
      const headers = new Headers(delivery.headers);
      headers.set("x-cloudtasks-taskretrycount", "9");
      const response = await app.request(delivery.url, {
        method: "POST",
        headers,
        body: await delivery.clone().text(),
      });
      return { status: response.status, says: String(response.headers.get("Handoff-Outcome")) };
    },
    /** Forgets a task. */
    forget(id: string): void {
      scripts.delete(id);
      deliveries.delete(id);
      waiting.delete(id);
    },
    async stop(): Promise<void> {
      await server.close();
      await store.close(systemClock);
    },
  };
}
