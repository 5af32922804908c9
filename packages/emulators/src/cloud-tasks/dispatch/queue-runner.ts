import type { Timer } from "../../kernel/clock.ts";
import { type AttemptDeps, attemptTask } from "./attempt.ts";
import type { Attempted } from "./attempt-outcome.ts";
import type { Deliveries } from "../testing/deliveries.ts";
import { DueHeap } from "../../kernel/due-heap.ts";
import type { IdleUntil, Watched } from "../testing/idle.ts";
import type { Queue } from "../state/queue.ts";
import type { DeliveryPlaces } from "./delivery-slots.ts";
import { burstSize } from "../wire/queue-config.ts";
import { isSuccess } from "./request/response-status.ts";
import { SlowDown } from "./slow-down.ts";
import type { Task } from "../state/task.ts";
import { TokenBucket } from "./token-bucket.ts";

/** What a queue's runner needs. */
export interface RunnerDeps extends AttemptDeps {
  readonly deliveries: Deliveries;
  /** Shared by all queues. */
  readonly places: DeliveryPlaces;
  /** Whether 429, 503 and many failures slow the queue down. */
  readonly slowDown: boolean;
  /** Is told when what goes on in the queue may have changed. */
  readonly changed: () => void;
}

/** A task lives for 31 days, whatever becomes of it (https://cloud.google.com/tasks/docs/quotas). */
const RETENTION_MS = 31 * 86_400_000;

/**
 * Delivers the tasks of one queue when they are due, within its limits. It wakes up for the next due task, the next
 * token or the end of a delivery, and never looks around in between.
 *
 * A task waits in the heap while no delivery of it is under way, and only then.
 */
export class QueueRunner implements Watched {
  readonly queue: Queue;
  readonly #deps: RunnerDeps;
  readonly #waiting = new DueHeap<Task>();
  #failedWaiting = 0;
  readonly #slowDown = new SlowDown();
  readonly #bucket: TokenBucket;
  readonly #whenPlaceIsFree = (): void => this.wake();
  #running = 0;
  #stopped = false;
  #timer: Timer | undefined;

  constructor(queue: Queue, deps: RunnerDeps) {
    this.queue = queue;
    this.#deps = deps;
    this.#bucket = new TokenBucket(this.#rate(deps.clock.now()));
    for (const task of queue.tasks.values()) this.#hold(task);
  }

  get name(): string {
    return this.queue.name.name;
  }

  isIdle(until: IdleUntil): boolean {
    const { deliveries, clock } = this.#deps;
    if (deliveries.underWay(this.queue) !== undefined) return false;
    if (until !== "due" && deliveries.expected(this.queue) !== undefined) return false;
    if (until === "empty") return this.#waiting.size === 0;
    if (this.queue.settings.paused) return true;
    if (until === "retries" && this.#failedWaiting > 0) return false;
    const next = this.#waiting.peek();
    return !next || next.dueMs > clock.now();
  }

  whatGoesOn(): string {
    const { deliveries } = this.#deps;
    const underWay = deliveries.underWay(this.queue);
    if (underWay !== undefined) return `${underWay} is being delivered.`;
    const next = this.#waiting.peek();
    if (!next) return `${deliveries.expected(this.queue) ?? "Nothing of it"} will be delivered.`;
    if (this.queue.settings.paused) return `${this.#nameOf(next)} waits in a queue that is paused.`;
    if (next.dueMs <= this.#deps.clock.now()) return `${this.#nameOf(next)} is due and waits for its queue's limits.`;
    const state = next.failures > 0 ? `has failed (${next.failures})` : "has not been delivered yet";
    return `${this.#nameOf(next)} ${state} and is due at ${new Date(next.dueMs).toISOString()}.`;
  }

  #nameOf(task: Task): string {
    return `${this.name}/tasks/${task.id}`;
  }

  /** Takes in a task that was just created. */
  add(task: Task): void {
    this.#hold(task);
    this.wake();
  }

  /** Lets go of a task that was just deleted. */
  remove(task: Task): void {
    this.#letGo(task);
    this.#deps.changed();
  }

  /** Delivers a task at once, whatever the limits, the schedule and the queue's state say. */
  force(task: Task): void {
    // Left in place, the pending schedule would deliver the task a second time.
    this.#letGo(task);
    this.#attempt(task, { forced: true });
  }

  /** Begins all deliveries that may begin now, and sets a timer for the next; to be called when anything changed. */
  wake(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
    if (this.#stopped) return;
    this.expireOld();
    this.#beginDeliveries();
    this.#deps.changed();
  }

  #beginDeliveries(): void {
    while (!this.queue.settings.paused) {
      const task = this.#waiting.peek();
      if (!task) return;
      const nowMs = this.#deps.clock.now();
      const waitMs = task.dueMs > nowMs ? task.dueMs - nowMs : this.#waitForTurn(nowMs);
      if (waitMs > 0) {
        // A delivery that ends wakes the queue, so waiting for a free place needs no timer.
        if (Number.isFinite(waitMs)) this.#wakeIn(waitMs);
        return;
      }
      this.#letGo(task);
      this.#running += 1;
      this.#attempt(task, { forced: false });
    }
  }

  /** Deletes the tasks that have lived for 31 days. */
  expireOld(): void {
    const nowMs = this.#deps.clock.now();
    for (const task of this.queue.tasks.values()) {
      if (nowMs < task.createdMs + RETENTION_MS) return;
      this.#letGo(task);
      this.#deps.state.commit({ kind: "task-gone", queue: this.queue.name.name, taskId: task.id, atMs: nowMs });
    }
  }

  /** Begins no more deliveries. */
  stop(): void {
    this.#stopped = true;
    this.#timer?.cancel();
  }

  /** Milliseconds until the limits allow a delivery: 0 is now. A place comes before a token, so none is wasted. */
  #waitForTurn(nowMs: number): number {
    if (this.#running >= this.queue.settings.config.maxConcurrentDispatches) return Number.POSITIVE_INFINITY;
    if (!this.#deps.places.isFree(this.#whenPlaceIsFree)) return Number.POSITIVE_INFINITY;
    this.#bucket.resize(this.#rate(nowMs));
    return this.#bucket.take(nowMs);
  }

  #rate(nowMs: number): { perSecond: number; capacity: number; nowMs: number } {
    const { config } = this.queue.settings;
    const factor = this.#deps.slowDown ? this.#slowDown.factor(nowMs) : 1;
    const capacity = Math.max(1, burstSize(config) * factor);
    return { perSecond: config.maxDispatchesPerSecond * factor, capacity, nowMs };
  }

  #wakeIn(waitMs: number): void {
    this.#timer = this.#deps.clock.setTimer(Math.ceil(waitMs), () => this.wake());
  }

  #hold(task: Task): void {
    this.#waiting.add(task);
    if (task.failures > 0) this.#failedWaiting += 1;
  }

  /** Does nothing when the task isn't waiting. */
  #letGo(task: Task): void {
    if (task.heapIndex === -1) return;
    this.#waiting.remove(task);
    if (task.failures > 0) this.#failedWaiting -= 1;
  }

  #attempt(task: Task, { forced }: { forced: boolean }): void {
    const { queue } = this;
    this.#deps.places.take();
    this.#deps.deliveries.begin({
      queue,
      describe: () => `${this.#nameOf(task)} (dispatch ${task.dispatchCount})`,
      run: async (breakOff) => {
        const attempted = await attemptTask({ queue, task }, this.#deps, { breakOff, forced });
        this.#afterAttempt(task, attempted, { forced });
      },
    });
  }

  #afterAttempt(task: Task, { delivered, fate }: Attempted, { forced }: { forced: boolean }): void {
    if (!forced) this.#running -= 1;
    if (fate.kind === "retry" && task.running === 0) this.#hold(task);
    this.#slowDown.note({
      ok: isSuccess(delivered),
      nowMs: this.#deps.clock.now(),
      ...(delivered.kind === "answered" ? { status: delivered.status } : {}),
    });
    this.#deps.places.release();
    this.wake();
  }
}
