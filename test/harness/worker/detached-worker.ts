import { Firestore } from "@google-cloud/firestore";
import { trace } from "@opentelemetry/api";
import { createTokenRules } from "../../../services/worker/authenticate.ts";
import { Shutdown } from "../../../services/worker/runner/shutdown.ts";
import { PendingCalls } from "../../../shared/runtime/pending-calls.ts";
import { captureLog } from "../runtime/captured-log.ts";
import { VirtualClock } from "handoff-emulators/clock";

/** What a step of the worker needs when it reaches neither Firestore nor a key server: neither is there. */
export function detachedWorker() {
  const clock = new VirtualClock();
  const { log, lines } = captureLog();
  const keys = { find: () => Promise.reject(new Error("There is no key server here.")) };
  return {
    project: "handoff-test",
    tracer: trace.getTracer("test"),
    db: new Firestore({ projectId: "nowhere", host: "127.0.0.1:1", ssl: false }),
    calls: new PendingCalls(),
    clock,
    log,
    lines,
    shutdown: new Shutdown(clock),
    tokens: createTokenRules({ keys, audience: "https://worker.example.com", invoker: "invoker@example.com", clock }),
    rules: {
      handlers: new Map(),
      queueNames: { critical: "c", default: "d", bulk: "b" },
      maxBodyBytes: 1_000,
      deadLetterRetentionMs: 1,
    },
  };
}
