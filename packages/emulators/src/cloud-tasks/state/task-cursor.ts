import type { Queue } from "./queue.ts";
import type { Task } from "./task.ts";

const cursors = new WeakMap<Queue, TaskCursor>();

/**
 * The tasks of a queue in the order of their creation: from the first, or from where the last list of them ended, if that is
 * this position.
 */
export function tasksAfter(queue: Queue, order: number | undefined): Iterable<Task> {
  const known = cursors.get(queue);
  if (order !== undefined && known?.isAfter(order)) return known;
  const cursor = new TaskCursor(queue);
  cursors.set(queue, cursor);
  return cursor;
}

/**
 * Goes through a queue's tasks in the order of their creation, and stays where it was left: to go past all the tasks of
 * earlier pages would take longer than a page. Tasks may come and go meanwhile.
 */
class TaskCursor implements Iterator<Task>, Iterable<Task> {
  readonly #queue: Queue;
  readonly #tasks: Iterator<Task>;
  /** What a loop was left at, unless it went through all tasks. It is next. */
  #next: Task | undefined;
  #last: Task | undefined;
  /** The order of the last task that a loop went past. None once there were no more, since tasks may come later. */
  #passedOrder: number | undefined;

  constructor(queue: Queue) {
    this.#queue = queue;
    this.#tasks = queue.tasks.values();
  }

  /** Whether the next task is the first one after a position. */
  isAfter(order: number): boolean {
    return this.#passedOrder === order;
  }

  [Symbol.iterator](): this {
    return this;
  }

  next(): IteratorResult<Task, undefined> {
    if (this.#last) this.#passedOrder = this.#last.order;
    const kept = this.#next;
    this.#next = undefined;
    const isThere = kept && this.#queue.tasks.get(kept.id) === kept;
    const task = isThere ? kept : this.#tasks.next().value;
    this.#last = task;
    if (!task) this.#passedOrder = undefined;
    return task ? { done: false, value: task } : { done: true, value: undefined };
  }

  /** A loop calls it when it is left before the end. */
  return(): IteratorResult<Task, undefined> {
    this.#next = this.#last;
    this.#last = undefined;
    return { done: true, value: undefined };
  }
}
