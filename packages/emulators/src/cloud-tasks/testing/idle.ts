/**
 * How idle a queue must be:
 *
 * - `due`: no delivery is in progress, and no task is waiting that could be delivered now.
 * - `retries`: no failed task is waiting for a retry, either.
 * - `empty`: the queue has no tasks.
 *
 * A paused queue delivers nothing, so its tasks only matter for `empty`.
 */
export type IdleUntil = "due" | "retries" | "empty";

/** A queue that someone waits for. */
export interface Watched {
  readonly name: string;
  isIdle(until: IdleUntil): boolean;
  /** What the queue is doing, in a sentence. */
  describe(): string;
}

/** The queues were not idle in time. The message says what each of them was doing. */
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

/** Waits until queues are idle, without polling: every change to a queue calls `changed`. */
export class IdleWaits {
  readonly #waits = new Set<Wait>();
  readonly #queues: () => Iterable<Watched>;

  constructor(queues: () => Iterable<Watched>) {
    this.#queues = queues;
  }

  /**
   * Resolves when the queues are idle.
   *
   * @param options.timeoutMs by the wall clock, since the emulator's may stand still.
   * @throws NotIdleError when they aren't in time; RangeError when the queue doesn't exist.
   */
  wait(options: Watch & { readonly timeoutMs: number }): Promise<void> {
    const { until, queue, timeoutMs } = options;
    if (queue !== undefined && ![...this.#queues()].some(({ name }) => name === queue)) {
      return Promise.reject(new RangeError(`The queue ${queue} does not exist.`));
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
        const reasons = this.#busy(options).map((watched) => `  - ${watched.describe()}`);
        reject(new NotIdleError(`Not idle (${until}) after ${timeoutMs} ms:\n${reasons.join("\n")}`));
      }, timeoutMs);
      this.#waits.add(wait);
    });
  }

  /** Call it after every change to a queue. */
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
