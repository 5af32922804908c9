import { MAX_HOP_MS } from "../../../shared/contract/backoff.ts";
import { type SealedEnvelope, sealText } from "../../../shared/contract/envelope.ts";
import type { TaskId } from "../../../shared/contract/task-id.ts";
import { createInQueue } from "../../../shared/queue/create-in-queue.ts";
import { errorFields } from "../../../shared/runtime/error-fields.ts";
import type { Deadline } from "../../../shared/runtime/deadline.ts";
import { mayReadTask } from "../access/rules.ts";
import { type LookUp, type LookUpProducer, lookUp, lookUpRecorded } from "./status/look-up.ts";
import type { NewTask } from "./new-task.ts";
import { type TaskIds, idsOf } from "./shared-keys.ts";
import { LOOK_UP_TIMEOUT_MS, type Producer } from "../producer.ts";
import type { TaskView } from "./status/task-view.ts";
import { type TaskFacts, describeTask, ownerOf, tellingOf } from "./status/task-status.ts";

/** The result of enqueueing a task. */
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

/** What enqueueing depends on. */
export type EnqueuingProducer = LookUpProducer &
  Pick<Producer, "queue" | "records" | "registry" | "clock" | "log" | "callerKeysFromMs" | "console">;

/**
 * Enqueues a task: gives it its id, checks whether that id was accepted before, creates the task, and finds out what
 * holds the id if it is taken.
 *
 * @param signal fires when the caller has gone.
 * @throws DependencyError if the records or the queue can't be read.
 */
export async function enqueue(task: NewTask, producer: EnqueuingProducer, signal: AbortSignal): Promise<Enqueued> {
  const nowMs = producer.clock.now();
  const ids = idsOf(task, { ...producer, nowMs });
  const { id } = ids;
  const envelope = seal(task, id, nowMs);
  const request: Request = { task, envelope, ids, producer, signal };

  const accepted = await findAccepted(request);
  if (accepted) return accepted;

  const { dueAtMs } = task;
  const queued = {
    envelope,
    ...(dueAtMs === undefined ? {} : { dueAtMs: Math.min(dueAtMs, nowMs + MAX_HOP_MS) }),
  };
  const created = await createInQueue(queued, producer, signal);
  switch (created.kind) {
    case "created":
      return known("accepted", { id, sighting: { kind: "found", task: created.task }, record: undefined }, request);
    case "exists":
      return explainHeld(await lookUp(lookUpOf(id, "full", request), producer), request, {
        maybeOurs: created.maybeOurs,
      });
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
  readonly ids: TaskIds;
  readonly producer: EnqueuingProducer;
  readonly signal: AbortSignal;
}

/** A task that its queue can hold until it is due says nothing of the time itself. */
function seal(task: NewTask, id: TaskId, nowMs: number): Request["envelope"] {
  const { taskType, payload, caller, traceparent, dueAtMs = nowMs } = task;
  return sealText({
    id,
    type: taskType.type,
    payload,
    caller: caller.email,
    enqueuedAtMs: nowMs,
    ...(traceparent === undefined ? {} : { traceparent }),
    ...(dueAtMs > nowMs + MAX_HOP_MS ? { notBefore: new Date(dueAtMs).toISOString() } : {}),
  });
}

/** What was accepted before this request. Without a key the id is new, so there is nothing to look for. */
async function findAccepted(request: Request): Promise<Enqueued | undefined> {
  const { id, sharedId, ownId } = request.ids;
  if (!request.task.key) return undefined;
  const otherId = sharedId === id ? ownId : sharedId;
  const [recorded, other] = await Promise.all([
    findRecorded(request),
    otherId === undefined ? undefined : findOther(otherId, request),
  ]);
  return recorded ?? other;
}

/**
 * The record shows for weeks what was accepted, long after Cloud Tasks has forgotten the name and would accept it again. While
 * the number of shards changes, the name would also be accepted although the task waits in its earlier shard. The record is
 * read after that: a task that leaves its shard in between has one by then.
 */
async function findRecorded(request: Request): Promise<Enqueued | undefined> {
  const { id } = request.envelope;
  const { producer } = request;
  const sighting = await producer.queue.findInEarlierShard({ id }, "full", deadlineOf(request));
  const record = await producer.records.find(id, deadlineOf(request));
  if (record) return explainHeld(await lookUpRecorded(record, lookUpOf(id, "basic", request), producer), request);
  return sighting.kind === "never" ? undefined : explainHeld({ id, sighting, record }, request);
}

function lookUpOf(id: TaskId, view: LookUp["view"], { signal }: Request): LookUp {
  return { id, view, signal };
}

/**
 * What was accepted by this key under another id: by an earlier revision, whoever the caller was, or as the caller's own
 * before its time. The record is read last: a task that leaves its queue in between has one by then.
 */
async function findOther(id: TaskId, request: Request): Promise<Enqueued | undefined> {
  const { records, queue } = request.producer;
  const sighting = await queue.find({ id }, "full", deadlineOf(request));
  const record = await records.find(id, deadlineOf(request));
  if (sighting.kind === "never" && !record) return undefined;
  const facts = record?.hop
    ? await lookUpRecorded(record, lookUpOf(id, "full", request), request.producer)
    : { id, sighting, record };
  const owner = ownerOf(facts);
  if (owner !== undefined && owner !== request.task.caller.email) return undefined;
  return explainHeld(facts, request);
}

function deadlineOf({ producer: { clock }, signal }: Request): Deadline {
  return { clock, timeoutMs: LOOK_UP_TIMEOUT_MS, signal };
}

/**
 * The response to a request whose id is taken. The record shows what the id was accepted for. So does the
 * queued task, whose time also shows which request created it.
 *
 * @param on.maybeOurs whether this very request may have made it.
 */
function explainHeld(facts: TaskFacts, request: Request, on: { maybeOurs?: boolean } = {}): Enqueued {
  const { sighting, record } = facts;
  if (!record && sighting.kind !== "found") return explainVanished(facts, request);
  const stored = sighting.kind === "found" ? sighting.task.envelope : undefined;
  const { payloadHash, enqueuedAt } = request.envelope;
  if ((record ?? stored)?.payloadHash !== payloadHash) return { kind: "conflict" };
  return known(on.maybeOurs && stored?.enqueuedAt === enqueuedAt ? "accepted" : "replayed", facts, request);
}

/** The task has left its queue and no record. A natural one does that when it has run, any other only when it is removed. */
function explainVanished(facts: TaskFacts, request: Request): Enqueued {
  if (request.task.taskType.idempotency === "natural") {
    return known("replayed", { ...facts, sighting: { kind: "gone" } }, request);
  }
  return { kind: facts.sighting.kind === "gone" ? "removed" : "unclear" };
}

function known(kind: "accepted" | "replayed", facts: TaskFacts, request: Request): Enqueued {
  const { type } = request.task.taskType;
  const view = describeTask({ type, ...facts }, tellingOf(request.producer));
  if (!view) throw new Error("A task that was accepted is always known.");
  // A task that never ran has a record if somebody rescheduled it.
  if (view.state === "removed" && view.attempts === 0) return { kind: "removed" };
  return { kind, task: { ...viewFor(request, view, facts), type } };
}

/** A shared key may be another's: a caller that repeats it learns the task's state, and nothing else. */
function viewFor({ task: { caller }, ids: { sharedId } }: Request, view: TaskView, facts: TaskFacts): TaskView {
  if (facts.id !== sharedId || mayReadTask(caller, ownerOf(facts)).allowed) return view;
  const { id, queue, state, links } = view;
  return { id, queue, state, links };
}
