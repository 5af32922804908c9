import { type SealedEnvelope, sealText } from "../../../shared/contract/envelope.ts";
import { type TaskId, randomTaskId, taskIdForKey } from "../../../shared/contract/task-id.ts";
import { createInQueue } from "../../../shared/queue/create-in-queue.ts";
import { errorFields } from "../../../shared/runtime/error-fields.ts";
import { lookUp } from "./look-up.ts";
import type { NewTask } from "./new-task.ts";
import { LOOK_UP_TIMEOUT_MS, type Producer } from "../producer.ts";
import type { TaskView } from "./task-view.ts";
import { type TaskFacts, describeTask } from "./task-status.ts";

/** What became of a new task. */
export type Enqueued =
  /** This request created the task. */
  | { readonly kind: "accepted"; readonly task: TaskView }
  /** An earlier request with the same key and payload created it. */
  | { readonly kind: "replayed"; readonly task: TaskView }
  /** The key was used before for a different payload. */
  | { readonly kind: "conflict" }
  /** The task with this key was removed from its queue before it ran, and its name can't be used again yet. */
  | { readonly kind: "removed" }
  | { readonly kind: "throttled" }
  | { readonly kind: "no-queue" }
  /** The task may or may not have been created. */
  | { readonly kind: "unclear" };

/**
 * Enqueues a task: gives it its id, checks whether that id was accepted before, creates the task, and finds out what
 * holds the id if it is taken.
 *
 * @param signal fires when the caller has gone.
 * @throws DependencyError if the records or the queue can't be read.
 */
export async function enqueue(task: NewTask, producer: Producer, signal: AbortSignal): Promise<Enqueued> {
  const envelope = seal(task, producer.clock.now());
  const request: Request = { task, envelope, producer, signal };

  const recorded = await findRecorded(request);
  if (recorded) return recorded;

  const { dueAtMs } = task;
  const queued = { id: envelope.id, envelope, ...(dueAtMs === undefined ? {} : { dueAtMs }) };
  const created = await createInQueue(queued, producer, signal);
  switch (created.kind) {
    case "created":
      return known("accepted", { id: envelope.id, sighting: { kind: "found", task: created.task } }, request);
    case "exists":
      return explainTaken(request, created.maybeOurs);
    case "no-queue":
      producer.log.error({ ...errorFields(created.cause), queue: task.taskType.queue }, "a queue can't be used");
      return { kind: "no-queue" };
    case "throttled":
    case "unclear":
      return { kind: created.kind };
  }
}

interface Request {
  readonly task: NewTask;
  readonly envelope: SealedEnvelope & { readonly id: TaskId };
  readonly producer: Producer;
  readonly signal: AbortSignal;
}

function seal(task: NewTask, nowMs: number): Request["envelope"] {
  const { taskType, payload, idempotencyKey, traceparent } = task;
  const { type, queue } = taskType;
  const id = idempotencyKey === undefined ? randomTaskId(queue) : taskIdForKey({ type, idempotencyKey, queue });
  const trace = traceparent === undefined ? {} : { traceparent };
  return sealText({ id, type, payload, enqueuedAtMs: nowMs, ...trace });
}

/**
 * The record shows for weeks what was accepted, long after Cloud Tasks has forgotten the name and would accept it again.
 * Without a key the id is new, so there is nothing to look for.
 */
async function findRecorded(request: Request): Promise<Enqueued | undefined> {
  const { task, envelope, producer, signal } = request;
  if (task.idempotencyKey === undefined) return undefined;
  const deadline = { clock: producer.clock, timeoutMs: LOOK_UP_TIMEOUT_MS, signal };
  const record = await producer.records.find(envelope.id, deadline);
  if (!record) return undefined;
  if (record.payloadHash !== envelope.payloadHash) return { kind: "conflict" };
  const sighting = await producer.queue.find(envelope.id, "basic", deadline);
  return known("replayed", { id: envelope.id, sighting, record }, request);
}

/**
 * The id is taken. The task in the queue tells by its time which request made it, and by its hash what it carries. Once it
 * has left the queue, its record tells what it carried.
 */
async function explainTaken(request: Request, maybeOurs: boolean): Promise<Enqueued> {
  const { envelope, producer, signal } = request;
  const facts = await lookUp({ id: envelope.id, view: "full", signal }, producer);
  const { sighting, record } = facts;
  if (sighting.kind === "found") {
    const stored = sighting.task.envelope;
    if (stored?.payloadHash !== envelope.payloadHash) return { kind: "conflict" };
    const ours = maybeOurs && stored.enqueuedAt === envelope.enqueuedAt;
    return known(ours ? "accepted" : "replayed", facts, request);
  }
  if (record && record.payloadHash !== envelope.payloadHash) return { kind: "conflict" };
  if (record) return known("replayed", facts, request);
  return explainVanished(request, sighting.kind);
}

/** The task has left its queue and no record. A natural one does that when it has run, any other only when it is removed. */
function explainVanished(request: Request, sighting: "gone" | "never"): Enqueued {
  const { task, envelope } = request;
  if (task.taskType.idempotency === "natural") {
    return known("replayed", { id: envelope.id, sighting: { kind: "gone" } }, request);
  }
  return sighting === "gone" ? { kind: "removed" } : { kind: "unclear" };
}

function known(kind: "accepted" | "replayed", facts: Facts, { task, producer }: Request): Enqueued {
  const { registry, clock } = producer;
  const view = describeTask({ record: undefined, ...facts }, { types: registry.types, nowMs: clock.now() });
  if (!view) throw new Error("A task that was accepted is always known.");
  return { kind, task: { ...view, type: task.taskType.type } };
}

type Facts = Omit<TaskFacts, "record"> & Partial<Pick<TaskFacts, "record">>;
