import { type Envelope, sealEnvelope } from "../../../shared/contract/envelope.ts";
import { type TaskId, randomTaskId, taskIdForKey } from "../../../shared/contract/task-id.ts";
import { createInQueue } from "../../../shared/queue/create-in-queue.ts";
import { errorFields } from "../../../shared/runtime/error-fields.ts";
import { lookUp } from "./look-up.ts";
import type { NewTask } from "./new-task.ts";
import { LOOK_UP_TIMEOUT_MS, type Producer } from "../producer.ts";
import type { TaskAnswer } from "./task-view.ts";
import { type TaskFacts, describeTask } from "./task-status.ts";

/** A valid request for a task. */
export interface Order extends NewTask {
  readonly idempotencyKey?: string;
  readonly traceparent?: string;
}

/** What became of an order. */
export type Enqueued =
  /** This request created the task. */
  | { readonly kind: "accepted"; readonly task: TaskAnswer }
  /** An earlier request with the same key and payload did. */
  | { readonly kind: "replayed"; readonly task: TaskAnswer }
  /** The key was used before, for another payload. */
  | { readonly kind: "conflict" }
  /** The key's task was taken from its queue before it ran, and its name can't be used again yet. */
  | { readonly kind: "removed" }
  | { readonly kind: "throttled" }
  | { readonly kind: "no-queue" }
  /** The task may have been created or not. */
  | { readonly kind: "unclear" };

/**
 * Takes an order: names the task, looks whether the name was accepted before, creates the task, and finds out what the
 * name stands for if it is taken.
 *
 * @param signal the caller has gone.
 * @throws DependencyError when the records or the queue can't be read.
 */
export async function enqueue(order: Order, producer: Producer, signal: AbortSignal): Promise<Enqueued> {
  const { clock } = producer;
  const envelope = seal(order, clock.now());
  const request: Request = { order, envelope, producer, signal };

  const recorded = await answerFromRecord(request);
  if (recorded) return recorded;

  const created = await createInQueue({ id: envelope.id, envelope, ...dueTime(order) }, producer, signal);
  switch (created.kind) {
    case "created":
      return answer("accepted", { id: envelope.id, sighting: { kind: "found", task: created.task } }, request);
    case "exists":
      return answerFromQueue(request, created.maybeOurs);
    case "no-queue":
      producer.log.error({ ...errorFields(created.cause), queue: order.taskType.queue }, "a queue can't be used");
      return { kind: "no-queue" };
    case "throttled":
    case "unclear":
      return { kind: created.kind };
  }
}

interface Request {
  readonly order: Order;
  readonly envelope: Envelope & { readonly id: TaskId };
  readonly producer: Producer;
  readonly signal: AbortSignal;
}

function seal(order: Order, nowMs: number): Request["envelope"] {
  const { taskType, payload, idempotencyKey, traceparent } = order;
  const { type, queue } = taskType;
  const id = idempotencyKey === undefined ? randomTaskId(queue) : taskIdForKey({ type, idempotencyKey, queue });
  const trace = traceparent === undefined ? {} : { traceparent };
  return { ...sealEnvelope({ id, type, payload, enqueuedAtMs: nowMs, ...trace }), id };
}

function dueTime({ scheduleAtMs }: Order): { scheduleAtMs?: number } {
  return scheduleAtMs === undefined ? {} : { scheduleAtMs };
}

/**
 * The record says for weeks what was accepted, long after Cloud Tasks has forgotten the name and would take it again.
 * Without a key the name is new.
 */
async function answerFromRecord({ order, ...request }: Request): Promise<Enqueued | undefined> {
  if (order.idempotencyKey === undefined) return undefined;
  const { envelope, producer, signal } = request;
  const deadline = { clock: producer.clock, timeoutMs: LOOK_UP_TIMEOUT_MS, signal };
  const record = await producer.records.find(envelope.id, deadline);
  if (!record) return undefined;
  if (record.payloadHash !== envelope.payloadHash) return { kind: "conflict" };
  const sighting = await producer.queue.find(envelope.id, "basic", deadline);
  return answer("replayed", { id: envelope.id, sighting, record }, { ...request, order });
}

/**
 * The name is taken. The task that holds it tells whose it is by its time and what it carries by its hash; when it has
 * left the queue, its record does.
 */
async function answerFromQueue(request: Request, maybeOurs: boolean): Promise<Enqueued> {
  const { envelope, producer, signal } = request;
  const facts = await lookUp({ id: envelope.id, view: "full", signal }, producer);
  const { sighting, record } = facts;
  if (sighting.kind === "found") {
    const stored = sighting.task.envelope;
    if (stored?.payloadHash !== envelope.payloadHash) return { kind: "conflict" };
    const ours = maybeOurs && stored.enqueuedAt === envelope.enqueuedAt;
    return answer(ours ? "accepted" : "replayed", facts, request);
  }
  if (record && record.payloadHash !== envelope.payloadHash) return { kind: "conflict" };
  if (record) return answer("replayed", facts, request);
  return answerVanished(request, sighting.kind);
}

/** The task has left its queue and no record: natural ones do when they have run, others only when they are removed. */
function answerVanished(request: Request, sighting: "gone" | "never"): Enqueued {
  const { order, envelope } = request;
  if (order.taskType.idempotency === "natural") {
    return answer("replayed", { id: envelope.id, sighting: { kind: "gone" } }, request);
  }
  return sighting === "gone" ? { kind: "removed" } : { kind: "unclear" };
}

function answer(kind: "accepted" | "replayed", facts: Facts, { order, producer }: Request): Enqueued {
  const { registry, clock } = producer;
  const task = describeTask({ record: undefined, ...facts }, { types: registry.types, nowMs: clock.now() });
  if (!task) throw new Error("A task that was accepted is always known.");
  return { kind, task: { ...task, type: order.taskType.type } };
}

type Facts = Omit<TaskFacts, "record"> & Partial<Pick<TaskFacts, "record">>;
