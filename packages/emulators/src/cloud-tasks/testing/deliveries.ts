import type { Clock, Timer } from "../../kernel/clock.ts";
import type { EmulatorLog } from "../../kernel/emulator-log.ts";
import { BreakOff } from "../dispatch/request/delivery-abort.ts";
import type { Queue } from "../state/queue.ts";

/** A delivery of a queue's task. */
export interface Delivery {
  readonly queue: Queue;
  /** What it is, in words for a person who waits for it. */
  readonly describe: () => string;
  readonly run: (breakOff: BreakOff) => Promise<void>;
}

interface UnderWay {
  readonly delivery: Delivery;
  readonly ended: Promise<void>;
  readonly breakOff: BreakOff;
}

interface Expected {
  readonly delivery: Delivery;
  readonly timer: Timer;
}

/** The deliveries that are under way, so that they can be waited for and broken off; and the extra ones that faults make later. */
export class Deliveries {
  readonly #deps: { readonly clock: Clock; readonly log: EmulatorLog; readonly changed: () => void };
  readonly #underWay = new Map<Queue, Set<UnderWay>>();
  readonly #expected = new Set<Expected>();

  /** `changed` is told when a delivery begins or has ended. */
  constructor(deps: { clock: Clock; log: EmulatorLog; changed: () => void }) {
    this.#deps = deps;
  }

  begin(delivery: Delivery): void {
    const ofQueue = this.#of(delivery.queue);
    const breakOff = new BreakOff();
    const ended = delivery
      .run(breakOff)
      .catch((error: unknown) => this.#deps.log.error({ err: error }, "the end of a delivery could not be kept"))
      .finally(() => {
        ofQueue.delete(entry);
        if (ofQueue.size === 0) this.#underWay.delete(delivery.queue);
        this.#deps.changed();
      });
    const entry: UnderWay = { delivery, ended, breakOff };
    ofQueue.add(entry);
  }

  /** Begins a delivery after some milliseconds. */
  beginLater(delivery: Delivery, delayMs: number): void {
    const timer = this.#deps.clock.setTimer(delayMs, () => {
      this.#expected.delete(entry);
      this.begin(delivery);
    });
    const entry: Expected = { delivery, timer };
    this.#expected.add(entry);
  }

  /** What is under way in a queue, in words; undefined when nothing is. */
  underWay(queue: Queue): string | undefined {
    const [first] = this.#underWay.get(queue) ?? [];
    return first?.delivery.describe();
  }

  /** What will begin later in a queue, in words; undefined when nothing will. */
  expected(queue: Queue): string | undefined {
    for (const { delivery } of this.#expected) if (delivery.queue === queue) return delivery.describe();
    return undefined;
  }

  /**
   * Waits for the deliveries that are under way in some queues, of all unless said otherwise, and gives up what would
   * begin later.
   *
   * @param options.graceMs by the clock; what is not over then is broken off.
   */
  async drain(options: { graceMs: number; of?: (queue: Queue) => boolean }): Promise<void> {
    const { graceMs, of = () => true } = options;
    for (const entry of this.#expected) {
      if (!of(entry.delivery.queue)) continue;
      entry.timer.cancel();
      this.#expected.delete(entry);
    }
    const awaited = [...this.#underWay.values()]
      .flatMap((entries) => Array.from(entries))
      .filter(({ delivery }) => of(delivery.queue));
    if (awaited.length === 0) return;
    const breakAllOff = (): void => awaited.forEach(({ breakOff }) => breakOff.breakOff());
    if (graceMs === 0) breakAllOff();
    const timer = Number.isFinite(graceMs) ? this.#deps.clock.setTimer(graceMs, breakAllOff) : undefined;
    await Promise.all(awaited.map(({ ended }) => ended));
    timer?.cancel();
  }

  #of(queue: Queue): Set<UnderWay> {
    const known = this.#underWay.get(queue);
    if (known) return known;
    const entries = new Set<UnderWay>();
    this.#underWay.set(queue, entries);
    return entries;
  }
}
