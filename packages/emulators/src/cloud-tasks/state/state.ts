import type { Journal } from "../../kernel/journal/journal.ts";
import { type Change, type ChangeInQueue, type StoredChange, changeFromStored, storedFromChange } from "./change.ts";
import type { Queue, QueueSettings } from "./queue.ts";
import { parseQueueName } from "../api/resource-names.ts";
import { ReservedNames } from "./reserved-names.ts";
import { TargetPool } from "../dispatch/request/target-pool.ts";
import { Unstored } from "./unstored.ts";

export type ChangeJournal = Journal<StoredChange>;

/** How long a name stays reserved once its task or queue is gone, in milliseconds. */
export interface NamePeriods {
  readonly taskNameMs: number;
  readonly queueNameMs: number;
}

/**
 * All queues, tasks and reserved names. They change only through `commit`, which writes a change to the journal before
 * it applies it, so that a restart restores what happened.
 */
export class State {
  readonly queues = new Map<string, Queue>();
  /** Changes that are true but couldn't be stored yet, so they haven't been made. */
  readonly unstored = new Unstored();
  /** The names of keys in Cloud KMS, by the locations that have one. */
  readonly cmekKeys = new Map<string, string>();
  readonly #goneQueues: ReservedNames;
  #journal: ChangeJournal | undefined;
  readonly #periods: NamePeriods;
  readonly #targets = new TargetPool();
  #nextOrder = 0;

  constructor(periods: NamePeriods) {
    this.#periods = periods;
    this.#goneQueues = new ReservedNames(periods.queueNameMs);
  }

  /** Makes a change of an earlier run. */
  restore(stored: StoredChange): void {
    this.#apply(changeFromStored(stored));
  }

  /** Stores every change from now on. Without a journal nothing is stored. */
  keepIn(journal: ChangeJournal): void {
    this.#journal = journal;
  }

  /** Frees the names whose time was over before this run. */
  forgetNamesUntil(nowMs: number): void {
    this.#goneQueues.forgetUntil(nowMs);
    for (const { gone } of this.queues.values()) gone.forgetUntil(nowMs);
  }

  /**
   * Changes that lead to the present state, for a new journal. While they are read, tasks may come, change and go: those
   * changes come after these in the journal, and may be in them already.
   */
  snapshot(): Iterable<StoredChange> {
    const queues = [...this.queues].map(([name, { settings, tasks, gone }]) => ({ name, settings, tasks, gone }));
    const [cmekKeys, goneQueues] = [[...this.cmekKeys], [...this.#goneQueues.entries()]];
    return snapshotOf({ cmekKeys, goneQueues, queues, beforeOrder: this.#nextOrder });
  }

  /** The full names of all queues, and of deleted queues whose names are still reserved. */
  allQueueNames(): string[] {
    return [...this.queues.keys(), ...this.#goneQueues.names()];
  }

  /** The next task's position among all tasks ever created. */
  nextOrder(): number {
    return this.#nextOrder++;
  }

  /** Whether a queue was deleted so recently that its name is reserved. */
  isQueueNameTaken(name: string, nowMs: number): boolean {
    return this.#goneQueues.isReserved(name, nowMs);
  }

  /** Whether a task went so recently that its name is reserved. */
  isTaskNameTaken(queue: Queue, id: string, nowMs: number): boolean {
    return queue.gone.isReserved(id, nowMs);
  }

  /**
   * Writes a change to the journal, then applies it.
   *
   * @throws NotStoredError when it can't be written; then it isn't applied.
   */
  commit(change: Change): void {
    this.#assertPossible(change);
    this.#journal?.append(storedFromChange(change));
    this.#apply(change);
    this.unstored.retry();
  }

  /** Creates a queue, or changes its settings. */
  commitQueue(name: string, settings: QueueSettings): Queue {
    this.commit({ kind: "queue-set", queue: name, settings });
    const queue = this.queues.get(name);
    if (!queue) throw new Error(`The queue ${name} was not stored.`);
    return queue;
  }

  /** Before it is written: a restart couldn't make a change that isn't possible. */
  #assertPossible(change: Change): void {
    if (!isInQueue(change) || this.queues.has(change.queue)) return;
    throw new Error(`A ${change.kind} change names a queue that doesn't exist: ${change.queue}.`);
  }

  #apply(change: Change): void {
    this.#assertPossible(change);
    if (change.kind === "queue-set") {
      this.#setQueue(change);
      return;
    }
    if (change.kind === "cmek-set") {
      if (change.kmsKey === "") this.cmekKeys.delete(change.location);
      else this.cmekKeys.set(change.location, change.kmsKey);
      return;
    }
    if (change.kind === "queue-forgotten") {
      this.queues.delete(change.queue);
      this.#goneQueues.free(change.queue);
      return;
    }
    if (change.kind === "queue-deleted") {
      this.queues.get(change.queue)?.tasks.clear();
      this.queues.delete(change.queue);
      this.#goneQueues.reserve(change.queue, change.atMs);
      return;
    }
    const queue = this.queues.get(change.queue);
    if (queue) this.#applyTo(queue, change);
  }

  #applyTo(queue: Queue, change: ChangeInQueue): void {
    switch (change.kind) {
      case "queue-purged":
        queue.settings = { ...queue.settings, purgedMs: change.atMs };
        for (const id of queue.tasks.keys()) this.#retire(queue, id, change.atMs);
        break;
      case "queue-emptied":
        queue.tasks.clear();
        queue.gone.clear();
        break;
      case "task-created":
        this.#nextOrder = Math.max(this.#nextOrder, change.task.order + 1);
        change.task.target = this.#targets.share(change.task.target);
        queue.gone.free(change.task.id);
        queue.tasks.set(change.task.id, change.task);
        break;
      case "task-failed": {
        const task = queue.tasks.get(change.taskId);
        if (task) Object.assign(task, change.progress);
        break;
      }
      case "task-gone":
        this.#retire(queue, change.taskId, change.atMs);
        break;
      default:
        change satisfies never;
    }
  }

  #setQueue(change: Extract<Change, { kind: "queue-set" }>): void {
    const queue = this.queues.get(change.queue);
    if (queue) {
      queue.settings = change.settings;
      return;
    }
    const name = parseQueueName(change.queue);
    if (!name) throw new Error(`${change.queue} is not a queue's name.`);
    this.#goneQueues.free(change.queue);
    const gone = new ReservedNames(this.#periods.taskNameMs);
    this.queues.set(change.queue, { name, settings: change.settings, tasks: new Map(), gone });
  }

  #retire(queue: Queue, id: string, atMs: number): void {
    queue.tasks.delete(id);
    queue.gone.reserve(id, atMs);
  }
}

function isInQueue(change: Change): change is ChangeInQueue {
  const { kind } = change;
  return kind !== "queue-set" && kind !== "queue-deleted" && kind !== "queue-forgotten" && kind !== "cmek-set";
}

interface SnapshotOf {
  readonly cmekKeys: readonly (readonly [location: string, kmsKey: string])[];
  readonly goneQueues: readonly (readonly [name: string, atMs: number])[];
  readonly queues: readonly (Pick<Queue, "settings" | "tasks" | "gone"> & { readonly name: string })[];
  /** Later tasks are left to the journal, so that this ends. */
  readonly beforeOrder: number;
}

function* snapshotOf({ cmekKeys, goneQueues, queues, beforeOrder }: SnapshotOf): Iterable<StoredChange> {
  for (const [location, kmsKey] of cmekKeys) yield { kind: "cmek-set", location, kmsKey };
  for (const [queue, atMs] of goneQueues) yield { kind: "queue-deleted", queue, atMs };
  for (const { name: queue, settings } of queues) yield { kind: "queue-set", queue, settings };
  for (const { name: queue, gone, tasks } of queues) {
    for (const task of tasks.values()) {
      if (task.order >= beforeOrder) break;
      yield storedFromChange({ kind: "task-created", queue, task });
    }
    // After the tasks, so that one that goes meanwhile is found here, at least: a purge doesn't name the tasks it removes.
    let left = gone.size;
    for (const [taskId, atMs] of gone.entries()) {
      if (left-- <= 0) break;
      yield { kind: "task-gone", queue, taskId, atMs };
    }
  }
}
