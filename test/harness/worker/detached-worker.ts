import { trace } from "@opentelemetry/api";
import { MIN_MEMORY_MIB, admissionLimits } from "../../../shared/contract/memory-budget.ts";
import { Admission } from "../../../shared/http/admission.ts";
import { createTokenRules } from "../../../services/worker/authenticate.ts";
import { RunningTask } from "../../../shared/process/running-task.ts";
import { Shutdown } from "../../../services/worker/runner/shutdown.ts";
import { TaskStore } from "../../../shared/records/task-store.ts";
import { deployTestQueues } from "../registry/test-queues.ts";
import { connectToEmulator } from "../firestore/connect-to-emulator.ts";
import { captureLog } from "../runtime/captured-log.ts";
import { VirtualClock } from "handoff-emulators/clock";
import { NO_RELAY } from "./no-relay.ts";

/** The dependencies of worker steps that need neither Firestore nor a key server. */
export function detachedWorker() {
  const clock = new VirtualClock();
  const { log, lines } = captureLog();
  const db = connectToEmulator({ host: "127.0.0.1", port: 1 });
  const keys = { find: () => Promise.reject(new Error("There is no key server here.")) };
  return {
    project: "handoff-test",
    instance: "test/1",
    tracer: trace.getTracer("test"),
    db,
    store: new TaskStore({ db, clock }),
    clock,
    log,
    lines,
    shutdown: new Shutdown(clock),
    relay: NO_RELAY,
    task: new RunningTask(log),
    tokens: createTokenRules({ keys, audience: "https://worker.example.com", invoker: "invoker@example.com", clock }),
    admission: new Admission(admissionLimits("worker", MIN_MEMORY_MIB)),
    rules: {
      clock,
      handlers: new Map(),
      queues: deployTestQueues((key) => `${key}-queue`),
      maxBodyBytes: 1_000,
      deadLetterRetentionMs: 1,
    },
  };
}
