import { IdleWaits } from "../testing/idle.ts";
import type { Queue } from "../state/queue.ts";
import { QueueRunner, type RunnerDeps } from "./queue-runner.ts";
import type { Task } from "../state/task.ts";

/** What all queues share. */
export type SchedulerDeps = Omit<RunnerDeps, "changed">;

/** Runs all queues. */
export class Scheduler {
  readonly #deps: SchedulerDeps;
  readonly #runners = new Map<string, QueueRunner>();
  readonly #idle = new IdleWaits(() => this.#runners.values());

  constructor(deps: SchedulerDeps) {
    this.#deps = deps;
  }

  /** Starts the queues that the state holds. */
  start(): void {
    for (const queue of this.#deps.state.queues.values()) this.queueCreated(queue);
  }

  queueCreated(queue: Queue): void {
    const runner = new QueueRunner(queue, { ...this.#deps, changed: () => this.#idle.changed() });
    this.#runners.set(queue.name.name, runner);
    runner.wake();
  }

  /** A queue's settings have changed, so deliveries may have to begin or to wait. */
  queueChanged(queue: Queue): void {
    this.#runner(queue).wake();
  }

  queueDeleted(queue: Queue): void {
    this.#runners.get(queue.name.name)?.stop();
    this.#runners.delete(queue.name.name);
    this.#idle.changed();
  }

  /** Queues may have become idle. */
  changed(): void {
    this.#idle.changed();
  }

  /** Resolves when the queues are idle; see `IdleWaits`. */
  waitForIdle(options: Parameters<IdleWaits["wait"]>[0]): Promise<void> {
    return this.#idle.wait(options);
  }

  taskCreated(queue: Queue, task: Task): void {
    this.#runner(queue).add(task);
  }

  /** Tasks were deleted or purged. */
  tasksDeleted(queue: Queue, tasks: Iterable<Task>): void {
    const runner = this.#runner(queue);
    for (const task of tasks) runner.remove(task);
  }

  runNow(queue: Queue, task: Task): void {
    this.#runner(queue).force(task);
  }

  /** How fast a queue delivers. */
  statistics(queue: Queue): QueueRunner["statistics"] {
    return this.#runner(queue).statistics;
  }

  /** Deletes tasks that are too old, so that callers don't see them. */
  expireOld(queue: Queue): void {
    this.#runner(queue).expireOld();
    this.#idle.changed();
  }

  /**
   * Stops queues, by default all: waits up to `graceMs` milliseconds by the clock for deliveries in progress, then aborts
   * them. Their tasks stay in the queues.
   */
  async stop({ graceMs, of = () => true }: { graceMs: number; of?: (queue: Queue) => boolean }): Promise<void> {
    for (const runner of this.#runners.values()) if (of(runner.queue)) runner.stop();
    await this.#deps.deliveries.drain({ graceMs, of });
  }

  #runner(queue: Queue): QueueRunner {
    const runner = this.#runners.get(queue.name.name);
    if (!runner) throw new Error(`${queue.name.name} is not running.`);
    return runner;
  }
}
