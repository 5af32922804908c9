import { type TaskId, isMarkedNatural } from "../../../../shared/contract/task-id.ts";
import type { Sighting } from "../../../../shared/queue/task-queue.ts";
import { type TaskRecord, isTerminal } from "../../../../shared/records/task-record.ts";
import type { Deadline } from "../../../../shared/runtime/deadline.ts";
import { LOOK_UP_TIMEOUT_MS, type Producer } from "../../producer.ts";
import type { TaskRecords } from "../task-records.ts";
import { type EntryProducer, findEntry } from "./find-entry.ts";
import type { TaskFacts } from "./task-status.ts";

/** A task to look up. */
export interface LookUp {
  readonly id: TaskId;
  /** How much of a task that is in its queue; see `TaskQueue`. */
  readonly view: "basic" | "full" | "payload";
  readonly signal: AbortSignal;
}

/** What a look-up depends on. */
export interface LookUpProducer extends EntryProducer, Pick<Producer, "queue"> {
  readonly records: Pick<TaskRecords, "find">;
}

/** How many hops a task may make while it is looked up. */
const MAX_ROUNDS = 10;

/**
 * Asks the queue, the records and, if these leave it open, the outbox about a task. What that takes:
 *
 * | the task                                         | GetTask | records | entries |
 * |---|---|---|---|
 * | has ended by its record, or is in its queue      | 1       | 1       | 0       |
 * | is in its queue for a later hop                  | 2       | 1       | 0       |
 * | is in the outbox only                            | 1 or 2  | 1       | 1 query |
 * | runs, or is of a natural type, and has left      | 1 or 2  | 2       | 0       |
 * | has left its queue otherwise                     | 1 or 2  | 2       | 1 query |
 * | was never heard of                               | 2 or 3  | 2       | 1 query |
 *
 * @throws DependencyError if one of them fails.
 */
export async function lookUp(task: LookUp, producer: LookUpProducer): Promise<TaskFacts> {
  const { id, view } = task;
  const deadline = deadlineOf(task, producer);
  const [sighting, record] = await Promise.all([
    producer.queue.find({ id }, view, deadline),
    producer.records.find(id, deadline),
  ]);
  return await settle({ hop: 0, sighting, record }, task, producer);
}

/** Does the same for a task whose record has just been read: so a later hop takes one GetTask. */
export async function lookUpRecorded(record: TaskRecord, task: LookUp, producer: LookUpProducer): Promise<TaskFacts> {
  const { hop = 0 } = record;
  const sighting = await producer.queue.find({ id: task.id, hop }, task.view, deadlineOf(task, producer));
  return await settle({ hop, sighting, record }, task, producer);
}

function deadlineOf({ signal }: LookUp, { clock }: LookUpProducer): Deadline {
  return { clock, timeoutMs: LOOK_UP_TIMEOUT_MS, signal };
}

/** What was found so far: which hop the queue was asked about, and what it said. */
interface Found {
  readonly hop: number;
  readonly sighting: Sighting;
  readonly record: TaskRecord | undefined;
}

/**
 * Looks on until it is known where the task is. A hop only ever moves in one direction, and so do the looks, so that a task
 * that moves on meanwhile is found further on:
 *
 *     entry in the outbox ──▶ task in the queue ──▶ record: ended, or at the next hop
 */
async function settle(first: Found, task: LookUp, producer: LookUpProducer): Promise<TaskFacts> {
  const { id, view } = task;
  const deadline = deadlineOf(task, producer);
  let { hop, sighting, record } = first;
  for (let round = 1; ; round++) {
    if (record && isTerminal(record.state)) return { id, sighting, record };
    const current = record?.hop ?? 0;
    if (current !== hop) sighting = await producer.queue.find({ id, hop: current }, view, deadline);
    hop = current;
    if (sighting.kind === "found") return { id, sighting, record };

    const isOpen = record?.state !== "running" && !(sighting.kind === "gone" && isMarkedNatural(id));
    const entry = isOpen ? await findEntry({ id, hop, record }, producer) : undefined;
    if (entry?.entry.hop === hop) return { id, sighting, record, entry };
    if (isOpen && !entry && sighting.kind === "never") {
      // The relay may have been between the two looks.
      sighting = await producer.queue.find({ id, hop }, view, deadline);
      if (sighting.kind === "found") return { id, sighting, record };
    }
    // The task may have ended, or gone on, since its record was read. Then it says so by now.
    record = await producer.records.find(id, deadline);
    const hasMoved = (record?.hop ?? 0) !== hop;
    if (!hasMoved) return { id, sighting, record, ...(entry ? { entry } : {}) };
    // What the queue said is about an earlier hop.
    if (round === MAX_ROUNDS) return { id, sighting: { kind: "never" }, record };
  }
}
