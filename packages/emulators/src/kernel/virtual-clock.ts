import type { Clock, Timer } from "./clock.ts";
import { DueHeap, type HeapItem } from "./due-heap.ts";
import { type Duration, toMillis } from "./duration.ts";

interface VirtualTimer extends HeapItem {
  readonly callback: () => void;
}

/**
 * Turns of the event loop between two steps, which let promises and loopback I/O that a timer started settle even if
 * nobody calls `hold`.
 */
const SETTLE_TURNS = 20;

const DEFAULT_PATIENCE_MS = 1000;

/**
 * Patience is spent in so many short waits. On a busy machine each takes longer, since its timer fires late, so a process
 * that gets no processor time isn't taken for work that hangs.
 */
const PATIENCE_WAITS = 20;

/**
 * A clock that stands still until you move it, and then fires timers in order, each at its own time.
 *
 * It knows which deliveries are in progress and waits for their responses before it moves on:
 *
 *     advance("1h") ── next timer ──▶ a delivery begins ── response ──▶ backoff set ── next timer ──▶ … ──▶ 1 h later
 */
export class VirtualClock implements Clock {
  #nowMs: number;
  #order = 0;
  readonly #timers = new DueHeap<VirtualTimer>();
  readonly #held = new Set<Promise<unknown>>();
  readonly #patienceMs: number;
  #advancing: Promise<void> = Promise.resolve();

  /**
   * @param options.startMs in milliseconds since the epoch; default: the last whole second by the wall clock.
   * @param options.patienceMs how long to wait for work in progress, or longer where the machine is busy. Work that takes longer is assumed
   * to be waiting for time to pass, like a handler that hangs until its deadline, and the clock moves on. Default 1 s.
   */
  constructor({
    startMs = lastWholeSecondMs(),
    patienceMs = DEFAULT_PATIENCE_MS,
  }: { startMs?: number; patienceMs?: number } = {}) {
    this.#nowMs = startMs;
    this.#patienceMs = patienceMs;
  }

  now(): number {
    return this.#nowMs;
  }

  monotonic(): number {
    return this.#nowMs;
  }

  setTimer(delayMs: number, callback: () => void): Timer {
    const timer = { dueMs: this.#nowMs + Math.max(0, delayMs), order: this.#order++, heapIndex: -1, callback };
    this.#timers.add(timer);
    return { cancel: () => this.#timers.remove(timer) };
  }

  hold(work: Promise<unknown>): void {
    const ended: Promise<unknown> = work.then(letGo, letGo);
    const held = this.#held.add(ended);
    function letGo(): void {
      held.delete(ended);
    }
  }

  /** How many timers are set. */
  get pending(): number {
    return this.#timers.size;
  }

  /**
   * Moves the time forward. Concurrent calls run one after the other.
   *
   * @param by milliseconds, or a number with a unit such as `90s`, `1h` or `30d`.
   * @throws RangeError when it is not a duration; whatever a timer's callback throws.
   */
  async advance(by: Duration): Promise<void> {
    const byMs = toMillis(by);
    const previous = this.#advancing;
    const run = previous.then(() => this.#run(byMs));
    this.#advancing = run.catch(() => undefined);
    await run;
  }

  async #run(byMs: number): Promise<void> {
    const untilMs = this.#nowMs + byMs;
    await this.#settle();
    for (let next = this.#nextDue(untilMs); next; next = this.#nextDue(untilMs)) {
      this.#timers.remove(next);
      this.#nowMs = Math.max(this.#nowMs, next.dueMs);
      next.callback();
      await this.#settle();
    }
    this.#nowMs = untilMs;
  }

  #nextDue(untilMs: number): VirtualTimer | undefined {
    const next = this.#timers.peek();
    return next && next.dueMs <= untilMs ? next : undefined;
  }

  async #settle(): Promise<void> {
    do {
      await this.#waitForHeld();
      for (let turn = 0; turn < SETTLE_TURNS; turn++) await new Promise((resolve) => setImmediate(resolve));
    } while (this.#held.size > 0);
  }

  async #waitForHeld(): Promise<void> {
    while (this.#held.size > 0) {
      const waitedFor = [...this.#held];
      const areSettled = Promise.all(waitedFor).then(() => true);
      let wait = 0;
      while (wait < PATIENCE_WAITS && !(await settlesWithin(areSettled, this.#patienceMs / PATIENCE_WAITS))) wait++;
      if (wait === PATIENCE_WAITS) for (const work of waitedFor) this.#held.delete(work);
    }
  }
}

async function settlesWithin(areSettled: Promise<boolean>, ms: number): Promise<boolean> {
  const { promise: over, resolve } = Promise.withResolvers<boolean>();
  const timer = setTimeout(() => resolve(false), ms);
  const isSettled = await Promise.race([areSettled, over]);
  clearTimeout(timer);
  return isSettled;
}

const lastWholeSecondMs = (): number => Math.floor(Date.now() / 1000) * 1000;
