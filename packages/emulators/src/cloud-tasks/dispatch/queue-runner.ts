import { type Timer, isMovedByHand, monotonicMs } from "../../kernel/clock.ts";
import { type AttemptDeps, attemptTask, storeEnd } from "./attempt.ts";
import type { Attempted } from "./attempt-outcome.ts";
import type { Deliveries } from "../testing/deliveries.ts";
import type { DeliveryAbort } from "./request/delivery-abort.ts";
import { DueHeap } from "../../kernel/due-heap.ts";
import type { IdleUntil, Watched } from "../testing/idle.ts";
import { QueueSpeed } from "./queue-speed.ts";
import type { Queue } from "../state/queue.ts";
import { SetBack } from "./set-back.ts";
import type { DeliverySlots } from "./delivery-slots.ts";
import type { Task } from "../state/task.ts";
import { TokenBucket } from "./token-bucket.ts";

export interface RunnerDeps extends AttemptDeps {
  readonly deliveries: Deliveries;
  /** Shared by all queues. */
  readonly slots: DeliverySlots;
  /** Whether 429, 503 and many failures slow the queue down. */
  readonly slowDown: boolean;
  /** Called when the queue may have become idle. */
  readonly changed: () => void;
}

/** How long to wait at most until the clock is looked at again: it may have jumped past the time of a task. */
const LOOK_MS = 1000;

/** Tokens that come sooner than this are waited for together: a wake for each would cost as much as its delivery. */
const MIN_TOKEN_WAIT_MS = 10;

/** A task lives for at most 31 days (https://cloud.google.com/tasks/docs/quotas). */
const RETENTION_MS = 31 * 86_400_000;

/**
 * Delivers the tasks of one queue when they are due, within its limits. It wakes up for the next due task, the next
 * token and the end of a delivery, and while a task is waiting for its time, once a second to look at the clock.
 *
 * A task is in the heap exactly while no delivery of it is in progress.
 */
export class QueueRunner implements Watched {
  readonly queue: Queue;
  readonly #deps: RunnerDeps;
  readonly #waiting = new DueHeap<Task>();
  #failedWaiting = 0;
  readonly #speed: QueueSpeed;
  readonly #bucket: TokenBucket;
  readonly #wakeLater = (): void => this.wake();
  /** Attempts that have ended, but how couldn't be stored yet. */
  readonly #unstored = new Set<Attempted>();
  readonly #setBack: SetBack;
  /** Before this time no task is 31 days old. Looking at the first task goes past all that were removed before it. */
  #nextExpiryMs = 0;
  #running = 0;
  #stopped = false;
  #timer: Timer | undefined;
  /** Whether the timer is for the next tokens, before which nothing can begin. */
  #awaitsTokens = false;

  constructor(queue: Queue, deps: RunnerDeps) {
    this.queue = queue;
    this.#deps = deps;
    this.#setBack = new SetBack(deps.clock);
    this.#speed = new QueueSpeed(deps.slowDown);
    this.#bucket = new TokenBucket(this.#speed.limits(queue.settings.config, monotonicMs(deps.clock)));
    for (const task of queue.tasks.values()) this.#enqueue(task);
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
    return (this.#waiting.peek()?.dueMs ?? Number.POSITIVE_INFINITY) > clock.now();
  }

  describe(): string {
    const { deliveries, clock } = this.#deps;
    const underWay = deliveries.underWay(this.queue);
    if (underWay !== undefined) return `${underWay} is being delivered.`;
    const next = this.#waiting.peek();
    if (!next) return `${deliveries.expected(this.queue) ?? "Nothing"} will be delivered.`;
    if (this.queue.settings.paused) return `${this.#nameOf(next)} is waiting in a paused queue.`;
    if (next.dueMs <= clock.now()) return `${this.#nameOf(next)} is due but held back by its queue's limits.`;
    const state = next.failures > 0 ? `has failed (${next.failures})` : "has not been delivered yet";
    return `${this.#nameOf(next)} ${state} and is due at ${new Date(next.dueMs).toISOString()}.`;
  }

  #nameOf(task: Task): string {
    return `${this.name}/tasks/${task.id}`;
  }

  /** Adds a task that was just created. */
  add(task: Task): void {
    this.#nextExpiryMs = Math.min(this.#nextExpiryMs, task.createdMs + RETENTION_MS);
    this.#enqueue(task);
    this.#goOn();
  }

  /** Removes a task that was just deleted. */
  remove(task: Task): void {
    this.#dequeue(task);
    this.#deps.changed();
  }

  /** Delivers a task at once, regardless of limits, schedule and pauses. */
  force(task: Task): void {
    // Otherwise its schedule would deliver it a second time.
    this.#dequeue(task);
    this.#attempt(task, { forced: true });
  }

  /** Begins all deliveries that may begin now, and sets a timer for the next. Call it after every change. */
  wake(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
    this.#awaitsTokens = false;
    if (this.#stopped) return;
    this.expireOld();
    this.#beginDeliveries();
    this.#deps.changed();
  }

  /** As `wake`, after a change that makes no difference to a queue without tokens. */
  #goOn(): void {
    if (this.#awaitsTokens) this.#deps.changed();
    else this.wake();
  }

  #beginDeliveries(): void {
    while (!this.queue.settings.paused) {
      const task = this.#waiting.peek();
      if (!task) return;
      const { clock } = this.#deps;
      const untilDueMs = task.dueMs - clock.now();
      if (untilDueMs > 0) {
        this.#wakeIn(isMovedByHand(clock) ? untilDueMs : Math.min(untilDueMs, LOOK_MS));
        return;
      }
      const waitMs = this.#waitForTurn(monotonicMs(clock));
      if (waitMs > 0) {
        // The end of a delivery wakes the queue, so waiting for a free slot needs no timer.
        if (!Number.isFinite(waitMs)) return;
        this.#awaitsTokens = true;
        this.#wakeIn(waitMs);
        return;
      }
      this.#dequeue(task);
      this.#running += 1;
      this.#attempt(task, { forced: false });
    }
  }

  /**
   * Moves what waits only for its turn or its retry along with a clock that was set back, so that it doesn't wait for the
   * clock to catch up. Tasks that somebody scheduled keep their times.
   */
  #followClock(): void {
    const setBackMs = this.#setBack.look();
    if (setBackMs === 0) return;
    for (const task of this.queue.tasks.values()) {
      const isScheduled = task.failures === 0 && task.dueMs > task.createdMs;
      if (isScheduled || task.heapIndex === -1) continue;
      this.#dequeue(task);
      task.dueMs -= setBackMs;
      this.#enqueue(task);
    }
  }

  /** Deletes tasks that are 31 days old, at once or as soon as that can be stored. */
  expireOld(): void {
    if (this.#deps.clock.now() < this.#nextExpiryMs) return;
    void this.#deps.state.unstored.storeSoon(this, () => this.#expireNow());
  }

  #expireNow(): void {
    const nowMs = this.#deps.clock.now();
    for (const task of this.queue.tasks.values()) {
      this.#nextExpiryMs = task.createdMs + RETENTION_MS;
      if (nowMs < this.#nextExpiryMs) return;
      this.#dequeue(task);
      this.#deps.state.commit({ kind: "task-gone", queue: this.queue.name.name, taskId: task.id, atMs: nowMs });
    }
    this.#nextExpiryMs = nowMs + RETENTION_MS;
  }

  /** How many deliveries a second are allowed now, and how many got a response in the last minute. */
  get statistics(): { readonly effectiveRate: number; readonly answeredLastMinute: number } {
    const nowMs = monotonicMs(this.#deps.clock);
    const answeredLastMinute = this.#speed.answeredLastMinute(nowMs);
    const { perSecond: effectiveRate } = this.#speed.limits(this.queue.settings.config, nowMs);
    return { effectiveRate, answeredLastMinute };
  }

  /** Stops beginning deliveries. */
  stop(): void {
    this.#stopped = true;
    this.#timer?.cancel();
    for (const key of [this, ...this.#unstored]) this.#deps.state.unstored.giveUp(key);
  }

  /**
   * Milliseconds until the limits allow a delivery; 0 is now. A slot comes before a token, so that no token is wasted.
   *
   * @param nowMs by monotonic time, like all times of limits.
   */
  #waitForTurn(nowMs: number): number {
    if (this.#running >= this.queue.settings.config.maxConcurrentDispatches) return Number.POSITIVE_INFINITY;
    if (!this.#deps.slots.isFree(this.#wakeLater)) return Number.POSITIVE_INFINITY;
    if (!this.#deps.state.unstored.hasRoom(this.#wakeLater)) return Number.POSITIVE_INFINITY;
    this.#bucket.resize(this.#speed.limits(this.queue.settings.config, nowMs));
    return this.#bucket.take(nowMs, isMovedByHand(this.#deps.clock) ? 0 : MIN_TOKEN_WAIT_MS);
  }

  #wakeIn(waitMs: number): void {
    this.#timer = this.#deps.clock.setTimer(Math.ceil(waitMs), () => {
      this.#followClock();
      this.wake();
    });
  }

  #enqueue(task: Task): void {
    this.#waiting.add(task);
    if (task.failures > 0) this.#failedWaiting += 1;
  }

  /** Does nothing if the task isn't waiting. */
  #dequeue(task: Task): void {
    if (task.heapIndex === -1) return;
    this.#waiting.remove(task);
    if (task.failures > 0) this.#failedWaiting -= 1;
  }

  #attempt(task: Task, { forced }: { forced: boolean }): void {
    this.#deps.slots.take();
    this.#deps.deliveries.begin({
      queue: this.queue,
      describe: () => `${this.#nameOf(task)} (dispatch ${task.dispatchCount})`,
      run: (abort) => this.#deliver(task, { abort, forced }),
    });
  }

  /** However the attempt ends, it makes way for others. */
  async #deliver(task: Task, { abort, forced }: { abort: DeliveryAbort; forced: boolean }): Promise<void> {
    let stored: Promise<void> | undefined;
    try {
      const attempted = await attemptTask({ queue: this.queue, task }, this.#deps, { abort, forced });
      this.#speed.note(attempted, monotonicMs(this.#deps.clock));
      stored = this.#store(task, attempted);
    } finally {
      if (!forced) this.#running -= 1;
      this.#deps.slots.release();
      this.#goOn();
    }
    if (stored === undefined) return;
    await stored;
    this.wake();
  }

  /**
   * Makes what an attempt has decided happen, as soon as it can be stored. Until then the task isn't delivered again.
   * Undefined when it was stored at once.
   */
  #store(task: Task, attempted: Attempted): Promise<void> | undefined {
    const { unstored } = this.#deps.state;
    const soon = unstored.storeSoon(attempted, () => this.#storeNow(task, attempted));
    if (soon === undefined) return undefined;
    this.#unstored.add(attempted);
    if (this.#stopped) unstored.giveUp(attempted);
    return this.#whenStored(task, attempted, soon);
  }

  async #whenStored(task: Task, attempted: Attempted, soon: Promise<boolean>): Promise<void> {
    const wasStored = await soon;
    this.#unstored.delete(attempted);
    if (wasStored) return;
    const line = { queue: this.queue.name.queueId, task: task.id };
    this.#deps.log.warn(line, "couldn't store how a delivery ended; it will be repeated after the next start");
  }

  #storeNow(task: Task, attempted: Attempted): void {
    // In the heap only if another attempt's end was waiting to be stored, too.
    const isWaiting = task.heapIndex !== -1;
    this.#dequeue(task);
    try {
      const isRetried = storeEnd({ queue: this.queue, task }, attempted, this.#deps);
      // What is stored lets others that were waiting be stored, too: they may have put the task back already, or ended it.
      this.#dequeue(task);
      if (isRetried && task.running === 0 && this.queue.tasks.get(task.id) === task) this.#enqueue(task);
    } catch (error) {
      if (isWaiting) this.#enqueue(task);
      throw error;
    }
  }
}
