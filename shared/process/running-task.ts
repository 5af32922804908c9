import { AsyncLocalStorage } from "node:async_hooks";
import { promiseHooks } from "node:v8";
import type { Fault } from "./faults.ts";
import type { Logger } from "../runtime/log.ts";

const current = new AsyncLocalStorage<RunningTask>();

/** Where a promise keeps the task in whose context it was made. */
const MADE_BY = Symbol("task");

/** A task while it is being delivered, so that a fault of its code is put down to it. */
export class RunningTask {
  readonly log: Logger;
  readonly #faulted = new AbortController();
  #fault: Fault | undefined;
  #isOver = false;

  /** @param log whose lines belong to the task. */
  constructor(log: Logger) {
    this.log = log;
  }

  /** The first fault that was put down to the task. */
  get fault(): Fault | undefined {
    return this.#fault;
  }

  /** Fires when the task has a fault, so that its attempt ends. */
  get faulted(): AbortSignal {
    return this.#faulted.signal;
  }

  /** Runs the task's own code. Whatever that starts belongs to the task, too, even after it has returned. */
  run<Result>(code: () => Result): Result {
    return current.run(this, code);
  }

  /** Runs our code on the task's behalf: a fault of that isn't the task's. */
  leave<Result>(code: () => Result): Result {
    return current.exit(code);
  }

  /** From now on, a fault is too late to concern the attempt. */
  end(): void {
    this.#isOver = true;
  }

  /** Puts a fault down to the attempt. False if that is over. */
  blame(fault: Fault): boolean {
    if (this.#isOver) return false;
    this.#fault ??= fault;
    this.#faulted.abort();
    return true;
  }
}

/**
 * The task whose code a fault comes from; undefined if no task's code made the promise or threw the exception.
 *
 * Node restores the async context for both events, but for a promise it is the context of whoever rejected it. With a
 * connection that several tasks share that can be another task's, so the task that made the promise comes first.
 */
export function taskOf({ promise }: Fault): RunningTask | undefined {
  const madeBy: unknown = promise && Reflect.get(promise, MADE_BY);
  return madeBy instanceof RunningTask ? madeBy : current.getStore();
}

/** Notes on each promise, from now on, which task made it. Call this once; it adds about half a microsecond to each promise. */
export function rememberMakers(): void {
  promiseHooks.onInit((promise) => {
    const task = current.getStore();
    if (task) Reflect.set(promise, MADE_BY, task);
  });
}
