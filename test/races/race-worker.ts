import { trace } from "@opentelemetry/api";
import { AsyncLocalStorage } from "node:async_hooks";
import { createWorkerApp } from "../../services/worker/app.ts";
import { createTokenRules } from "../../services/worker/authenticate.ts";
import { type HandlerResult, bindHandler, bindTransactionHandler } from "../../services/worker/runner/handler.ts";
import { Shutdown } from "../../services/worker/runner/shutdown.ts";
import { createKeyCache } from "../../shared/auth/key-cache.ts";
import { MIN_MEMORY_MIB, admissionLimits } from "../../shared/contract/memory-budget.ts";
import { Admission } from "../../shared/http/admission.ts";
import { serveHttp } from "../../shared/http/server.ts";
import { TaskStore } from "../../shared/records/task-store.ts";
import { systemClock } from "../../shared/runtime/clock.ts";
import { createLogger } from "../../shared/runtime/log.ts";
import { connectToEmulator } from "../harness/firestore/connect-to-emulator.ts";
import type { FaultProxy } from "../harness/network/fault-proxy.ts";
import { NO_RELAY } from "../harness/worker/no-relay.ts";
import { AUDIENCE, INVOKER, RACING_QUEUES, RACING_TASKS, type Responded } from "./racing-tasks.ts";

/** Where the handler of a transaction has its effect. */
export const EFFECTS = "effects";

/** What the worker does with the task that races. */
export interface Script {
  /** Awaited before the worker sees a delivery. */
  onDelivery(): Promise<void>;
  /** Runs as the handler. */
  handle(hop: number): Promise<HandlerResult>;
}

/**
 * Starts a worker on a real port, whose deliveries and handlers follow each task's script.
 *
 * @param queuesUrl the Cloud Tasks emulator, which signs the tokens.
 */
export async function startRaceWorker(faults: FaultProxy, queuesUrl: string) {
  const scripts = new Map<string, Script>();
  const deliveries = new Map<string, Request>();
  // Which hop the handler of a delivery runs at.
  const hops = new AsyncLocalStorage<number>();
  const { app, store } = createScriptedApp(faults, queuesUrl, (id) => {
    const script = scripts.get(id);
    if (!script) throw new Error(`Nothing is known of task ${id}.`);
    return script.handle(hops.getStore() ?? 0);
  });
  const waiting = new Map<string, (response: Responded) => void>();
  const respond = async (request: Request): Promise<Response> => {
    const name = request.headers.get("x-cloudtasks-taskname") ?? "";
    const [, id = name, hop = "0"] = /^(.*)-h([0-9]+)$/.exec(name) ?? [];
    deliveries.set(id, request.clone());
    await scripts.get(id)?.onDelivery();
    const response = await hops.run(Number(hop), () => Promise.resolve(app.fetch(request)));
    waiting.get(id)?.(respondedBy(response));
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
      const body = await delivery.clone().text();
      return respondedBy(await app.request(delivery.url, { method: "POST", headers, body }));
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

/** The worker's app. Every handler calls `run` with its task's id. */
function createScriptedApp(faults: FaultProxy, queuesUrl: string, run: (id: string) => Promise<HandlerResult>) {
  const log = createLogger({ service: "worker", level: "silent" });
  const db = connectToEmulator(faults);
  const store = new TaskStore({ db, clock: systemClock });
  const handlers = [
    bindHandler(RACING_TASKS.claim, (_payload, { idempotencyKey }) => run(idempotencyKey)),
    bindHandler(RACING_TASKS.natural, (_payload, { idempotencyKey }) => run(idempotencyKey)),
    bindTransactionHandler(RACING_TASKS.transaction, (_payload, { transaction, idempotencyKey }) => {
      transaction.create(db.collection(EFFECTS).doc(idempotencyKey), {});
      return run(idempotencyKey);
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
  return { app, store };
}

function respondedBy({ status, headers }: Response): Responded {
  return { status, says: String(headers.get("Handoff-Outcome")) };
}
