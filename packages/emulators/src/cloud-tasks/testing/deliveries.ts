import type { Clock, Timer } from "../../kernel/clock.ts";
import type { EmulatorLog } from "../../kernel/emulator-log.ts";
import { DeliveryAbort } from "../dispatch/request/delivery-abort.ts";
import type { Queue } from "../state/queue.ts";

/** A delivery of a queue's task. */
export interface Delivery {
  readonly queue: Queue;
  /** What it is, for an error message. */
  readonly describe: () => string;
  readonly run: (abort: DeliveryAbort) => Promise<void>;
}

interface UnderWay {
  readonly delivery: Delivery;
  readonly abort: DeliveryAbort;
  /** Undefined only while it begins. */
  ended: Promise<void> | undefined;
}

interface Expected {
  readonly delivery: Delivery;
  readonly timer: Timer;
}

/** The deliveries in progress, so that they can be awaited and aborted, and the extra deliveries that faults have scheduled. */
export class Deliveries {
  readonly #deps: { readonly clock: Clock; readonly log: EmulatorLog; readonly changed: () => void };
  readonly #underWay = new Map<Queue, Set<UnderWay>>();
  readonly #expected = new Set<Expected>();

  /** `changed` is called when a delivery ends. */
  constructor(deps: { clock: Clock; log: EmulatorLog; changed: () => void }) {
    this.#deps = deps;
  }

  begin(delivery: Delivery): void {
    const entry: UnderWay = { delivery, abort: new DeliveryAbort(), ended: undefined };
    this.#of(delivery.queue).add(entry);
    entry.ended = this.#run(entry);
  }

  /** One promise, since each takes time in every delivery. */
  async #run(entry: UnderWay): Promise<void> {
    const { delivery, abort } = entry;
    try {
      await delivery.run(abort);
    } catch (error) {
      this.#deps.log.error({ err: error }, "failed to store the end of a delivery");
    }
    const ofQueue = this.#of(delivery.queue);
    ofQueue.delete(entry);
    if (ofQueue.size === 0) this.#underWay.delete(delivery.queue);
    this.#deps.changed();
  }

  beginLater(delivery: Delivery, delayMs: number): void {
    const timer = this.#deps.clock.setTimer(delayMs, () => {
      this.#expected.delete(entry);
      this.begin(delivery);
    });
    const entry: Expected = { delivery, timer };
    this.#expected.add(entry);
  }

  /** Describes a delivery in progress in a queue. Undefined when there is none. */
  underWay(queue: Queue): string | undefined {
    const [first] = this.#underWay.get(queue) ?? [];
    return first?.delivery.describe();
  }

  /** Describes a delivery that is scheduled in a queue. Undefined when there is none. */
  expected(queue: Queue): string | undefined {
    for (const { delivery } of this.#expected) if (delivery.queue === queue) return delivery.describe();
    return undefined;
  }

  /**
   * Waits for the deliveries in progress in some queues, by default all, and cancels scheduled ones.
   *
   * @param options.graceMs how long by the clock until the rest are aborted.
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
    const abortAll = (): void => awaited.forEach(({ abort }) => abort.abort());
    if (graceMs === 0) abortAll();
    const timer = Number.isFinite(graceMs) ? this.#deps.clock.setTimer(graceMs, abortAll) : undefined;
    await Promise.all(awaited.map(async ({ ended }) => ended));
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
