import { cancel } from "../../../services/producer/tasks/cancel/cancel.ts";
import { createTaskRecords } from "../../../services/producer/tasks/task-records.ts";
import type { Envelope } from "../../../shared/contract/envelope.ts";
import { defineRegistry } from "../../../shared/contract/registry.ts";
import type { TaskStore } from "../../../shared/records/task-store.ts";
import type { Clock } from "../../../shared/runtime/clock.ts";
import { DependencyError } from "../../../shared/runtime/dependency-error.ts";
import { createLogger } from "../../../shared/runtime/log.ts";
import { PendingCalls } from "../../../shared/runtime/pending-calls.ts";
import { TEST_QUEUES } from "../../harness/registry/test-queues.ts";
import { MATRIX_TASKS } from "./matrix-handlers.ts";

const registry = defineRegistry({ queues: TEST_QUEUES, taskTypes: Object.values(MATRIX_TASKS) });
const log = createLogger({ service: "producer", level: "silent" });
const unused = (): never => {
  throw new Error("A cancel creates nothing.");
};

/** Cancels a task with the producer's own code. Its queue, which is not the subject here, always has it and always answers. */
export async function cancelAsProducer(
  envelope: Envelope,
  { store, clock }: { readonly store: TaskStore; readonly clock: Clock },
): Promise<{ readonly status: number; readonly outcome: string }> {
  const { id, type } = envelope;
  const task = { type, createdAtMs: 0, scheduledAtMs: 0, dispatchCount: 0, responseCount: 0, envelope };
  const producer = {
    registry,
    clock,
    log,
    records: createTaskRecords(store),
    queue: {
      create: unused,
      findInEarlierShard: unused,
      probe: unused,
      find: () => Promise.resolve({ kind: "found", task } as const),
      delete: () => Promise.resolve(),
    },
    relay: { outbox: { ofTask: unused }, rules: { types: registry.types, queues: new Map(), maxPayloadBytes: 0 } },
    inFlight: new PendingCalls(),
  };
  const request = { id, by: "ops@example.com", mayCancel: () => ({ allowed: true }) as const };
  try {
    const cancelled = await cancel(request, producer, new AbortController().signal);
    return { status: STATUS[cancelled.kind], outcome: cancelled.kind };
  } catch (error) {
    if (error instanceof DependencyError) return { status: 503, outcome: error.code };
    throw error;
  }
}

/** As in the producer's responses. */
const STATUS = {
  cancelled: 200,
  requested: 202,
  forbidden: 403,
  unknown: 404,
  finished: 409,
  foreign: 409,
  unclear: 503,
} as const;
