import type { Journal } from "../../kernel/storage/journal.ts";
import { type Change, type StoredChange, changeFromStored, storedFromChange } from "./change.ts";
import type { Queue, QueueSettings } from "./queue.ts";
import { parseQueueName } from "../api/resource-names.ts";
import { TargetPool } from "../dispatch/request/target-pool.ts";

export type ChangeJournal = Journal<StoredChange>;

/** How long a name stays reserved once its task or queue is gone, in milliseconds. */
export interface NamePeriods {
  readonly taskNameMs: number;
  readonly queueNameMs: number;
}

/** Below this, compacting is not worthwhile. */
const LEAST_COMPACTED_BYTES = 16 * 1024 * 1024;

/**
 * All queues, tasks and reserved names. They change only through `commit`, which writes a change to the journal before
 * it applies it, so that a restart restores what happened.
 */
export class State {
  readonly queues = new Map<string, Queue>();
  /** The names of keys in Cloud KMS, by the locations that have one. */
  readonly cmekKeys = new Map<string, string>();
  readonly #goneQueues = new Map<string, number>();
  readonly #journal: ChangeJournal | undefined;
  readonly #periods: NamePeriods;
  readonly #targets = new TargetPool();
  #nextOrder = 0;
  #compactAtBytes = LEAST_COMPACTED_BYTES;

  /** Restores what the journal holds, and compacts it. Without a journal nothing is stored. */
  constructor(options: { periods: NamePeriods; nowMs: number; journal?: ChangeJournal }) {
    this.#periods = options.periods;
    this.#journal = options.journal;
    let isKept = false;
    for (const stored of options.journal?.replay() ?? []) {
      this.#apply(changeFromStored(stored));
      isKept = true;
    }
    for (const queue of this.queues.values()) this.#forgetOldNames(queue, options.nowMs);
    if (options.journal && isKept) this.#compact(options.journal);
  }

  /** The full names of all queues, and of deleted queues whose names are still reserved. */
  allQueueNames(): string[] {
    return [...this.queues.keys(), ...this.#goneQueues.keys()];
  }

  /** The next task's position among all tasks ever created. */
  nextOrder(): number {
    return this.#nextOrder++;
  }

  /** Whether a queue was deleted so recently that its name is reserved. */
  isQueueNameTaken(name: string, nowMs: number): boolean {
    const goneMs = this.#goneQueues.get(name);
    return goneMs !== undefined && nowMs < goneMs + this.#periods.queueNameMs;
  }

  /** Whether a task went so recently that its name is reserved. */
  isTaskNameTaken(queue: Queue, id: string, nowMs: number): boolean {
    const goneMs = queue.gone.get(id);
    return goneMs !== undefined && nowMs < goneMs + this.#periods.taskNameMs;
  }

  /** Writes a change to the journal, then applies it. */
  commit(change: Change): void {
    this.#journal?.append(storedFromChange(change));
    this.#apply(change);
    if (this.#journal && this.#journal.appendedBytes > this.#compactAtBytes) this.#compact(this.#journal);
  }

  /** Creates a queue, or changes its settings. */
  commitQueue(name: string, settings: QueueSettings): Queue {
    this.commit({ kind: "queue-set", queue: name, settings });
    const queue = this.queues.get(name);
    if (!queue) throw new Error(`The queue ${name} was not stored.`);
    return queue;
  }

  #apply(change: Change): void {
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
      this.#goneQueues.delete(change.queue);
      return;
    }
    if (change.kind === "queue-deleted") {
      this.queues.get(change.queue)?.tasks.clear();
      this.queues.delete(change.queue);
      this.#goneQueues.set(change.queue, change.atMs);
      return;
    }
    const queue = this.queues.get(change.queue);
    if (!queue) throw new Error(`A ${change.kind} change names a queue that doesn't exist: ${change.queue}.`);
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
        queue.gone.delete(change.task.id);
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
    this.#goneQueues.delete(change.queue);
    this.queues.set(change.queue, { name, settings: change.settings, tasks: new Map(), gone: new Map() });
  }

  #retire(queue: Queue, id: string, atMs: number): void {
    queue.tasks.delete(id);
    queue.gone.set(id, atMs);
    this.#forgetOldNames(queue, atMs);
  }

  #forgetOldNames(queue: Queue, nowMs: number): void {
    for (const [id, goneMs] of queue.gone) {
      if (nowMs < goneMs + this.#periods.taskNameMs) return;
      queue.gone.delete(id);
    }
  }

  #compact(journal: ChangeJournal): void {
    let liveBytes = 0;
    const counted = function* (changes: Iterable<Change>): Iterable<StoredChange> {
      for (const change of changes) {
        liveBytes += approximateBytes(change);
        yield storedFromChange(change);
      }
    };
    journal.compact(counted(this.#snapshot()));
    this.#compactAtBytes = Math.max(LEAST_COMPACTED_BYTES, 2 * liveBytes);
  }

  *#snapshot(): Iterable<Change> {
    for (const [location, kmsKey] of this.cmekKeys) yield { kind: "cmek-set", location, kmsKey };
    for (const [queue, atMs] of this.#goneQueues) yield { kind: "queue-deleted", queue, atMs };
    for (const [queue, { settings, gone, tasks }] of this.queues) {
      yield { kind: "queue-set", queue, settings };
      for (const [taskId, atMs] of gone) yield { kind: "task-gone", queue, taskId, atMs };
      for (const task of tasks.values()) yield { kind: "task-created", queue, task };
    }
  }
}

/** Accurate enough to decide when compacting pays off. */
function approximateBytes(change: Change): number {
  return change.kind === "task-created" ? 1000 + (change.task.body.length * 4) / 3 : 200;
}
