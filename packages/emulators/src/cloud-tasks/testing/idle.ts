/**
 * What a wait for quiet waits for:
 *
 * - `due`: no delivery is under way, and no task that may be delivered now waits for one.
 * - `retries`: nor does a task that has failed wait for its next attempt.
 * - `empty`: nor does any other task.
 *
 * A paused queue delivers nothing, so its tasks are waited for only with `empty`.
 */
export type IdleUntil = "due" | "retries" | "empty";

/** A queue as one who waits sees it. */
export interface Watched {
  readonly name: string;
  isIdle(until: IdleUntil): boolean;
  /** What the queue is about to do, in a sentence. */
  whatGoesOn(): string;
}

/** The wait was too long. The message says of each queue what it still waited for. */
export class NotIdleError extends Error {
  readonly code = "NOT_IDLE";
}

interface Watch {
  readonly until: IdleUntil;
  /** A queue's full name; undefined for all queues. */
  readonly queue: string | undefined;
  /** A project's id; undefined for all projects. */
  readonly project: string | undefined;
}

interface Wait extends Watch {
  readonly resolve: () => void;
}

/** Those who wait until queues are idle. They are told by whoever changes a queue; nothing is looked at in between. */
export class IdleWaits {
  readonly #waits = new Set<Wait>();
  readonly #queues: () => Iterable<Watched>;

  constructor(queues: () => Iterable<Watched>) {
    this.#queues = queues;
  }

  /**
   * Resolves when the queues are idle.
   *
   * @param options.timeoutMs by the wall clock: the emulator's own may stand still.
   * @throws NotIdleError when they are not in time, and RangeError at once when there is no such queue.
   */
  wait(options: Watch & { readonly timeoutMs: number }): Promise<void> {
    const { until, queue, timeoutMs } = options;
    if (queue !== undefined && ![...this.#queues()].some(({ name }) => name === queue)) {
      return Promise.reject(new RangeError(`There is no queue ${queue} to wait for.`));
    }
    if (this.#busy(options).length === 0) return Promise.resolve();
    return new Promise((resolve, reject) => {
      const wait: Wait = {
        ...options,
        resolve: () => {
          clearTimeout(timer);
          this.#waits.delete(wait);
          resolve();
        },
      };
      const timer = setTimeout(() => {
        this.#waits.delete(wait);
        const reasons = this.#busy(options).map((watched) => `  - ${watched.whatGoesOn()}`);
        reject(new NotIdleError(`Not idle (${until}) after ${timeoutMs} ms:\n${reasons.join("\n")}`));
      }, timeoutMs);
      this.#waits.add(wait);
    });
  }

  /** To be called when anything changed in a queue. */
  changed(): void {
    for (const wait of this.#waits) if (this.#busy(wait).length === 0) wait.resolve();
  }

  #busy({ until, queue, project }: Watch): Watched[] {
    return [...this.#queues()]
      .filter(({ name }) => queue === undefined || name === queue)
      .filter(({ name }) => project === undefined || name.startsWith(`projects/${project}/`))
      .filter((each) => !each.isIdle(until));
  }
}
