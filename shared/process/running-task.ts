import { AsyncLocalStorage } from "node:async_hooks";
import { promiseHooks } from "node:v8";
import type { Fault } from "./faults.ts";
import type { Logger } from "../runtime/log.ts";

const current = new AsyncLocalStorage<RunningTask>();

const CREATED_BY = Symbol("task");

/** A promise that holds the task in whose context it was created. */
interface MarkedPromise extends Promise<unknown> {
  [CREATED_BY]?: RunningTask;
}

/** A task that is being delivered, to which faults of its code are attributed. */
export class RunningTask {
  readonly log: Logger;
  readonly #faulted = new AbortController();
  #fault: Fault | undefined;
  #isOver = false;

  /** @param log the logger for the task's lines. */
  constructor(log: Logger) {
    this.log = log;
  }

  /** The first fault attributed to the task. */
  get fault(): Fault | undefined {
    return this.#fault;
  }

  /** Fires when the task has a fault, so that its attempt ends. */
  get faulted(): AbortSignal {
    return this.#faulted.signal;
  }

  /** Runs the task's own code. Everything that it starts belongs to the task, even after it has returned. */
  run<Result>(code: () => Result): Result {
    return current.run(this, code);
  }

  /** Runs our code on the task's behalf: its faults aren't the task's. */
  leave<Result>(code: () => Result): Result {
    return current.exit(code);
  }

  /** Ends the attempt: later faults no longer concern it. */
  end(): void {
    this.#isOver = true;
  }

  /** Attributes a fault to the attempt. False if the attempt is over. */
  blame(fault: Fault): boolean {
    if (this.#isOver) return false;
    this.#fault ??= fault;
    this.#faulted.abort();
    return true;
  }
}

/**
 * The task whose code caused a fault; undefined if no task's code created the promise or threw the exception.
 *
 * Node restores the async context for both events, but for a promise it is the context that rejected it. On a
 * connection shared by several tasks, that can be another task's, so the task that created the promise has priority.
 */
export function taskOf({ promise }: { readonly promise?: MarkedPromise }): RunningTask | undefined {
  return promise?.[CREATED_BY] ?? current.getStore();
}

/** From now on, records on each promise which task created it. Call this once. It adds about 0.05 µs per promise. */
export function trackPromiseCreators(): void {
  promiseHooks.onInit((promise: MarkedPromise) => {
    const task = current.getStore();
    if (task) promise[CREATED_BY] = task;
  });
}
